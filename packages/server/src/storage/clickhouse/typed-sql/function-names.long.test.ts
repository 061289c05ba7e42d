import { afterAll, beforeAll, expect, test } from 'vitest';
import { TypedSqlTrial } from '../../testing/typed-sql-trial.ts';
import { knownFunctions, knownFunctionsInAnyCase, lambdaFunctions } from './function-names.ts';

let trial: TypedSqlTrial;
beforeAll(async () => {
  trial = await TypedSqlTrial.open();
});
afterAll(async () => trial.close());

test(
  'a name given to a function is taken for a function only where nothing but a lambda may stand',
  { timeout: 300_000 },
  async () => {
    const some = [
      '["2020-01-01"]',
      'map("2020-01-01", "x")',
      '["2020-01-01"], ["2020-01-01"]',
      '["2020-01-01"], "2020-01-01"',
      '1, ["2020-01-01"]',
    ];
    const calls = some.map((args) => args.replaceAll('"', "'"));
    const taken: string[] = [];
    const candidates = [...knownFunctions, ...knownFunctionsInAnyCase].filter(
      (name) => !lambdaFunctions.has(name) && name !== 'untuple',
    );
    for (const name of candidates)
      for (const args of calls)
        await trial.unguarded(`SELECT ${name}(toDate, ${args})`).then(
          () => taken.push(name),
          (error: Error) => {
            if (
              !/UNKNOWN_IDENTIFIER|NUMBER_OF_ARGUMENTS|UNKNOWN_FUNCTION|SYNTAX_ERROR|TOO_/.test(error.message)
            )
              taken.push(`${name}: ${error.message.slice(0, 200)}`);
          },
        );
    expect(taken).toEqual([]);
    // And it is taken so where a lambda may stand.
    expect((await trial.unguarded("SELECT arrayMap(toDate, ['2020-01-01']) AS a")).data).toEqual([
      { a: ['2020-01-01'] },
    ]);
  },
);
