import type { TraderRow, TraderSort } from '../../../contract/traders.ts';
import { AddressLink, addressClass, CopyAddress } from '../../ui/address.tsx';
import type { Column } from '../../ui/grid_columns.ts';
import { Num } from '../../ui/num.tsx';
import { WatchStar } from '../../ui/watch_star.tsx';
import { When } from '../../ui/when.tsx';

interface TraderColumn extends Column<TraderRow> {
  readonly id: TraderSort | 'coins' | 'lastTracked' | 'watched';
}

export const TRADER_COLUMNS: readonly TraderColumn[] = [
  {
    id: 'address',
    header: 'Trader',
    track: 'minmax(150px, 1.4fr)',
    sortable: true,
    cell: (row) => (
      <span className={addressClass}>
        <AddressLink address={row.address} tabIndex={-1} />
        <CopyAddress address={row.address} tabIndex={-1} />
      </span>
    ),
  },
  {
    id: 'watched',
    header: 'Watch',
    track: '64px',
    from: 560,
    meaning: 'Changes of watched traders are committed at once and audited first',
    cell: (row) => <WatchStar address={row.address} watched={row.watched} tabIndex={-1} />,
  },
  {
    id: 'notional',
    header: 'Notional',
    track: 'minmax(104px, 1fr)',
    right: true,
    sortable: true,
    meaning: 'Price times size of all trades of this trader that we have seen, both sides',
    cell: (row) => <Num value={row.notionalUsd} kind="usd" cue />,
  },
  {
    id: 'trades',
    header: 'Trades',
    track: 'minmax(64px, 0.7fr)',
    right: true,
    sortable: true,
    meaning: 'Public trades that we have seen',
    cell: (row) => <Num value={row.tradeCount} kind="count" cue />,
  },
  {
    id: 'coins',
    header: 'Coins',
    track: 'minmax(72px, 0.5fr)',
    right: true,
    from: 720,
    meaning: 'Different coins traded',
    cell: (row) => <Num value={row.coinCount} kind="count" />,
  },
  {
    id: 'lastSeen',
    header: 'Last seen',
    track: 'minmax(124px, 0.9fr)',
    right: true,
    from: 560,
    sortable: true,
    cell: (row) => <When at={row.lastSeenAt} />,
  },
  {
    id: 'firstSeen',
    header: 'First seen',
    track: 'minmax(124px, 0.9fr)',
    right: true,
    from: 860,
    sortable: true,
    cell: (row) => <When at={row.firstSeenAt} />,
  },
  {
    id: 'lastTracked',
    header: 'Last audit',
    track: 'minmax(124px, 0.9fr)',
    right: true,
    from: 1000,
    meaning: 'When the account was last compared with the exchange',
    cell: (row) => <When at={row.lastTrackedAt} never="not yet" />,
  },
];

const SORTABLE: readonly string[] = TRADER_COLUMNS.filter((column) => column.sortable).map(
  (column) => column.id,
);

export const isTraderSort = (column: string): column is TraderSort => SORTABLE.includes(column);
