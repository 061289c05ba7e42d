/** Compared experiments as rows of a file: one for each item and experiment, so that each says whose answer it is. */
import { type ComparisonResponse, comparisonResponse } from '@sightline/schema/api';
import { z } from 'zod';

const item = comparisonResponse.shape.items.element;
const result = item.shape.results.element.unwrap();

export const comparedRow = z.object({
  ...item.omit({ results: true }).shape,
  experimentId: z.string(),
  experiment: z.string(),
  ...result.shape,
});

/** An item that an experiment has no result of has no row for it. */
export function comparedRows({
  experiments,
  items,
}: Pick<ComparisonResponse, 'experiments' | 'items'>): readonly z.infer<typeof comparedRow>[] {
  return items.flatMap(({ results, ...about }) =>
    experiments.flatMap(({ id, name }, at) => {
      const found = results[at] ?? null;
      return found === null ? [] : [{ ...about, experimentId: id, experiment: name, ...found }];
    }),
  );
}
