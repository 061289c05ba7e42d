/** The newest comparisons of experiments that have ended: who turns the pages of one or filters it does not wait for it again. */
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import { readResultFacts, type StoredExperiment } from '../catalog/experiments.ts';
import { compareExperiments, type Comparison } from './compare-experiments.ts';
import { ExperimentColumns } from './experiment-columns.ts';

export interface ReadComparison extends Comparison {
  /** In the order of the experiments. */
  readonly columns: readonly ExperimentColumns[];
}

/** What has more results is made each time. */
const keptMax = 2;
const keptResultsMax = 200_000;
const kept = new Map<string, ReadComparison>();

/** The baseline is the first of the experiments. */
export async function readComparison(
  catalog: CatalogDatabase,
  experiments: readonly StoredExperiment[],
): Promise<ReadComparison> {
  const key = JSON.stringify(experiments.map(({ id, endedAt }) => [id, endedAt]));
  const known = kept.get(key);
  if (known !== undefined) return known;
  const columns: ExperimentColumns[] = [];
  for (const { id } of experiments) columns.push(await ExperimentColumns.read(readResultFacts(catalog, id)));
  const made = { ...compareExperiments(experiments, columns), columns };
  // Results of an experiment that has ended do not change; one that goes on ends at another time.
  const isFinal = experiments.every(({ endedAt }) => endedAt !== null);
  const results = experiments.reduce((sum, each) => sum + each.results, 0);
  if (isFinal && results <= keptResultsMax) {
    kept.set(key, made);
    const [oldest] = kept.keys();
    if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
  }
  return made;
}
