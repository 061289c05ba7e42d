import { expect, it } from 'vitest';
import { readEqualities } from './read-equalities.ts';

it.each([
  [
    `SELECT 1 FROM spans WHERE service = 'shop' AND (model IN ('a', 'b') AND status_code = 2)`,
    { service: ['shop'], model: ['a', 'b'], status_code: ['2'] },
  ],
  [
    `SELECT 1 FROM spans AS s PREWHERE s.agent == 'it''s' WHERE tool IN ('one')`,
    { agent: ["it's"], tool: ['one'] },
  ],
  [String.raw`SELECT 1 FROM logs WHERE service = 'a\\b'`, { service: ['a\\b'] }],
  [`SELECT 1 FROM spans WHERE ('' IN ('') OR model IN ('')) AND service = 'x'`, { service: ['x'] }],
  [`SELECT 1 FROM spans WHERE '' IN ('a', 'b') OR model IN ('a', 'b')`, { model: ['a', 'b'] }],
  [`SELECT 1 FROM spans WHERE model IN ('a', 'b') AND model = 'b'`, { model: ['b'] }],
])('are what every row has: %s', (sql, expected) => {
  expect(Object.fromEntries(readEqualities(sql))).toEqual(expected);
});

it.each([
  `SELECT 1 FROM spans WHERE service = 'a' OR model = 'b'`,
  `SELECT 1 FROM spans WHERE NOT service = 'a' AND model != 'b' AND tool NOT IN ('c')`,
  `SELECT 1 FROM spans WHERE service = model AND lower(agent) = 'a'`,
  `SELECT 1 FROM spans JOIN logs USING (trace_id) WHERE service = 'a'`,
  `SELECT 1 FROM (SELECT * FROM spans) WHERE service = 'a'`,
  `SELECT 1 FROM spans WHERE service = 'a' UNION ALL SELECT 2 FROM spans`,
  String.raw`SELECT 1 FROM spans WHERE service = 'a\nb'`,
  `SELECT 1 FROM spans WHERE service = `,
  'SHOW TABLES',
])('are not said by: %s', (sql) => {
  expect(readEqualities(sql).size).toBe(0);
});
