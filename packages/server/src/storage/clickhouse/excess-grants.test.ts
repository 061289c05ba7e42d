import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TypedSqlTrial } from '../testing/typed-sql-trial.ts';
import { excessIn } from './excess-grants.ts';

let trial: TypedSqlTrial;
beforeAll(async () => {
  trial = await TypedSqlTrial.open();
});
afterAll(async () => trial.close());

const documented = [
  ...readFileSync(new URL('../../../../../docs/sql.md', import.meta.url), 'utf8').matchAll(
    /^(?:CREATE USER|GRANT) .*;$/gm,
  ),
].map(([line]) => line.replace(/;$/, ''));

test('the statements of docs/sql.md are of the engine’s language, and grant what is asked for', async () => {
  expect(documented.length).toBeGreaterThanOrEqual(2);
  for (const statement of documented) {
    const { data } = await trial.unguarded(
      `SELECT formatQuerySingleLine('${statement.replaceAll("'", "\\'")}') AS text`,
    );
    const [{ text } = { text: '' }] = data as readonly { text: string }[];
    expect(text.replace(/;$/, '')).toBe(statement);
    if (statement.startsWith('GRANT')) expect(excessIn(text, 'sightline')).toEqual([]);
  }
});

test.each([
  ['GRANT SELECT ON sightline.* TO reader', []],
  ['GRANT SELECT(name, project) ON `sightline`.`spans` TO reader', []],
  ['GRANT SHOW TABLES, SELECT ON sightline.* TO reader WITH GRANT OPTION', []],
  ['GRANT TABLE ENGINE ON * TO reader', []],
  ['GRANT SELECT ON *.* TO reader', ['SELECT ON *.*']],
  ['GRANT SELECT ON billing.* TO reader', ['SELECT ON billing.*']],
  ['GRANT SELECT, INSERT ON sightline.* TO reader', ['INSERT']],
  ['GRANT READ ON URL TO reader', ['READ ON URL']],
  ["GRANT READ ON URL('https://a.example/.*') TO reader", ["READ ON URL('https://a.example/.*')"]],
  ['GRANT FILE, REMOTE ON *.* TO reader', ['FILE', 'REMOTE']],
  ['GRANT analysts TO reader', ['analysts']],
  ['GRANT dictGet ON sightline.prices TO reader', ['dictGet']],
])('%s: %j', (line, excess) => {
  expect(excessIn(line, 'sightline')).toEqual(excess);
});
