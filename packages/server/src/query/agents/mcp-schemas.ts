/** Definitions of tools as they were seen over time, from answers to `tools/list`, and where they changed. Pure. */
import { createHash } from 'node:crypto';
import { parseJson } from '@sightline/base';
import type { McpSchemaChange } from '@sightline/schema/api';

export interface Sighting {
  readonly server: string;
  readonly timeText: string;
  /** JSON text of the answer, or of the list. */
  readonly payload: string;
}

interface Definition {
  readonly value: unknown;
  readonly print: string;
}

export interface SchemaHistory {
  readonly changes: McpSchemaChange[];
  /** Different definitions by `server\0tool`. */
  readonly counts: ReadonlyMap<string, number>;
}

/** `sightings` in the order of time. A list that cannot be read, or is only a page of one, changes nothing. */
export function followSchemas(
  sightings: readonly Sighting[],
  decodeTime: (text: string) => string,
): SchemaHistory {
  const known = new Map<string, Map<string, Definition>>();
  const prints = new Map<string, Set<string>>();
  const changes: McpSchemaChange[] = [];
  for (const { server, timeText, payload } of sightings) {
    const list = readTools(payload);
    if (list === undefined) continue;
    const before = known.get(server);
    const now = new Map(before);
    for (const [tool, definition] of list.tools) {
      const key = `${server}\0${tool}`;
      prints.set(key, (prints.get(key) ?? new Set()).add(definition.print));
      const old = before?.get(tool);
      now.set(tool, definition);
      if (before === undefined || old?.print === definition.print) continue;
      changes.push({
        server,
        tool,
        time: decodeTime(timeText),
        change: old === undefined ? 'added' : 'changed',
        before: asJson(old?.value),
        after: asJson(definition.value),
      });
    }
    if (before !== undefined && list.isWhole)
      for (const [tool, old] of before) {
        if (list.tools.has(tool)) continue;
        now.delete(tool);
        changes.push({
          server,
          tool,
          time: decodeTime(timeText),
          change: 'removed',
          before: asJson(old.value),
          after: null,
        });
      }
    known.set(server, now);
  }
  return { changes, counts: new Map([...prints].map(([key, set]) => [key, set.size])) };
}

function asJson(value: unknown): McpSchemaChange['before'] {
  return value === undefined ? null : (value as McpSchemaChange['before']);
}

function readTools(
  payload: string,
): { readonly tools: ReadonlyMap<string, Definition>; readonly isWhole: boolean } | undefined {
  const value = tryJson(payload);
  const answer = isRecord(value) && isRecord(value['result']) ? value['result'] : value;
  const list = Array.isArray(answer) ? answer : isRecord(answer) ? answer['tools'] : undefined;
  if (!Array.isArray(list)) return undefined;
  const tools = list.flatMap((each): [string, Definition][] => {
    const tool: unknown = isRecord(each) && isRecord(each['function']) ? each['function'] : each;
    if (!isRecord(tool) || typeof tool['name'] !== 'string') return [];
    const definition = {
      description: tool['description'] ?? null,
      inputSchema: tool['inputSchema'] ?? tool['input_schema'] ?? tool['parameters'] ?? null,
      ...(tool['outputSchema'] === undefined ? {} : { outputSchema: tool['outputSchema'] }),
    };
    return [[tool['name'], { value: definition, print: printOf(definition) }]];
  });
  return { tools: new Map(tools), isWhole: !isRecord(answer) || typeof answer['nextCursor'] !== 'string' };
}

/** The same for the same definition, whatever the order of its keys. */
function printOf(value: unknown): string {
  const sorted = (each: unknown): unknown => {
    if (Array.isArray(each)) return each.map(sorted);
    if (!isRecord(each)) return each;
    return Object.fromEntries(
      Object.keys(each)
        .toSorted()
        .map((key) => [key, sorted(each[key])]),
    );
  };
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)) ?? '')
    .digest('base64url');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tryJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
