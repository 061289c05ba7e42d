import { DerivedColumns } from '../packages/server/src/storage/clickhouse/load/derived-columns.ts';
import { DerivedItem } from '../packages/server/src/storage/clickhouse/load/derived-item.ts';
import {
  type SegmentBlocks,
  segmentColumns,
} from '../packages/server/src/storage/clickhouse/load/segment-columns.ts';

const saysNothing = new DerivedItem(new Uint8Array());

class NothingDerived extends DerivedColumns {
  override append(): void {
    super.append(saysNothing);
  }
}

/** Reads segments without their normal fields: no span is a step of an agent then, and nothing has a price. */
export const columnsWithoutDerived = (
  signal: 'traces' | 'logs',
  segment: Uint8Array,
): Promise<SegmentBlocks> => segmentColumns(signal, segment, NothingDerived);

/** Reads segments without the rows that are made of steps. */
export async function columnsWithoutSteps(
  signal: 'traces' | 'logs',
  segment: Uint8Array,
): Promise<SegmentBlocks> {
  const blocks = await segmentColumns(signal, segment);
  return { ...blocks, steps: { ...blocks.steps, rows: 0 } };
}
