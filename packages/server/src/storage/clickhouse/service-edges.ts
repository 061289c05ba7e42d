/** The table `service_edges`: rows that were made of spans, and which of them are forgotten. */
import { edgePartLengths, type ServiceEdgesToForget, type ServiceEdgesToPut } from '../telemetry-store.ts';
import { backgroundSettings } from './background-settings.ts';
import { type ClickHouseEngine, literal } from './engine.ts';
import { nativeBlock, TextColumn } from './load/native-columns.ts';
import { countColumn, textColumn, wideColumn } from './load/value-columns.ts';
import { ownRows } from './own-rows.ts';

/** Above all that there is, also after a clock was set back. */
const nextVersion =
  'greatest(toUInt64(toUnixTimestamp64Nano(now64(9))), (SELECT max(version) + 1 FROM service_edges))';

const settings = {
  insert_deduplicate: 0,
  ...backgroundSettings,
  max_partitions_per_insert_block: 0,
  distributed_foreground_insert: 1,
};

/** Rows come at once where they are of one day. One that was forgotten after `version` stays forgotten. */
export async function putServiceEdges(
  engine: ClickHouseEngine,
  { project, generation, version, seenMs, parts }: ServiceEdgesToPut,
): Promise<void> {
  if (parts.length === 0) return;
  const bodies = new TextColumn();
  for (const { body } of parts) bodies.append(body, 0, body.length);
  const wide = (of: (part: ServiceEdgesToPut['parts'][number]) => number) =>
    wideColumn(
      parts.map((part) => BigInt(of(part))),
      'UInt64',
    );
  const block = nativeBlock(
    {
      project_: textColumn(parts.map(() => project)),
      seconds_: countColumn(
        parts.map(({ seconds }) => seconds),
        32,
      ),
      slot_: countColumn(
        parts.map(({ slot }) => slot),
        32,
      ),
      spans_: wide(({ spans }) => spans),
      all_: wide(({ allSpans }) => allSpans),
      body_: bodies,
    },
    parts.length,
  );
  await engine.insertBytes({
    bytes: [...block.parts],
    format: { name: 'Native' },
    structure: block.structure,
    insert: (
      source,
    ) => `INSERT INTO service_edges (project, generation, seconds, slot, version, is_deleted, seen, spans, all_spans, body)
      SELECT project_, ${generation}, seconds_, toDateTime(slot_, 'UTC'), ${version}, 0, fromUnixTimestamp64Milli(toInt64(${seenMs}), 'UTC'), spans_, all_, body_ FROM ${source}`,
    settings,
  });
}

/** Parts that hold any of these five minutes, of all lengths. What is made of spans that were read before comes too late. */
export async function forgetServiceEdges(
  engine: ClickHouseEngine,
  { project, slots }: ServiceEdgesToForget,
): Promise<void> {
  if (slots.length === 0) return;
  const parts = edgePartLengths.flatMap((seconds) =>
    [...new Set(slots.map((slot) => slot - (slot % seconds)))].map((slot) => `(${seconds}, ${slot})`),
  );
  await engine.insert(`INSERT INTO service_edges (project, generation, seconds, slot, version, is_deleted)
    SETTINGS insert_deduplicate = 0, distributed_foreground_insert = 1, max_partitions_per_insert_block = 0
    SELECT ${literal(project)}, (SELECT max(generation) FROM runs_progress), toUInt32(part.1), toDateTime(part.2, 'UTC'), ${nextVersion}, 1
    FROM (SELECT arrayJoin([${parts.join(', ')}]) AS part)`);
}

/** The version of what is made of spans that are read from now on. */
export async function nextEdgeVersion(engine: ClickHouseEngine): Promise<bigint> {
  const [row] = await ownRows<{ version: string }>(engine, `SELECT toString(${nextVersion}) AS version`);
  return BigInt(row?.version ?? 0);
}
