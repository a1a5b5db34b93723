import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { PageHead } from '../../app/page_head.tsx';
import {
  addressStart,
  naturalOrder,
  type TradersSearch,
  traderSortOf,
  tradersSearch,
} from '../../app/url_state.ts';
import { Button } from '../../ui/button.tsx';
import { FilterField } from '../../ui/field.tsx';
import { Grid } from '../../ui/grid.tsx';
import { Empty, Failure, Skeleton } from '../../ui/notice.tsx';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import { isTraderSort, TRADER_COLUMNS } from './trader_columns.tsx';
import type { TradersView } from './trader_order.ts';
import styles from './traders.module.css';
import { useTraders } from './use_traders.ts';

const c = pick(styles);
const route = getRouteApi('/signed-in/traders');

/** Text that begins an address, '' for all; null for anything else. */
const cleanStart = (text: string): string | null => {
  const start = addressStart(text);
  return start === '' && text.trim() !== '' ? null : start;
};

const ApplyOrder = ({ rows, apply }: { readonly rows: number; readonly apply: () => void }) =>
  rows === 0 ? null : (
    <Button small onClick={apply}>
      {rows === 1 ? '1 row' : `${rows.toLocaleString('en-US')} rows`} would move. Apply
    </Button>
  );

function useView(): TradersView {
  const search = route.useSearch();
  return useMemo(
    () => ({ search: search.q ?? '', watched: search.watched === 'true', ...traderSortOf(search) }),
    [search],
  );
}

type Go = (
  change: { [Name in keyof TradersSearch]?: TradersSearch[Name] | undefined },
  replace: boolean,
) => void;

const Filters = ({ view, go }: { readonly view: TradersView; readonly go: Go }) => (
  <>
    <Button
      icon="star"
      aria-pressed={view.watched}
      onClick={() => go({ watched: view.watched ? undefined : 'true' }, false)}
    >
      Watched
    </Button>
    <FilterField
      wide
      label="Filter by address"
      placeholder="Address begins with 0x…"
      value={view.search}
      clean={cleanStart}
      onChange={(q, how) => go({ q }, how === 'replace')}
    />
  </>
);

export function Traders() {
  const navigate = route.useNavigate();
  const view = useView();
  const [held, setHeld] = useState(false);
  const traders = useTraders(view, held);
  const go: Go = (change, replace) =>
    void navigate({ search: (before) => tradersSearch({ ...before, ...change }), replace });
  const onSort = (column: string) => {
    if (!isTraderSort(column)) return;
    const opposite = view.order === 'asc' ? 'desc' : 'asc';
    go({ sort: column, order: view.sort === column ? opposite : naturalOrder(column) }, false);
  };
  return (
    <div className={c('page')}>
      <PageHead
        title="Traders"
        lead={
          <>
            <Num value={traders.total ?? undefined} kind="count" cue /> known
          </>
        }
        actions={<Filters view={view} go={go} />}
      />
      <div className={c('card')}>
        {traders.error !== null ? (
          <Failure what="The traders" error={traders.error} retry={traders.retry} />
        ) : null}
        <Grid
          label="Traders"
          columns={TRADER_COLUMNS}
          rows={traders.rows}
          keyOf={(row) => row.address}
          total={
            view.search === '' && !view.watched
              ? traders.total
              : traders.complete
                ? traders.rows.length
                : null
          }
          sort={{ column: view.sort, order: view.order }}
          onSort={onSort}
          onOpen={(row) => void navigate({ to: '/traders/$address', params: { address: row.address } })}
          onEnd={traders.loadMore}
          onHold={setHeld}
          empty={
            <NoTraders
              pending={traders.pending}
              watched={view.watched}
              search={view.search}
              onAll={() => void navigate({ search: {} })}
            />
          }
          foot={<ApplyOrder rows={traders.wouldMove} apply={traders.apply} />}
        />
      </div>
    </div>
  );
}

function NoTraders({
  pending,
  watched,
  search,
  onAll,
}: {
  readonly pending: boolean;
  readonly watched: boolean;
  readonly search: string;
  readonly onAll: () => void;
}) {
  if (pending) return <Skeleton lines={16} label="Loading traders" />;
  if (watched) {
    return (
      <Empty title="No watched trader here" action={<Button onClick={onAll}>Show all traders</Button>}>
        The star beside an address watches a trader.
      </Empty>
    );
  }
  if (search === '') return <Empty title="No trader seen yet">They appear with the first trades.</Empty>;
  return (
    <Empty
      title={`No known trader begins with ${search}`}
      action={<Button onClick={onAll}>Show all traders</Button>}
    />
  );
}
