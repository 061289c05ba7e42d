import type { Check, CheckStatus } from '@sightline/schema/api';
import type { CheckSpell } from '../catalog/checks.ts';

const periodsMs = { day: 86_400_000, week: 604_800_000, month: 2_592_000_000 } as const;

/** Shares of the time that is known; time in which nobody looked counts for neither side. */
export function uptimeOf(spells: readonly CheckSpell[], now: Date): Check['uptime'] {
  const share = (periodMs: number): Check['uptime']['day'] => {
    const ms: Record<CheckStatus, number> = { up: 0, down: 0, unknown: 0 };
    const from = now.getTime() - periodMs;
    for (const { status, from: began, to } of spells)
      ms[status] += Math.max(0, (to ?? now).getTime() - Math.max(began.getTime(), from));
    const knownMs = ms.up + ms.down;
    return { share: knownMs === 0 ? null : ms.up / knownMs, knownS: knownMs / 1000 };
  };
  return { day: share(periodsMs.day), week: share(periodsMs.week), month: share(periodsMs.month) };
}
