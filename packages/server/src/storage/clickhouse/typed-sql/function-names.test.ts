import { afterAll, beforeAll, expect, test } from 'vitest';
import { TypedSqlTrial } from '../../testing/typed-sql-trial.ts';
import {
  knownAggregates,
  knownAggregatesInAnyCase,
  knownFunctions,
  knownFunctionsInAnyCase,
  isFunction,
  refusedFunctions,
  tableFunctions,
} from './function-names.ts';

let trial: TypedSqlTrial;
beforeAll(async () => {
  trial = await TypedSqlTrial.open();
});
afterAll(async () => trial.close());

interface EngineFunction {
  readonly name: string;
  readonly is_aggregate: number;
  readonly case_insensitive: number;
}

const functions = async (): Promise<readonly EngineFunction[]> =>
  (
    await trial.unguarded(
      "SELECT name, is_aggregate, case_insensitive FROM system.functions WHERE origin = 'System'",
    )
  ).data as readonly EngineFunction[];

// One that a new version of the engine brings fails here until somebody has read what it does. Until then it cannot be called.
test('each function of the engine is allowed or refused by name', async () => {
  const all = await functions();
  const unnamed = all
    .filter(({ name }) => !isFunction(name) && !refusedFunctions.has(name))
    .map(({ name }) => name);
  expect(unnamed).toEqual([]);
  expect([...refusedFunctions].filter((name) => isFunction(name))).toEqual([]);
  const engine = new Set(all.map(({ name }) => name));
  expect([...refusedFunctions].filter((name) => !engine.has(name))).toEqual([]);
});

test('what is allowed are functions of the engine, of the kind and case that the lists say', async () => {
  const all = new Map((await functions()).map((each) => [each.name, each]));
  for (const [names, isAggregate, isAnyCase] of [
    [knownFunctions, 0, 0],
    [knownFunctionsInAnyCase, 0, 1],
    [knownAggregates, 1, 0],
    [knownAggregatesInAnyCase, 1, 1],
  ] as const) {
    const wrong = [...names].filter((name) => {
      const found = all.get(name);
      return found?.is_aggregate !== isAggregate || found.case_insensitive !== isAnyCase;
    });
    expect(wrong.filter((name) => name !== 'untuple' && name !== 'grouping')).toEqual([]);
  }
});

test('table functions that are allowed are functions of the engine', async () => {
  const { data } = await trial.unguarded('SELECT name FROM system.table_functions');
  const names = new Set((data as { name: string }[]).map(({ name }) => name));
  expect([...tableFunctions].filter((name) => !names.has(name))).toEqual([]);
});
