/** Groups of errors in words. */
import type { ErrorGroupFacts, ErrorsResponse, ErrorStatus } from '@sightline/schema/api';
import { formatCount, counted } from '@sightline/base';
import { describeRangeInSentence, type TimeRange } from './time-range.ts';
import { msFromTimestamp } from './timestamp.ts';
import { shorten } from './value-preview.ts';

export const statusWords: Readonly<Record<ErrorStatus, string>> = {
  unresolved: 'Open',
  resolved: 'Resolved',
  ignored: 'Ignored',
  regressed: 'Regressed',
};

export const classWords: Readonly<Record<NonNullable<ErrorGroupFacts['class']>, string>> = {
  rate_limit: 'Rate limit',
  context_length: 'Context length',
  content_filter: 'Content filter',
  timeout: 'Timeout',
  authentication: 'Authentication',
  overloaded: 'Overloaded',
  connection: 'Connection',
  tool: 'Tool',
};

export const errorStates = [
  { value: 'open', label: 'Open' },
  { value: 'regressed', label: 'Regressed' },
  { value: 'resolved', label: 'Resolved' },
  { value: 'ignored', label: 'Ignored' },
  { value: 'all', label: 'All' },
] as const;
export type ErrorState = (typeof errorStates)[number]['value'];

/** `3 of 12 open errors are new in the last hour; RangeError happened most: 240 times`. */
export function errorsSentence(
  { errors, groups }: Pick<ErrorsResponse, 'errors' | 'groups'>,
  asked: {
    readonly range: TimeRange;
    readonly nowMs: number;
    readonly fromMs: number;
    readonly state: ErrorState;
  },
): string {
  const when = describeRangeInSentence(asked.range, asked.nowMs);
  const kind = asked.state === 'all' ? '' : `${asked.state} `;
  if (groups === 0)
    return asked.state === 'all' || asked.state === 'open' ? `No ${kind}errors ${when}` : `No ${kind}errors`;
  const fresh = errors.filter(({ firstTime }) => msFromTimestamp(firstTime) >= asked.fromMs).length;
  const back = errors.filter(({ status }) => status === 'regressed').length;
  const count = counted(groups, `${kind}error`);
  const news = [
    ...(fresh > 0 ? [`${formatCount(fresh)} new`] : []),
    ...(back > 0 && asked.state !== 'regressed'
      ? [`${formatCount(back)} back after ${back === 1 ? 'it was' : 'they were'} resolved`]
      : []),
  ];
  return `${count} ${when}${news.length === 0 ? '' : `: ${news.join(', ')}`}`;
}

export function errorsDetail({ errors, total }: Pick<ErrorsResponse, 'errors' | 'total'>): string {
  const worst = errors.reduce<ErrorGroupFacts | undefined>(
    (most, each) => (most === undefined || each.count > most.count ? each : most),
    undefined,
  );
  if (worst === undefined) return '';
  return `${counted(total, 'occurrence')}; ${shorten(titleOf(worst), 60).replace(/[.!]$/, '')} most often: ${formatCount(worst.count)}`;
}

/** `RangeError: no item <number>`. */
export function titleOf({ type, title }: Pick<ErrorGroupFacts, 'type' | 'title'>): string {
  return title === '' ? type : type === '' ? title : `${type}: ${title}`;
}

/** `240 times in 12 runs, for 3 users`. */
export function errorSentence(group: ErrorGroupFacts, when: string): string {
  if (group.count === 0) return `Not seen ${when}`;
  const times = group.count === 1 ? 'Once' : `${formatCount(group.count)} times`;
  const runs = group.runs === 0 ? '' : ` in ${counted(group.runs, 'run')}`;
  const users = group.users === 0 ? '' : `, for ${counted(group.users, 'user')}`;
  return `${times} ${when}${runs}${users}`;
}
