import type { CheckTarget } from '@sightline/schema/api';
import type { CheckOutcome, StoredCheck } from '../catalog/checks.ts';

type Awaited = Extract<CheckTarget, { readonly kind: 'heartbeat' | 'program' }>;

/**
 * How a check stands that a program tells about; undefined where nobody knows. `awakeS`: since when this server listens, in seconds: before, nobody could
 * ping it. Until its first ping a heartbeat has as much time as between two; a program that never reported, or said that it ends, is not missed.
 */
export function overdueOutcome(
  { hasPinged, pingAgeS, intervalS }: Pick<StoredCheck, 'hasPinged' | 'pingAgeS' | 'intervalS'>,
  { kind, graceS }: Pick<Awaited, 'kind' | 'graceS'>,
  awakeS: number,
): CheckOutcome | undefined {
  const isProgram = kind === 'program';
  if (isProgram && !hasPinged) return undefined;
  const found = { ms: null, certificateDays: null };
  const patienceS = intervalS + graceS;
  if (pingAgeS <= patienceS)
    // What a program reports is written down when it comes.
    return hasPinged && !isProgram ? { ...found, ok: true, reason: null } : undefined;
  if (awakeS <= patienceS) return undefined;
  const age = `${Math.round(pingAgeS)} s`;
  const what = isProgram ? 'report' : 'ping';
  return { ...found, ok: false, reason: hasPinged ? `no ${what} for ${age}` : `no ${what} came in ${age}` };
}
