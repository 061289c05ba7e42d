import { Session } from 'chdb';
import { compileSql } from './compile-sql.ts';
import { attributeText, type DerivedFields, type DeriveInput } from './derive.ts';

/** Runs the compiled expressions in the real engine over `inputs`; answers in `derive`'s shape. For tests. */
export function deriveInEngine(inputs: readonly DeriveInput[]): readonly DerivedFields[] {
  const session = new Session();
  try {
    session.query(
      'CREATE TABLE input (position UInt32, name LowCardinality(String), attributes Map(LowCardinality(String), String), ' +
        'resource Map(LowCardinality(String), String)) ENGINE = Memory',
    );
    const rows = inputs.map((input, position) =>
      JSON.stringify({
        position,
        name: input.name,
        attributes: texts(input.attributes),
        resource: texts(input.resource ?? {}),
      }),
    );
    session.query(`INSERT INTO input FORMAT JSONEachRow ${rows.join('\n')}`);
    return rowsOf(session.query(selectDerived('input'), 'JSON'));
  } finally {
    session.cleanup();
  }
}

export function selectDerived(table: string): string {
  const compiled = compileSql({ attributes: 'attributes', resource: 'resource', name: 'name' });
  const columns = Object.entries(compiled.columns).map(([column, sql]) => `${sql} AS ${column}`);
  return (
    `SELECT ${columns.join(', ')} FROM (SELECT *, ${compiled.row} AS derived FROM ${table}) ORDER BY position ` +
    'SETTINGS output_format_json_quote_64bit_integers = 0'
  );
}

function texts(attributes: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, attributeText(value)]));
}

function rowsOf(json: string): readonly DerivedFields[] {
  return (JSON.parse(json) as { readonly data: readonly DerivedFields[] }).data;
}
