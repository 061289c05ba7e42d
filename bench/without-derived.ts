import { assert } from '@sightline/base';
import type {
  ClickHouseEngine,
  InsertBytesRequest,
} from '../packages/server/src/storage/clickhouse/engine.ts';
import { derivedStructure } from '../packages/server/src/storage/clickhouse/load/derived-fields.ts';

/** In place of what puts the normal fields into a segment. */
export const asReceived = async (_signal: string, bytes: Uint8Array): Promise<Uint8Array> => bytes;

/** An engine whose loads leave out the normal fields: no span is a step of an agent then, and nothing has a price. */
export function withoutDerived(engine: ClickHouseEngine): ClickHouseEngine {
  return {
    ...engine,
    insertBytes: async (request) => engine.insertBytes(plain(request)),
  };
}

const plain = (request: InsertBytesRequest): InsertBytesRequest => ({
  ...request,
  structure: request.structure.replace(`, ${derivedStructure}`, ''),
  insert: (source) => {
    const sql = request.insert(source);
    return sql.startsWith('INSERT INTO spans ') ? plainSql(sql) : sql;
  },
});

function plainSql(sql: string): string {
  const found =
    /^INSERT INTO spans \((?<names>[^)]*)\)\nSELECT (?<values>[\s\S]*?)\nFROM (?<from>\(SELECT \*, [\s\S]*)$/.exec(
      sql,
    );
  assert(found?.groups !== undefined, 'The statement has its known form');
  const { names = '', values = '', from = '' } = found.groups;
  const columns = names.split(', ');
  const expressions = values.split(',\n  ');
  assert(columns.length === expressions.length, 'An expression for each column');
  const kept = columns.flatMap((name, at) =>
    /\.derived\./.test(expressions[at] ?? '') ? [] : [[name, expressions[at]]],
  );
  assert(kept.length < columns.length, 'Something is derived');
  return `INSERT INTO spans (${kept.map(([name]) => name).join(', ')}, operation)
    SELECT ${kept.map(([, value]) => value).join(', ')}, 'other' FROM ${from}`;
}
