/** What a message of a group says: who fires, who is over, and whether anything has to be said at all. Pure. */
import type { AlertSeverity } from '@sightline/schema/api';
import type { DueGroup, Member } from '../catalog/alert-groups.ts';
import type { AlertLine, Notification } from './notification.ts';
import type { Labels } from './rule-states.ts';

/** As it is kept with a member: an AlertLine with its times as text, and of which rule it is. */
export interface StoredLine extends Omit<AlertLine, 'since' | 'endedAt'> {
  readonly since: string;
  readonly endedAt: string | null;
  readonly rule: string;
  readonly severity: AlertSeverity;
  readonly text: string;
}

export type HiddenMember = 'silenced' | 'inhibited';

export interface MemberView extends Omit<Member, 'line'> {
  readonly line: StoredLine;
  readonly hidden: HiddenMember | undefined;
  readonly isAcknowledged: boolean;
}

export type Composed =
  /** `nextS`: when to look again. `drop`: members that nobody has to be told of. */
  | { readonly kind: 'nothing'; readonly nextS: number | null; readonly drop: readonly string[] }
  | {
      readonly kind: 'message';
      readonly notification: Omit<Notification, 'dedupeKey'>;
      readonly firing: readonly string[];
      readonly resolved: readonly string[];
      readonly nextS: number | null;
      readonly drop: readonly string[];
    };

const linesMax = 50;
/** What is silenced or inhibited may be to be told later. */
const hiddenAgainS = 15;
const ranks: Readonly<Record<AlertSeverity, number>> = { info: 0, warning: 1, critical: 2 };

export function composeMessage(group: DueGroup, members: readonly MemberView[], link: string): Composed {
  const isTold = ({ toldSequence }: MemberView): boolean =>
    toldSequence !== null && toldSequence <= group.deliveredSequence;
  const firing = members.filter(({ state, hidden }) => state === 'firing' && hidden === undefined);
  const over = members.filter(({ state }) => state === 'resolved');
  const isEnded = ({ resolvedSequence }: MemberView): boolean =>
    resolvedSequence !== null && resolvedSequence <= group.deliveredSequence;
  // Who was told that it fires is told that it is over, whatever is silenced since.
  const resolved = over.filter(
    (member) => !isEnded(member) && (isTold(member) || member.hidden === undefined),
  );
  const drop = over.filter((member) => !resolved.includes(member)).map(({ id }) => id);
  const isNew = firing.some((member) => !isTold(member)) || resolved.length > 0;
  const isRepeat = group.isRepeatDue && firing.some(({ isAcknowledged }) => !isAcknowledged);
  const hidesFiring = members.some(({ state, hidden }) => state === 'firing' && hidden !== undefined);
  const nextS = hidesFiring ? hiddenAgainS : firing.length > 0 ? group.repeatS : null;
  if (!isNew && !isRepeat) return { kind: 'nothing', nextS, drop };
  const status = firing.length > 0 ? 'firing' : resolved.some(isTold) ? 'resolved' : 'fired_and_recovered';
  const lines = [...firing, ...resolved].map(({ line }) => line);
  const severity = lines.reduce<AlertSeverity>(
    (most, { severity: each }) => (ranks[each] > ranks[most] ? each : most),
    'info',
  );
  const rules = [...new Set(lines.map(({ rule }) => rule))];
  const rule = rules.length === 1 ? (rules[0] ?? '') : `${rules.length} rules`;
  return {
    kind: 'message',
    notification: {
      key: `${group.key}-${group.id}`,
      sequence: group.sequence + 1,
      rule,
      severity,
      status,
      title: titleOf(rule, firing.length, resolved.length),
      text: textOf(lines),
      labels: commonLabels(lines.map(({ labels }) => labels)),
      alerts: lines.slice(0, linesMax).map(lineOf),
      alertCount: lines.length,
      link,
      at: group.now,
    },
    firing: firing.map(({ id }) => id),
    resolved: resolved.map(({ id }) => id),
    nextS,
    drop,
  };
}

/** Without a word for the state, which each channel puts before it. */
function titleOf(rule: string, firing: number, resolved: number): string {
  return firing > 0 && resolved > 0 ? `${rule} (${firing} firing, ${resolved} resolved)` : rule;
}

const textLinesMax = 20;

function textOf(lines: readonly StoredLine[]): string {
  const shown = lines.slice(0, textLinesMax).map(({ summary, text, state }) => {
    const more = text === '' ? '' : `\n${text}`;
    return `${state === 'resolved' ? 'Resolved' : 'Firing'}: ${summary}${more}`;
  });
  return lines.length > textLinesMax
    ? [...shown, `… and ${lines.length - textLinesMax} more`].join('\n')
    : shown.join('\n');
}

function lineOf({
  rule: _rule,
  severity: _severity,
  text: _text,
  since,
  endedAt,
  ...line
}: StoredLine): AlertLine {
  return { ...line, since: new Date(since), endedAt: endedAt === null ? null : new Date(endedAt) };
}

function commonLabels(all: readonly Labels[]): Labels {
  const [first = {}, ...rest] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => rest.every((labels) => labels[name] === value)),
  );
}

/** As it is kept in the outbox, with its times as times again. */
export function readNotification(body: unknown): Notification {
  const stored = body as Notification & { readonly at: string };
  return {
    ...stored,
    at: new Date(stored.at),
    alerts: stored.alerts.map((line) => ({
      ...line,
      since: new Date(line.since),
      endedAt: line.endedAt === null ? null : new Date(line.endedAt),
    })),
  };
}
