import type { ClickHouseEngine } from './engine.ts';

/** What reads no rows, and what every user may have: names of tables, and the engines of tables it may not create. */
const harmless = /^(?:SHOW(?: (?:DATABASES|TABLES|COLUMNS))?|USAGE|TABLE ENGINE)$/;

/** What a statement could be made of that reads something else than tables: told first. */
const reachesOutside = /^(?:FILE|URL|REMOTE|S3|SOURCES|READ ON|CLUSTER|dictGet|INTROSPECTION|SELECT ON)\b/;

/**
 * What the user of typed SQL is granted beyond SELECT on our tables: files, addresses, other servers and databases, changes.
 * A role counts, since nobody can tell what it will hold.
 */
export async function excessGrants(engine: ClickHouseEngine): Promise<readonly string[]> {
  if (engine.kind === 'embedded') return [];
  const { data } = await engine.select({
    sql: 'SHOW GRANTS',
    params: {},
    settings: {},
    isTyped: true,
  });
  const lines = data.map((row) => String(Object.values(row as object)[0]));
  const found = new Set(lines.flatMap((line) => excessIn(line, engine.database)));
  return [...found].toSorted((a, b) => Number(reachesOutside.test(b)) - Number(reachesOutside.test(a)));
}

/** Of one line as the server prints it: `GRANT SELECT ON sightline.* TO reader`. */
export function excessIn(line: string, database: string): readonly string[] {
  if (line.startsWith('REVOKE ')) return [];
  const [, privileges, target] = /^GRANT (.+) ON (\S+) TO /.exec(line) ?? [];
  if (privileges === undefined || target === undefined)
    return [line.replace(/^GRANT /, '').replace(/ TO .*$/, '')];
  const [of] = target.replaceAll('`', '').split('.');
  return privileges
    .split(/,\s*(?![^()]*\))/)
    .map((privilege) => privilege.replace(/\(.*\)$/, ''))
    .filter((privilege) => !harmless.test(privilege) && !(privilege === 'SELECT' && of === database))
    .map((privilege) =>
      /^(?:SELECT|READ|WRITE)$/.test(privilege) ? `${privilege} ON ${target}` : privilege,
    );
}
