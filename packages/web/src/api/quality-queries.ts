/** Prompts, datasets, experiments and models to ask. Same rules as in `queries.ts`. */
import type {
  AddFromTracesResponse,
  AddItemsResponse,
  ComparisonResponse,
  ConnectionsResponse,
  Dataset,
  DatasetDetail,
  DatasetItemsResponse,
  DatasetsResponse,
  DatasetVersionsResponse,
  EvaluatorsResponse,
  Experiment,
  ExperimentsResponse,
  NewConnection,
  PlaygroundCall,
  PlaygroundEvent,
  PromptContent,
  PromptResponse,
  PromptsResponse,
  PromptUsageResponse,
  PromptVersion,
} from '@sightline/schema/api';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { getJson, type Parameters, queryString, request, sendJson } from './client.ts';

export const promptsQuery = queryOptions({
  queryKey: ['prompts'],
  queryFn: ({ signal }) => getJson<PromptsResponse>('/prompts', {}, signal),
  staleTime: 2_000,
});
export const promptQuery = (name: string) =>
  queryOptions({
    queryKey: ['prompts', 'one', name],
    queryFn: ({ signal }) => getJson<PromptResponse>('/prompts/one', { name }, signal),
    staleTime: 2_000,
  });
export const promptVersionQuery = (name: string, version: string) =>
  queryOptions({
    queryKey: ['prompts', 'version', name, version],
    queryFn: ({ signal }) => getJson<PromptVersion>('/prompts/version', { name, version }, signal),
    staleTime: 60_000,
  });
export const promptUsageQuery = (name: string) =>
  queryOptions({
    queryKey: ['prompts', 'usage', name],
    queryFn: ({ signal }) => getJson<PromptUsageResponse>('/prompts/usage', { name, from: '-30d' }, signal),
    staleTime: 30_000,
  });
export const savePrompt = (body: {
  name: string;
  content: PromptContent;
  note?: string;
  labels?: string[];
}) => sendJson<PromptVersion>('POST', '/prompts', body);
export const labelPrompt = (name: string, label: string, version: number) =>
  sendJson<unknown>('PUT', `/prompts/label${queryString({ name, label })}`, { version });
export const deletePrompt = (name: string) =>
  sendJson<unknown>('DELETE', `/prompts/one${queryString({ name })}`);

export const datasetsQuery = queryOptions({
  queryKey: ['datasets'],
  queryFn: ({ signal }) => getJson<DatasetsResponse>('/datasets', {}, signal),
  staleTime: 2_000,
});
export const datasetQuery = (name: string) =>
  queryOptions({
    queryKey: ['datasets', name, 'detail'],
    queryFn: ({ signal }) => getJson<DatasetDetail>(`/datasets/${name}`, {}, signal),
    staleTime: 2_000,
  });
export const datasetVersionsQuery = (name: string) =>
  queryOptions({
    queryKey: ['datasets', name, 'versions'],
    queryFn: ({ signal }) => getJson<DatasetVersionsResponse>(`/datasets/${name}/versions`, {}, signal),
    staleTime: 2_000,
  });
export const datasetItemsQuery = (name: string, asked: Parameters) =>
  infiniteQueryOptions({
    queryKey: ['datasets', name, 'items', asked],
    queryFn: ({ signal, pageParam }) =>
      getJson<DatasetItemsResponse>(
        `/datasets/${name}/items`,
        { ...asked, limit: 100, ...(pageParam === '' ? {} : { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 2_000,
  });
export const createDataset = (name: string) => sendJson<Dataset>('POST', '/datasets', { name });
export const deleteDataset = (name: string) => sendJson<unknown>('DELETE', `/datasets/${name}`);
export const addItems = (name: string, body: unknown) =>
  sendJson<AddItemsResponse>('POST', `/datasets/${name}/items`, body);
export const removeItems = (name: string, ids: readonly string[]) =>
  sendJson<unknown>('POST', `/datasets/${name}/items/remove`, { ids });
export const splitDataset = (name: string, shares: Readonly<Record<string, number>>) =>
  sendJson<DatasetDetail>('POST', `/datasets/${name}/split`, { shares });
export const addFromTraces = (name: string, from: readonly { traceId: string; spanId?: string }[]) =>
  sendJson<AddFromTracesResponse>('POST', `/datasets/${name}/items/from-traces`, { from });

export const experimentsQuery = (dataset: string | undefined) =>
  queryOptions({
    queryKey: ['experiments', dataset ?? ''],
    queryFn: ({ signal }) => getJson<ExperimentsResponse>('/experiments', { dataset, limit: 100 }, signal),
    refetchInterval: ({ state }) =>
      state.data?.experiments.some((each) => each.state === 'running') === true ? 2_000 : false,
    staleTime: 1_000,
  });
export const comparisonQuery = (ids: string, asked: Parameters) =>
  infiniteQueryOptions({
    queryKey: ['experiments', 'compare', ids, asked],
    queryFn: ({ signal, pageParam }) =>
      getJson<ComparisonResponse>(
        '/experiments/compare',
        { ...asked, ids, limit: 50, ...(pageParam === '' ? {} : { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  });
export const beginExperiment = (body: unknown) => sendJson<Experiment>('POST', '/experiments', body);
export const pinBaseline = (id: string, isBaseline: boolean) =>
  sendJson<Experiment>('PUT', `/experiments/${id}/baseline`, { isBaseline });
export const stopExperiment = (id: string) =>
  sendJson<unknown>('POST', `/experiments/${id}/finish`, { state: 'stopped', reason: 'Stopped by hand.' });
export const resumeExperiment = (id: string) => sendJson<Experiment>('POST', `/experiments/${id}/resume`, {});
export const deleteExperiment = (id: string) => sendJson<unknown>('DELETE', `/experiments/${id}`);
export const storedEvaluatorsQuery = queryOptions({
  queryKey: ['evaluators', 'for-experiments'],
  queryFn: ({ signal }) => getJson<EvaluatorsResponse>('/evaluators', {}, signal),
  staleTime: 10_000,
});

export const connectionsQuery = queryOptions({
  queryKey: ['playground', 'connections'],
  queryFn: ({ signal }) => getJson<ConnectionsResponse>('/playground/connections', {}, signal),
  staleTime: 5_000,
});
export const saveConnection = (
  body: Partial<NewConnection> & Pick<NewConnection, 'name' | 'protocol' | 'baseUrl'>,
) => sendJson<ConnectionsResponse>('PUT', '/playground/connections', body);
export const deleteConnection = (name: string) =>
  sendJson<ConnectionsResponse>('DELETE', `/playground/connections/${encodeURIComponent(name)}`);
export const recordedCallQuery = (traceId: string, spanId: string) =>
  queryOptions({
    queryKey: ['playground', 'recorded-call', traceId, spanId],
    queryFn: ({ signal }) =>
      getJson<PlaygroundCall>('/playground/recorded-call', { traceId, spanId }, signal),
    staleTime: Infinity,
  });

/** The events of an answer as they come. */
export async function* askModel(body: unknown, signal: AbortSignal): AsyncGenerator<PlaygroundEvent> {
  const response = await request('/playground/call', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
    signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
    rest += value ?? '';
    const events = rest.split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events)
      if (event.startsWith('data: ')) yield JSON.parse(event.slice(6)) as PlaygroundEvent;
    if (done) return;
  }
}
