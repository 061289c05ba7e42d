import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ensure } from '@sightline/base';
import '../widgets/tokens.css';
import '../widgets/base.css';
import { watchIdle } from './idle.ts';
import { queryClient } from './query-client.ts';
import { router } from './router.tsx';

watchIdle(queryClient, router);
createRoot(ensure(document.getElementById('root'), 'the root element')).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
