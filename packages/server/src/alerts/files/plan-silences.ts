import { msFromNanos, type UnixNano } from '@sightline/base';
import type { SilenceInput } from '@sightline/schema/api';
import { parseTime } from '@sightline/schema/filter';
import type { StoredSilence } from '../../catalog/alert-silences.ts';
import { compileMatchers } from '../label-matchers.ts';
import { type Change, type Planned, problemOf } from './planned.ts';
import type { FileProblem } from './rule-yaml.ts';

type NewSilence = Pick<StoredSilence, 'matchers' | 'startsAt' | 'endsAt' | 'who' | 'comment'>;

interface PlannedSilences extends Planned {
  readonly make: readonly NewSilence[];
  /** Ids. */
  readonly end: readonly string[];
}

interface Given {
  readonly silences: readonly SilenceInput[];
  readonly known: readonly StoredSilence[];
  readonly now: UnixNano;
  readonly prune: boolean;
}

/**
 * A silence is known by its matchers and its end, so a file that is applied again makes none twice. Those that are over change nothing. With `prune`, silences
 * that the file has not are ended.
 */
export function planSilences({ silences, known, now, prune }: Given): PlannedSilences {
  const problems: FileProblem[] = [];
  const changes: Change[] = [];
  const make: NewSilence[] = [];
  const kept = new Set<string>();
  const nowMs = msFromNanos(now);
  for (const silence of silences) {
    const startsAt = timeOf(silence.startsAt, now);
    // Counted from now, each time that the file is applied would make another.
    const endsAt = /^\d/.test(silence.endsAt) ? timeOf(silence.endsAt, now) : undefined;
    try {
      compileMatchers(silence.matchers);
    } catch (error) {
      problems.push(problemOf(silence.matchers, error));
    }
    if (startsAt === undefined || endsAt === undefined || endsAt <= startsAt) {
      // A silence without a start begins now: one that is over has nothing to begin.
      if (endsAt !== undefined && silence.startsAt === 'now') {
        changes.push(changeOf(silence.matchers, 'same'));
        continue;
      }
      problems.push({
        place: silence.matchers,
        message:
          endsAt === undefined
            ? `A silence of a file ends at a time, not "${silence.endsAt}".`
            : 'It ends before it begins.',
        caret: '',
        hint: 'Write times as RFC 3339: endsAt: 2026-12-24T18:00:00Z.',
      });
      continue;
    }
    const isSame = (each: NewSilence): boolean =>
      each.matchers === silence.matchers && each.endsAt.getTime() === endsAt.getTime();
    const stored = known.find(isSame);
    if (stored !== undefined) kept.add(stored.id);
    if (stored !== undefined || endsAt.getTime() <= nowMs || make.some(isSame)) {
      changes.push(changeOf(silence.matchers, 'same'));
      continue;
    }
    make.push({ ...silence, startsAt, endsAt });
    changes.push(changeOf(silence.matchers, 'create'));
  }
  const end = prune ? known.filter(({ id, state }) => state !== 'expired' && !kept.has(id)) : [];
  for (const { matchers } of end) changes.push(changeOf(matchers, 'delete'));
  return { make, end: end.map(({ id }) => id), changes, problems };
}

const changeOf = (name: string, action: Change['action']): Change => ({
  part: 'silences',
  name,
  group: '',
  action,
  fields: [],
});

function timeOf(text: string, now: UnixNano): Date | undefined {
  const nanos = parseTime(text, now);
  return nanos === undefined ? undefined : new Date(msFromNanos(nanos));
}
