import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { agentListQuery, type ExactFilter } from '../../api/agent-queries.ts';
import { servicesQuery } from '../../api/queries.ts';
import type { TimeRange } from '../../model/time-range.ts';
import type { ExactFilters } from '../../widgets/use-exact-filters.ts';

/** Of which service, agent or model: what there is in this range, to choose from. */
export function NarrowBy({
  filters,
  range,
}: {
  readonly filters: ExactFilters;
  readonly range: TimeRange;
}): ReactElement {
  const services = useQuery(servicesQuery(range));
  const agents = useInfiniteQuery(agentListQuery('agents', { ...range }, 0));
  const models = useInfiniteQuery(agentListQuery('models', { ...range }, 0));
  const choices: readonly (readonly [ExactFilter, readonly string[]])[] = [
    ['service', services.data?.services.map((one) => one.name) ?? []],
    ['agent', agents.data?.pages.flatMap((page) => page.agents.map((one) => one.agent)) ?? []],
    ['model', models.data?.pages.flatMap((page) => page.models.map((one) => one.model)) ?? []],
  ];
  return (
    <div className="narrow-by">
      {choices.map(([name, values]) => (
        <label key={name}>
          {name}
          <select
            value={filters.values[name] ?? ''}
            onChange={(event) => filters.set(name, event.target.value || undefined)}
          >
            <option value="">all</option>
            {[
              ...new Set([...values, ...(filters.values[name] === undefined ? [] : [filters.values[name]])]),
            ].map((value) => (
              <option key={value} value={value}>
                {value}
              </option>
            ))}
          </select>
        </label>
      ))}
    </div>
  );
}
