import { QueryClient } from '@tanstack/react-query';
import { connection } from '../api/connection.ts';

/**
 * No retries: an answer that says no stays a no, and a server that is gone is searched for once for all queries. What
 * is on the screen is asked again when it is back.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: false, networkMode: 'always', refetchOnWindowFocus: false, staleTime: 10_000 },
  },
});

connection.subscribe(() => {
  if (connection.state === 'ok') void queryClient.refetchQueries({ type: 'active' });
});
