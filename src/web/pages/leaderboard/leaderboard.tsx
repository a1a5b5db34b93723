import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { LeaderboardItem } from '../../../contract/leaderboard.ts';
import { METRIC_NAMES } from '../../../domain/board_metrics.ts';
import { BOARD_WINDOWS, type BoardName, LEAST_RANKED_DAYS, WINDOW_DAYS } from '../../../domain/boards.ts';
import { boardPage } from '../../api/leaderboard.ts';
import {
  type BoardColumn,
  type BoardView,
  boardSearch,
  boardViewOf,
  columnsOf,
  filtersOf,
  filterText,
  termsOf,
} from '../../app/board_state.ts';
import { TermChips, TermsDialog } from '../../app/my_terms.tsx';
import { rememberTerms } from '../../app/own_terms.ts';
import { PageHead } from '../../app/page_head.tsx';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/choices.tsx';
import { Grid } from '../../ui/grid.tsx';
import { Empty, Failure, Skeleton } from '../../ui/notice.tsx';
import { pick } from '../../ui/pick.ts';
import { usePageWidth } from '../../ui/screen.ts';
import { When } from '../../ui/when.tsx';
import { boardColumns } from './board_columns.tsx';
import { ColumnsDialog } from './columns_dialog.tsx';
import { CompareDialog, CompareTray } from './compare.tsx';
import { FilterChips, FilterDialog } from './filters.tsx';
import styles from './leaderboard.module.css';
import { Progress } from './progress.tsx';

const c = pick(styles);
const route = getRouteApi('/signed-in/leaderboard');
const MOST_COMPARED = 4;
/** Who has the newest board is answered without it. */
const REFRESH_MS = 15_000;

const BOARD_CHOICES: readonly { readonly value: BoardName; readonly label: string }[] = [
  { value: 'copy', label: 'What a follower earned' },
  { value: 'classic', label: 'Classic score' },
];
const WINDOW_CHOICES = BOARD_WINDOWS.map((window) => ({
  value: window,
  label: window === 'all' ? 'Whole record' : `${window.replace('d', '')} days`,
}));

/** What decides which rows there are in which order. */
const listingOf = ({ metrics: _shown, ...listing }: BoardView): string => JSON.stringify(listing);

function useBoard(view: BoardView) {
  const listing = listingOf(view);
  const pages = useInfiniteQuery({
    queryKey: ['leaderboard', listing, view.metrics],
    queryFn: ({ pageParam, signal }) => boardPage(view, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: REFRESH_MS,
    // With another column the rows stay the same: they are shown without it until it comes.
    placeholderData: (before, query) => (query?.queryKey[1] === listing ? before : undefined),
  });
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return { rows, head: pages.data?.pages[0], pages, loadMore };
}

/** Traders that were chosen to be compared; they stay chosen through other filters and orders. */
function useChosen() {
  const [chosen, setChosen] = useState<ReadonlyMap<string, LeaderboardItem>>(new Map());
  const toggle = useCallback(
    (row: LeaderboardItem) =>
      setChosen((before) => {
        const next = new Map(before);
        if (!next.delete(row.address) && next.size < MOST_COMPARED) next.set(row.address, row);
        return next;
      }),
    [],
  );
  const clear = useCallback(() => setChosen(new Map()), []);
  const choosing = useMemo(() => ({ chosen, full: chosen.size >= MOST_COMPARED, toggle }), [chosen, toggle]);
  return { choosing, clear };
}

function useGo() {
  const navigate = route.useNavigate();
  return (change: Record<string, string | number | undefined>) =>
    void navigate({ search: (before) => boardSearch({ ...before, ...change }) });
}
type Go = ReturnType<typeof useGo>;

const RANK_FOR_ME =
  'The board of followers is ranked again for what you write here. Empty: a standard follower of $1,000. Copy ratio, reproduced and scale compare your copy with the trader.';

function Controls({ view, columns, go }: { view: BoardView; columns: readonly BoardColumn[]; go: Go }) {
  const [choosing, setChoosing] = useState(false);
  const [filtering, setFiltering] = useState(false);
  const [mine, setMine] = useState(false);
  const filters = filtersOf(view.filter);
  const terms = termsOf({ ...view });
  const apply = (next: typeof filters) => go({ filter: filterText(next) });
  return (
    <div className={c('controls')}>
      <Select
        label="Board"
        value={view.board}
        choices={BOARD_CHOICES}
        // Each board begins in the order of its own score.
        onChange={(board) => go({ board, sort: undefined, order: undefined })}
      />
      <Select
        label="Window"
        value={view.window}
        choices={WINDOW_CHOICES}
        onChange={(window) => go({ window })}
      />
      {view.board === 'copy' ? <Button onClick={() => setMine(true)}>For my equity</Button> : null}
      <Button onClick={() => setFiltering(true)}>Add filter</Button>
      <Button icon="columns" onClick={() => setChoosing(true)}>
        Columns
      </Button>
      <TermChips terms={terms} onChange={go} />
      <FilterChips filters={filters} onChange={apply} />
      {choosing ? (
        <ColumnsDialog
          columns={columns}
          onChange={(next) => go({ columns: next?.join() })}
          onClose={() => setChoosing(false)}
        />
      ) : null}
      {mine ? (
        <TermsDialog
          title="Rank for me"
          done="Rank for me"
          meaning={RANK_FOR_ME}
          terms={terms}
          onChange={({ equity, takerBp, latencyMs }) => go({ equity, takerBp, latencyMs })}
          onClose={() => setMine(false)}
        />
      ) : null}
      {filtering ? (
        <FilterDialog filters={filters} onChange={apply} onClose={() => setFiltering(false)} />
      ) : null}
    </div>
  );
}

export function Leaderboard() {
  const navigate = route.useNavigate();
  const search = route.useSearch();
  const view = useMemo(() => boardViewOf(search), [search]);
  const shown = columnsOf(search);
  const { rows, head, pages, loadMore } = useBoard(view);
  const { choosing, clear } = useChosen();
  useEffect(() => {
    const terms = termsOf({ ...view });
    // A link may carry them: the Trader page then speaks of the same follower.
    if (Object.keys(terms).length > 0) rememberTerms(terms);
  }, [view]);
  const [comparing, setComparing] = useState(false);
  const go = useGo();
  const narrow = usePageWidth() < 640;
  const onSort = (column: string) => {
    const sort = METRIC_NAMES.find((metric) => metric === column);
    if (sort === undefined) return;
    go({ sort, order: view.sort === sort && view.order === 'desc' ? 'asc' : 'desc' });
  };
  const chosen = [...choosing.chosen.values()];
  return (
    <div className={c('page')}>
      <PageHead title="Leaderboard" lead={<Lead head={head} />} />
      <Controls view={view} columns={shown} go={go} />
      <Progress />
      <Outlook view={view} best={rows[0]} />
      <div className={c('card')}>
        {pages.error !== null ? (
          <Failure what="The leaderboard" error={pages.error} retry={() => void pages.refetch()} />
        ) : null}
        <Grid
          label="Leaderboard"
          columns={boardColumns({ columns: shown, chosen: search.columns !== undefined }, choosing, narrow)}
          rows={rows}
          keyOf={(row) => row.address}
          total={pages.hasNextPage || head === undefined ? null : rows.length}
          sort={{ column: view.sort, order: view.order }}
          onSort={onSort}
          onOpen={(row) => void navigate({ to: '/traders/$address', params: { address: row.address } })}
          onEnd={loadMore}
          empty={
            <Nothing
              pending={pages.isPending}
              failed={pages.error !== null}
              computed={(head?.version ?? 0) > 0}
              filtered={view.filter !== ''}
              view={view}
              go={go}
            />
          }
          foot={<CompareTray rows={chosen} onCompare={() => setComparing(true)} onClear={clear} />}
        />
      </div>
      {comparing ? <CompareDialog rows={chosen} onClose={() => setComparing(false)} /> : null}
    </div>
  );
}

const Lead = ({ head }: { readonly head: { ranked: number; computedAt: number | null } | undefined }) =>
  head === undefined ? null : (
    <>
      {head.ranked.toLocaleString('en-US')} ranked
      {head.computedAt === null ? null : (
        <>
          , computed <When at={head.computedAt} />
        </>
      )}
    </>
  );

/** A first place among losers must not look like a recommendation. */
function Outlook({ view, best }: { readonly view: BoardView; readonly best: LeaderboardItem | undefined }) {
  const { board, sort, order, filter } = view;
  const isBest = board === 'copy' && sort === 'copyScore' && order === 'desc' && filter === '';
  const score = best?.metrics.copyScore ?? null;
  if (!isBest || score === null || score >= 0) return null;
  return (
    <p className={c('outlook')}>
      So far nobody here is believed to earn a follower money. The order says who would lose least, mostly by
      what copying costs.
    </p>
  );
}

function Nothing(props: {
  readonly pending: boolean;
  readonly failed: boolean;
  readonly computed: boolean;
  readonly filtered: boolean;
  readonly view: BoardView;
  readonly go: Go;
}) {
  const { view, go } = props;
  if (props.pending) return <Skeleton lines={16} label="Loading the leaderboard" />;
  if (props.failed) return null;
  if (!props.computed) {
    return (
      <Empty title="No board has been computed yet">
        It needs the histories of traders; how many have been read stands above.
      </Empty>
    );
  }
  const days = WINDOW_DAYS[view.window];
  if (view.board === 'copy' && days > 0 && days < LEAST_RANKED_DAYS) {
    return (
      <Empty
        title={`Nobody is ranked on ${days} days`}
        action={<Button onClick={() => go({ window: undefined })}>Show 90 days</Button>}
      >
        So few days say more about luck than about a trader: a rank takes at least {LEAST_RANKED_DAYS}.
      </Empty>
    );
  }
  if (props.filtered) {
    return (
      <Empty
        title="No trader passes the filters"
        action={<Button onClick={() => go({ filter: undefined })}>Remove the filters</Button>}
      />
    );
  }
  return <Empty title="Nobody is ranked in this window">A longer window may hold enough evidence.</Empty>;
}
