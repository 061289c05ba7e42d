/** The rows of one table as they come out of a segment: an expression per column over `from`. */
export interface RowSelect {
  readonly columns: Readonly<Record<string, string>>;
  readonly from: string;
}

export function insertSql(table: string, select: RowSelect): string {
  return `INSERT INTO ${table} (${Object.keys(select.columns).join(', ')})
SELECT ${Object.values(select.columns).join(',\n  ')}
FROM ${select.from}`;
}
