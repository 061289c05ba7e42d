import type { UnixNano } from '@sightline/base';
import type { PanelKind } from '@sightline/schema/api';
import { chooseStepMs } from '../query/time-step.ts';
import type { TimeRange } from '../query/time-range.ts';

/** The steps in which a panel shows its range; two questions of one panel share them. */
export interface PanelGrid {
  readonly range: { readonly from: UnixNano; readonly to: UnixNano };
  /** So many pieces at most, for questions that cut the range themselves. */
  readonly buckets: number;
  readonly firstMs: number;
  readonly stepMs: number;
  readonly count: number;
  readonly times: readonly number[];
}

const bucketsOf: Readonly<Partial<Record<PanelKind, number>>> = { bars: 60, heat: 60, number: 60 };

export function panelGrid(kind: PanelKind, range: TimeRange): PanelGrid {
  const buckets = bucketsOf[kind] ?? 120;
  const stepMs = Math.max(1000, chooseStepMs(range, buckets));
  const fromMs = Number(range.from / 1_000_000n);
  const toMs = Math.ceil(Number(range.to) / 1e6);
  const firstMs = Math.floor(fromMs / stepMs) * stepMs;
  const count = Math.max(1, Math.ceil((toMs - firstMs) / stepMs));
  const times = Array.from({ length: count }, (_, index) => (firstMs + index * stepMs) / 1000);
  return { range, buckets, firstMs, stepMs, count, times };
}
