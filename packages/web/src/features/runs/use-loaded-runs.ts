import type { Run } from '@sightline/schema/api';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { agentListQuery } from '../../api/agent-queries.ts';
import { askedOf, type ListPageState } from '../../widgets/list-page.tsx';

/** The runs that the list has so far. The list asks for them; who is beside it only looks. */
export function useLoadedRuns(state: ListPageState): readonly Run[] {
  const { question } = state;
  const asked = { ...askedOf(state), sort: question.search['sort'] };
  const { data } = useInfiniteQuery({ ...agentListQuery('runs', asked, question.asOf), enabled: false });
  return useMemo(() => data?.pages.flatMap(({ runs }) => runs) ?? [], [data]);
}
