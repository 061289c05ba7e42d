import { describe, expect, it } from 'vitest';
import type { DueGroup } from '../catalog/alert-groups.ts';
import { composeMessage, type MemberView, type StoredLine } from './compose-message.ts';
import { compileRoutes, findRoutes } from './find-routes.ts';
import { compileMatchers } from './label-matchers.ts';

const group: DueGroup = {
  id: '7',
  project: 'default',
  key: 'k',
  channel: 'log',
  labels: {},
  repeatS: 3600,
  sequence: 4,
  deliveredSequence: 3,
  isRepeatDue: false,
  isSending: false,
  now: new Date(0),
};
const line: StoredLine = {
  labels: { alertname: 'A', service: 'api' },
  state: 'firing',
  value: 1,
  since: '2026-11-21T12:00:00.000Z',
  endedAt: null,
  summary: 'A: 1',
  link: '/alerts',
  sampleTraces: [],
  rule: 'A',
  severity: 'warning',
  text: '',
};
const member = (id: string, given: Partial<MemberView> = {}): MemberView => ({
  id,
  groupId: '7',
  instanceId: id,
  state: 'firing',
  line: given.state === 'resolved' ? { ...line, state: 'resolved' } : line,
  toldSequence: null,
  resolvedSequence: null,
  hidden: undefined,
  isAcknowledged: false,
  ...given,
});
const compose = (members: readonly MemberView[], given: Partial<DueGroup> = {}): string => {
  const made = composeMessage({ ...group, ...given }, members, '/alerts');
  const rest = `next ${made.nextS}${made.drop.length === 0 ? '' : ` drop ${made.drop.join()}`}`;
  if (made.kind === 'nothing') return `nothing, ${rest}`;
  return `${made.notification.status} ${made.firing.join()}|${made.resolved.join()} "${made.notification.title}", ${rest}`;
};
const told = { toldSequence: 3 };

describe('a message of a group', () => {
  it.each([
    ['who fires is told', [member('a')], 'firing a| "A", next 3600'],
    ['who was told is not told again', [member('a', told)], 'nothing, next 3600'],
    [
      'a message that did not arrive told nobody',
      [member('a', { toldSequence: 4 })],
      'firing a| "A", next 3600',
    ],
    ['the end is told', [member('a', { ...told, state: 'resolved' })], 'resolved |a "A", next null'],
    [
      'the end is told once',
      [member('a', { ...told, state: 'resolved', resolvedSequence: 3 })],
      'nothing, next null drop a',
    ],
    [
      'the end that did not arrive is told again',
      [member('a', { ...told, state: 'resolved', resolvedSequence: 4 })],
      'resolved |a "A", next null',
    ],
    [
      'what began and ended unsent is told',
      [member('a', { state: 'resolved' })],
      'fired_and_recovered |a "A", next null',
    ],
    [
      'who fires comes before who is over',
      [member('a', { ...told, state: 'resolved' }), member('b')],
      'firing b|a "A (1 firing, 1 resolved)", next 3600',
    ],
    ['what is silenced is not told', [member('a', { hidden: 'silenced' })], 'nothing, next 15'],
    [
      'what was silenced all the time is not told',
      [member('a', { hidden: 'silenced', state: 'resolved' })],
      'nothing, next null drop a',
    ],
    [
      'who was told before the silence is told the end',
      [member('a', { ...told, hidden: 'silenced', state: 'resolved' })],
      'resolved |a "A", next null',
    ],
  ])('%s', (_name, members, expected) => {
    expect(compose(members)).toBe(expected);
  });

  it('is repeated until somebody takes it on', () => {
    expect(compose([member('a', told)], { isRepeatDue: true })).toBe('firing a| "A", next 3600');
    expect(compose([member('a', { ...told, isAcknowledged: true })], { isRepeatDue: true })).toBe(
      'nothing, next 3600',
    );
  });

  it('lists fifty, and says how many there are', () => {
    const made = composeMessage(
      group,
      Array.from({ length: 70 }, (_each, index) => member(String(index))),
      '/alerts',
    );
    expect(
      made.kind === 'message'
        ? [made.notification.alerts.length, made.notification.alertCount, made.firing.length]
        : [],
    ).toEqual([50, 70, 70]);
  });
});

describe('conditions on labels', () => {
  const labels = { alertname: 'API down', service: 'api-eu', severity: 'critical' };
  it.each([
    ['', true],
    ['severity:critical service:api*', true],
    ['-team:*', true],
    ['has:team', false],
    ['alertname:"API down" (service:x OR service:*eu)', true],
    ['service:/^api-(eu|us)$/', true],
    ['service:a*x*u', false],
    ['service:a*-*u', true],
    ['service:api', false],
  ])('%s', (text, expected) => {
    expect(compileMatchers(text)(labels)).toBe(expected);
  });

  it.each(['severity>critical', 'word', 'service:/(?=x)/', 'attr.x:y', '(', 'span(a:b)'])(
    'refuse %s',
    (text) => {
      expect(() => compileMatchers(text)).toThrow();
    },
  );

  it('of routes are asked in their order', () => {
    const route = (name: string, matchers: string, more: object = {}) => ({
      name,
      matchers,
      channels: [name],
      groupBy: ['alertname'],
      groupWaitS: 0,
      groupIntervalS: 300,
      repeatIntervalS: 3600,
      continue: false,
      ...more,
    });
    const routes = compileRoutes([
      route('eu', 'service:*-eu', { continue: true }),
      route('critical', 'severity:critical'),
      route('rest', ''),
    ]);
    const names = (of: Record<string, string>): string[] =>
      findRoutes(routes, of).map((each) => each.route.name);
    expect([names(labels), names({ service: 'a-eu' }), names({})]).toEqual([
      ['eu', 'critical'],
      ['eu', 'rest'],
      ['rest'],
    ]);
    expect(findRoutes(routes, labels)[0]?.groupLabels).toEqual({ alertname: 'API down' });
  });
});
