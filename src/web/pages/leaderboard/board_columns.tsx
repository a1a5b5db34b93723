import type { LeaderboardItem } from '../../../contract/leaderboard.ts';
import { BOARD_METRICS, type BoardMetric } from '../../../domain/boards.ts';
import type { BoardColumn } from '../../app/board_state.ts';
import { AddressLink, addressClass, CopyAddress } from '../../ui/address.tsx';
import { EvidencePips } from '../../ui/evidence.tsx';
import type { Column } from '../../ui/grid_columns.ts';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import { METRIC_LOOKS } from './board_metrics.ts';
import { Curve } from './curve.tsx';
import styles from './leaderboard.module.css';

const c = pick(styles);
const NOT_RANKED = 'not on this board: see the gates';

/** Phones show the trader, what a follower keeps and how sure that is; the rest is in the comparison. */
const PHONE: readonly string[] = ['copyReturn', 'evidence'];
const NAMES: Readonly<Record<Exclude<BoardColumn, BoardMetric>, string>> = {
  curve: 'Copied equity',
  evidence: 'Evidence',
  days: 'Days',
  gates: 'Gates',
};

const isMetric = (column: BoardColumn): column is BoardMetric =>
  (BOARD_METRICS as readonly string[]).includes(column);

export const columnName = (column: BoardColumn): string =>
  isMetric(column) ? METRIC_LOOKS[column].name : NAMES[column];

const metricColumn = (metric: BoardMetric): Column<LeaderboardItem> => {
  const { name, meaning, kind, track, tone = false } = METRIC_LOOKS[metric];
  return {
    id: metric,
    header: name,
    track,
    meaning,
    right: true,
    sortable: true,
    ...(PHONE.includes(metric) ? {} : { from: 640 }),
    cell: (row) => <Num value={row.metrics[metric]} kind={kind} tone={tone} reason="not enough is known" />,
  };
};

const OTHERS: Readonly<Record<Exclude<BoardColumn, BoardMetric>, Column<LeaderboardItem>>> = {
  curve: {
    id: 'curve',
    header: NAMES.curve,
    track: '106px',
    from: 900,
    meaning: "A follower's equity over the window, after costs, from 1",
    cell: (row) => <Curve values={row.curve} />,
  },
  evidence: {
    id: 'evidence',
    header: NAMES.evidence,
    track: 'minmax(124px, 0.9fr)',
    meaning: 'How sure it is that there is an edge, not how large it is',
    cell: (row) => <EvidencePips level={row.evidence.level} proven={row.evidence.proven} />,
  },
  days: {
    id: 'days',
    header: NAMES.days,
    track: 'minmax(68px, 0.5fr)',
    right: true,
    from: 640,
    meaning: 'Days with a copy-adjusted return',
    cell: (row) => <Num value={row.days} kind="count" />,
  },
  gates: {
    id: 'gates',
    header: NAMES.gates,
    track: 'minmax(110px, 1fr)',
    from: 640,
    meaning: 'What keeps the trader off the copy board',
    cell: (row) =>
      row.gates.length === 0 ? (
        <span className={c('faint')}>none</span>
      ) : (
        <span className={c('gates')} data-tip={row.gates.map((gate) => gate.text).join(' \u00b7 ')}>
          {row.gates.map((gate) => gate.code).join(', ')}
        </span>
      ),
  },
};

export interface Choosing {
  readonly chosen: ReadonlyMap<string, LeaderboardItem>;
  readonly full: boolean;
  readonly toggle: (row: LeaderboardItem) => void;
}

const CompareBox = ({ row, choosing }: { readonly row: LeaderboardItem; readonly choosing: Choosing }) => {
  const on = choosing.chosen.has(row.address);
  return (
    <input
      type="checkbox"
      tabIndex={-1}
      className={c('box')}
      aria-label={`Compare ${row.address}`}
      checked={on}
      disabled={!on && choosing.full}
      onClick={(event) => event.stopPropagation()}
      onChange={() => choosing.toggle(row)}
    />
  );
};

export const boardColumns = (
  columns: readonly BoardColumn[],
  choosing: Choosing,
  narrow: boolean,
): readonly Column<LeaderboardItem>[] => [
  {
    id: 'trader',
    header: 'Trader',
    track: narrow ? 'minmax(138px, 1.3fr)' : 'minmax(188px, 1.3fr)',
    cell: (row) => (
      <span className={addressClass}>
        <span className={c('rank')}>
          <Num value={row.rank} kind="count" reason={NOT_RANKED} />
        </span>
        <AddressLink address={row.address} tabIndex={-1} />
        <span className={c('copy')}>
          <CopyAddress address={row.address} tabIndex={-1} />
        </span>
      </span>
    ),
  },
  ...columns.map((column) => (isMetric(column) ? metricColumn(column) : OTHERS[column])),
  {
    id: 'compare',
    header: 'Compare',
    track: '88px',
    from: 640,
    meaning: 'Up to four side by side',
    cell: (row) => <CompareBox row={row} choosing={choosing} />,
  },
];
