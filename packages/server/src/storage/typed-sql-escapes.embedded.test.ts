import { describeEscapes } from './testing/describe-escapes.ts';
import { TypedSqlTrial } from './testing/typed-sql-trial.ts';

describeEscapes('the embedded engine', async () => ({ trial: await TypedSqlTrial.open() }));
