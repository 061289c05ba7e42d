import { listEvaluators } from '../catalog/evaluators.ts';
import type { SqlRunner } from '../catalog/catalog-database.ts';

/** Names of scores of which more is worse, where no evaluator says so. */
const harmful = /hallucinat|toxic|harm|bias|risk|leak|error|fail|refus|latency|cost/i;

/** Whether less of a score is better: its evaluator knows, else its name tells. */
export async function lowerIsBetter(db: SqlRunner, project: string): Promise<(score: string) => boolean> {
  const judged = new Map(
    (await listEvaluators(db, project)).flatMap(({ name, settings }) =>
      settings.type === 'judge' ? [[name, settings.lowerIsBetter] as const] : [],
    ),
  );
  return (score) => judged.get(score) ?? harmful.test(score);
}
