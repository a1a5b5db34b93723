import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { RequestError } from './api/request.ts';
import { startPreferences } from './app/preferences.ts';
import { router } from './app/router.tsx';
import './styles/tokens.css';
import './styles/base.css';

/** Only what may pass by itself is tried again. */
const mayPass = (error: Error): boolean =>
  !(error instanceof RequestError) || error.status === 0 || error.status === 429 || error.status >= 500;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < 2 && mayPass(error),
      refetchOnWindowFocus: false,
      networkMode: 'always',
    },
  },
});

startPreferences();
const place = document.getElementById('app');
if (place === null) throw new Error('index.html has no #app');
createRoot(place).render(
  <QueryClientProvider client={queries}>
    <RouterProvider router={router} />
  </QueryClientProvider>,
);
