/** Groups as people made them: which group an error belongs to, and how the group stands. */
import type { ErrorStatus } from '@sightline/schema/api';

/** Errors of `part` belong to `group`. A move of a variant comes before that of its fingerprint. */
export interface ErrorMove {
  readonly kind: 'fingerprint' | 'variant';
  readonly part: string;
  readonly group: string;
}

export interface ErrorState {
  readonly status: 'unresolved' | 'resolved' | 'ignored';
  readonly changedAt: Date;
  readonly changedBy: string | null;
  /** Versions that were known when it was resolved in the next one; null where any later error is a regression. */
  readonly knownVersions: readonly string[] | null;
  readonly ignoredUntil: Date | null;
  readonly assignee: string | null;
}

/** What people decided, as the control plane has it. */
export interface ErrorDecisions {
  readonly moves: readonly ErrorMove[];
  /** By the id of the group. */
  readonly states: ReadonlyMap<string, ErrorState>;
}

/** The group that an id leads to: that of a fingerprint that was put elsewhere is there. */
export function groupOfId({ moves }: Pick<ErrorDecisions, 'moves'>, id: string): string {
  return moves.find(({ kind, part }) => kind === 'fingerprint' && part === id)?.group ?? id;
}

export interface GroupPast {
  readonly lastMs: number;
  readonly versions: readonly string[];
}

/** A resolved group that is seen again is regressed, and one that was ignored for a time comes back. */
export function statusOf(state: ErrorState | undefined, past: GroupPast, nowMs: number): ErrorStatus {
  if (state === undefined || state.status === 'unresolved') return 'unresolved';
  if (state.status === 'ignored')
    return state.ignoredUntil !== null && new Date(state.ignoredUntil).getTime() <= nowMs
      ? 'unresolved'
      : 'ignored';
  const isLater = past.lastMs > new Date(state.changedAt).getTime();
  const known = state.knownVersions;
  const isNews =
    known === null || past.versions.some((version) => version !== '' && !known.includes(version));
  return isLater && isNews ? 'regressed' : 'resolved';
}
