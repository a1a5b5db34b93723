/** Rows of the Traders page: pages by cursor, values live, order held still while the reader is at it. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { TraderRow } from '../../../contract/traders.ts';
import { listTraders } from '../../api/queries.ts';
import { connection, watchTraders } from '../../live/feed.ts';
import { usePart } from '../../live/store.ts';
import { rowsThatWouldMove } from '../../ui/held_order.ts';
import { orderedTraders, type TradersView } from './trader_order.ts';

/** Rows that moved are kept up to this many; beyond it the list is loaded anew. */
const MOST_MOVED = 5_000;

function useTraderPages(view: TradersView) {
  const { search, watched, sort, order } = view;
  return useInfiniteQuery({
    queryKey: ['traders', search, watched, sort, order],
    queryFn: ({ pageParam, signal }) => listTraders({ search, watched, sort, order }, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 30_000,
    placeholderData: (before) => before,
  });
}

/** Rows that moved since the pages were loaded. */
function useMovedTraders(view: TradersView, refetch: () => void) {
  const [moved, setMoved] = useState<ReadonlyMap<string, TraderRow>>(new Map());
  const [total, setTotal] = useState<number | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another view starts with nothing moved
  useEffect(() => setMoved(new Map()), [view]);
  useEffect(
    () =>
      watchTraders((frame) => {
        setTotal(frame.total);
        setMoved((before) => {
          const next = new Map(before);
          for (const row of frame.items) next.set(row.address, row);
          if (next.size <= MOST_MOVED) return next;
          refetch();
          return new Map();
        });
      }),
    [refetch],
  );
  const open = usePart(connection, (link) => link.state === 'open');
  const wasOpen = useRef(open);
  useEffect(() => {
    if (open && !wasOpen.current) refetch();
    wasOpen.current = open;
  }, [open, refetch]);
  return { moved, total };
}

export interface HeldRows {
  readonly rows: readonly TraderRow[];
  /** Rows that would move if the order were applied now. */
  readonly wouldMove: number;
  readonly apply: () => void;
}

/** Values change in place; the order follows only while nobody holds it. */
function useHeldOrder(wanted: readonly TraderRow[], held: boolean, view: TradersView): HeldRows {
  const keys = useMemo(() => wanted.map((row) => row.address), [wanted]);
  const [shown, setShown] = useState<{ view: TradersView; keys: readonly string[] }>({ view, keys });
  const appended = shown.view === view && shown.keys.length > 0;
  const frozen = held && appended;
  useEffect(() => {
    if (!frozen) setShown({ view, keys });
  }, [frozen, keys, view]);
  const byKey = useMemo(() => new Map(wanted.map((row) => [row.address, row])), [wanted]);
  const order = frozen ? shown.keys : keys;
  const rows = useMemo(() => {
    const known = order.map((key) => byKey.get(key)).filter((row) => row !== undefined);
    return known;
  }, [order, byKey]);
  const wouldMove = useMemo(() => (frozen ? rowsThatWouldMove(order, keys) : 0), [frozen, order, keys]);
  const apply = useCallback(() => setShown({ view, keys }), [view, keys]);
  return { rows, wouldMove, apply };
}

export function useTraders(view: TradersView, held: boolean) {
  const pages = useTraderPages(view);
  const { refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = pages;
  const again = useCallback(() => void refetch(), [refetch]);
  const { moved, total } = useMovedTraders(view, again);
  const loaded = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  const wanted = useMemo(
    () => orderedTraders({ loaded, more: hasNextPage, moved }, view),
    [loaded, hasNextPage, moved, view],
  );
  const order = useHeldOrder(wanted, held, view);
  const { apply } = order;
  const count = loaded.length;
  // A page that was just loaded belongs to the order at once, held or not.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the number of loaded rows changes
  useEffect(() => apply(), [count]);
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return {
    ...order,
    total: total ?? pages.data?.pages[0]?.total ?? null,
    complete: !hasNextPage,
    pending: pages.isPending,
    error: pages.error,
    retry: again,
    loadMore,
  };
}
