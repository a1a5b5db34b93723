import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { statsQuery } from '../api/queries.ts';
import { browserClock } from '../browser.ts';
import { acceptStats, connection } from './feed.ts';
import { usePart } from './store.ts';

/** While the WebSocket is away, figures still come, once in five seconds. */
export function useStatsFallback() {
  const open = usePart(connection, (link) => link.state === 'open');
  const query = useQuery({ ...statsQuery, refetchInterval: 5_000, enabled: !open });
  useEffect(() => {
    if (query.data !== undefined && connection.get().state !== 'open') {
      acceptStats(query.data, browserClock.monotonic());
    }
  }, [query.data]);
  return query;
}
