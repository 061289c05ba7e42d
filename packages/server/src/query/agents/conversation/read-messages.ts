import { unixNano } from '@sightline/base';
import {
  type MessageLog,
  type MessageSource,
  readConversation,
  readToolUse,
} from '@sightline/schema/conventions';
import { decodeAttributes, decodeValue } from '../../decode-row.ts';
import { ownAttributes } from '../../decode-span.ts';
import type { Reader } from '../../reader.ts';
import { spansOfTrace } from '../../read-trace.ts';
import type { TraceExtent } from '../../trace-extent.ts';
import {
  readTextsOfSpans,
  restoreRow,
  type StoredTexts,
  type TextsRow,
  withTexts,
} from '../../restore-texts.ts';
import { idsByHex } from '../../sql/ids-sql.ts';
import { messageLogs } from '../../sql/message-logs-sql.ts';
import { type AttributeRow, textIdColumns, wholeAttributeColumns } from '../../sql/span-columns-sql.ts';
import { moment, type Sql, sql, trusted } from '../../sql/sql.ts';
import { parentStep, type RunNode, type RunTree, stepsOf } from '../run-tree.ts';
import type { Beginning } from './beginning.ts';
import { chooseTurns, maySpeak, type Spoken } from './choose-turns.ts';
import { payloadBytesMax, type PayloadRow, readPayloadRows } from './payload-rows.ts';
import { promptKey, PromptPrefixes, type StoredPrompt } from './prompt-prefixes.ts';
import type { ToolRun, Turn } from './turn.ts';

const logsMax = 5000;

interface LogRow extends AttributeRow, TextsRow {
  readonly traceId: string;
  readonly spanId: string;
  readonly timeNanos: string;
  readonly eventName: string;
  readonly body: string;
  readonly bodyType: string;
}

export interface RunMessages {
  readonly turns: readonly Turn[];
  readonly tools: readonly ToolRun[];
  /** Of all that was read for it. */
  readonly characters: number;
}

/** What the spans of a run and its log records carry, as it is stored. */
export interface RunPayloads {
  readonly rows: readonly PayloadRow[];
  readonly texts: StoredTexts;
  readonly logs: readonly LogRow[];
}

export async function readPayloads(
  reader: Reader,
  traceId: string,
  extent: TraceExtent,
  beginning?: Beginning,
): Promise<RunPayloads> {
  const begun = beginning === undefined ? trusted('') : sql`AND start_time <= ${moment(beginning.until)}`;
  const where = sql`${spansOfTrace(reader.project, traceId, extent)} AND operation NOT IN ('other', 'http', 'db', 'messaging') ${begun}`;
  const range = { from: unixNano(BigInt(extent.start)), to: unixNano(BigInt(extent.end)) };
  const [rows, texts, logs] = await Promise.all([
    readPayloadRows(reader, where),
    readTextsOfSpans(reader, where, range),
    readMessageLogs(reader, traceId, extent),
  ]);
  return { rows, texts, logs };
}

/** Everything that was said in a run, or in its beginning, from spans, their events and log records. In no order. */
export function messagesOf(
  reader: Reader,
  tree: RunTree,
  { rows, texts, logs }: RunPayloads,
  beginning?: Beginning,
): RunMessages {
  const steps = stepsOf(tree).filter(
    ({ startNanos }) => beginning === undefined || startNanos <= beginning.until,
  );
  meetMissing(reader, steps, rows);
  const logsOf = Map.groupBy(logs, ({ spanId }) => spanId);
  const payloads = new Map(rows.map((row) => [row.spanId, row]));
  const spoken: Spoken[] = [];
  const tools: ToolRun[] = [];
  const seen = new Set<string>();
  const prompts = new PromptPrefixes(texts);
  let characters = 0;
  let skipped = 0;
  for (const node of steps) {
    const stored = payloads.get(node.spanId);
    if (stored === undefined || seen.has(node.spanId)) continue;
    seen.add(node.spanId);
    if (characters + prompts.charactersRead > payloadBytesMax) {
      skipped += 1;
      continue;
    }
    const { payload, prompt } = splitPrompt(stored, texts);
    characters += payload.attributeValues.reduce((sum, value) => sum + value.length, 0);
    const source = {
      name: node.name,
      attributes: ownAttributes(payload),
      events: eventsOf(payload),
      logs: (logsOf.get(node.spanId) ?? []).map(asLog),
    };
    logsOf.delete(node.spanId);
    const use = node.operation === 'tool' || node.operation === 'mcp' ? readToolUse(source) : undefined;
    const speaker = { traceId: tree.traceId, spanId: node.spanId, startNanos: node.startNanos, node };
    if (use !== undefined && !repeatsTool(tree, node)) tools.push({ ...speaker, use });
    if (!maySpeak(node)) continue;
    const { input, output } = prompts.read(source, prompt);
    if (input.length > 0 || output.length > 0) spoken.push({ node, input, output });
  }
  if (skipped > 0) meetPayloadLimit(reader, skipped);
  const turns = chooseTurns(
    tree,
    spoken,
    tools.map(({ node }) => node),
  ).map(({ node, input, output }): Turn => ({
    traceId: tree.traceId,
    spanId: node.spanId,
    startNanos: node.startNanos,
    node,
    input,
    output,
  }));
  return {
    turns: [...turns, ...turnsOfLogs(tree.traceId, logsOf)],
    tools,
    characters: characters + prompts.charactersRead,
  };
}

export interface WantedSources {
  readonly traceId: string;
  readonly extent: TraceExtent;
  readonly spanIds: readonly string[];
}

/** The payloads of some spans with the log records of theirs, by span id. */
export async function readSources(
  reader: Reader,
  { traceId, extent, spanIds }: WantedSources,
): Promise<Map<string, MessageSource>> {
  const [rows, logs] = await Promise.all([
    readPayloadRows(
      reader,
      sql`${spansOfTrace(reader.project, traceId, extent)} AND span_id IN (${idsByHex(spanIds, 8)})`,
    ),
    readMessageLogs(reader, traceId, extent),
  ]);
  const logsOf = Map.groupBy(logs, ({ spanId }) => spanId);
  const whole = await withTexts(reader, rows);
  return new Map(
    whole.map((row) => [
      row.spanId,
      {
        name: row.name,
        attributes: ownAttributes(row),
        events: eventsOf(row),
        logs: (logsOf.get(row.spanId) ?? []).map(asLog),
      },
    ]),
  );
}

/** An MCP request right below the tool that makes it. */
function repeatsTool(tree: RunTree, node: RunNode): boolean {
  const above = parentStep(tree, node);
  return (
    above !== undefined &&
    above.tool !== '' &&
    above.tool === node.tool &&
    ['tool', 'mcp'].includes(above.operation)
  );
}

function meetMissing(reader: Reader, steps: readonly RunNode[], rows: readonly PayloadRow[]): void {
  const found = new Set(rows.map(({ spanId }) => spanId)).size;
  const wanted = new Set(steps.map(({ spanId }) => spanId)).size;
  if (found < wanted) meetPayloadLimit(reader, wanted - found);
}

function meetPayloadLimit(reader: Reader, skipped: number): void {
  reader.meet({
    limit: 'bytes',
    message: `Only the first ${payloadBytesMax >> 20} MiB of messages were read; ${skipped} steps are without theirs.`,
  });
}

/** The row with its texts, and the prompt apart, as it is stored: see PromptPrefixes. '' stands in its place. */
function splitPrompt(
  row: PayloadRow,
  texts: StoredTexts,
): { readonly payload: PayloadRow; readonly prompt: StoredPrompt | undefined } {
  const at = row.attributeKeys.indexOf(promptKey);
  const long = row.attributeKeys.indexOf(promptKey, row.attributeTypes.length);
  const value = row.attributeValues[long];
  // A list that the sender did not write as text is JSON as well.
  if (value === undefined || !/[sj]/.test(row.attributeTypes[at] ?? ''))
    return { payload: restoreRow(row, texts), prompt: undefined };
  const rest = { ...row, attributeValues: row.attributeValues.with(long, '') };
  return { payload: restoreRow(rest, texts), prompt: { value, textIds: row.textIds } };
}

/** Log records that carry messages. */
export async function readMessageLogs(
  reader: Reader,
  traceId: string,
  extent: TraceExtent,
): Promise<readonly LogRow[]> {
  const rows = await readLogRows(reader, messageLogs(reader, traceId, extent));
  if (rows.length > logsMax)
    reader.meet({ limit: 'rows', message: `Only the first ${logsMax} log events with messages were read.` });
  return rows.slice(0, logsMax);
}

/** Up to one more than `logsMax`. */
async function readLogRows(reader: Reader, logs: Sql): Promise<readonly LogRow[]> {
  const rows = await reader.rows<LogRow>(sql`
    SELECT lower(hex(trace_id)) AS traceId, lower(hex(span_id)) AS spanId, toUnixTimestamp64Nano(time) AS timeNanos, timeNanos AS startNanos, ${textIdColumns}, event_name AS eventName, body, body_type AS bodyType, ${wholeAttributeColumns}
    FROM (${logs}) ORDER BY time, log_id LIMIT ${trusted(String(logsMax + 1))}`);
  return withTexts(reader, rows);
}

/** What records of logs say of the spans of these traces, by trace and span id; the first of it, where there is very much. */
export async function readLogMessages(reader: Reader, logs: Sql): Promise<ReadonlyMap<string, MessageLog[]>> {
  const found = new Map<string, MessageLog[]>();
  for (const row of await readLogRows(reader, logs)) {
    const key = row.traceId + row.spanId;
    found.set(key, [...(found.get(key) ?? []), asLog(row)]);
  }
  return found;
}

export function eventsOf(row: PayloadRow): { name: string; attributes: Record<string, unknown> }[] {
  return row.eventNames.map((name, index) => ({
    name,
    attributes: decodeAttributes({
      keys: row.eventKeys[index] ?? [],
      values: row.eventValues[index] ?? [],
      types: row.eventTypes[index] ?? '',
    }),
  }));
}

function asLog(row: LogRow): MessageLog {
  return {
    eventName: row.eventName,
    body: decodeValue(row.body, row.bodyType),
    attributes: ownAttributes(row),
  };
}

/** Records of spans that are not stored, or of none: what belongs to one span is one turn, what belongs to none a turn each. */
function turnsOfLogs(traceId: string, logsOf: ReadonlyMap<string, readonly LogRow[]>): Turn[] {
  return [...logsOf].flatMap(([spanId, rows]) => {
    const hasSpan = !/^0*$/.test(spanId);
    const groups = hasSpan ? [rows] : rows.map((row) => [row]);
    return groups.flatMap((group): Turn[] => {
      const { input, output } = readConversation({ name: '', attributes: {}, logs: group.map(asLog) });
      if (input.length === 0 && output.length === 0) return [];
      const startNanos = BigInt(group[0]?.timeNanos ?? 0);
      return [{ traceId, spanId: hasSpan ? spanId : null, startNanos, node: undefined, input, output }];
    });
  });
}
