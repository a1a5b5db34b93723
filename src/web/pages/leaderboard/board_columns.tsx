import type { LeaderboardItem } from '../../../contract/leaderboard.ts';
import { METRICS, type MetricName } from '../../../domain/board_metrics.ts';
import { type BoardColumn, isMetricColumn, type OtherColumn } from '../../app/board_state.ts';
import { metricLook } from '../../format/metric_looks.ts';
import { AddressLink, addressClass, CopyAddress } from '../../ui/address.tsx';
import { EvidencePips } from '../../ui/evidence.tsx';
import type { Column } from '../../ui/grid_columns.ts';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import { Curve } from './curve.tsx';
import styles from './leaderboard.module.css';

const c = pick(styles);
const NOT_RANKED = 'not on this board: see the gates';

/** Of the usual columns phones show what a follower keeps and how sure that is; the rest is in the comparison. */
const PHONE: readonly string[] = ['copyReturn', 'evidence'];
const OTHER_TEXTS: Readonly<Record<OtherColumn, { readonly name: string; readonly meaning: string }>> = {
  evidence: { name: 'Evidence', meaning: 'How sure it is that there is an edge, not how large it is' },
  percentile: {
    name: 'Percentile',
    meaning: 'Share of eligible traders that stand below on the board of followers',
  },
  curve: { name: 'Copied equity', meaning: "A follower's equity over the window, after costs, from 1" },
  gates: { name: 'Gates', meaning: 'What keeps the trader off the copy board' },
  days: { name: 'Days', meaning: 'Days with a copy-adjusted return' },
};

/** What a column is called and means. */
export function columnText(column: BoardColumn): { readonly name: string; readonly meaning: string } {
  if (!isMetricColumn(column)) return OTHER_TEXTS[column];
  const { name, meaning, onBoards } = METRICS[column];
  return { name, meaning: onBoards === undefined ? meaning : `${meaning}; ${onBoards}` };
}

/** Least width of a column of figures: what the longest are wide, and what the header is with its arrow. */
const LEAST_PX = { pnl: 112, duration: 96, other: 76 } as const;
const headerPx = (name: string): number => 38 + 7 * name.length;

const metricColumn = (metric: MetricName): Column<LeaderboardItem> => {
  const { kind, tone } = metricLook(metric);
  const { name, meaning } = columnText(metric);
  const figures = kind === 'pnl' || kind === 'duration' ? LEAST_PX[kind] : LEAST_PX.other;
  return {
    id: metric,
    header: name,
    track: `minmax(${Math.max(figures, headerPx(name))}px, 0.8fr)`,
    meaning,
    right: true,
    sortable: true,
    ...(PHONE.includes(metric) ? {} : { from: 640 }),
    cell: (row) => (
      <Num value={row.metrics[metric] ?? null} kind={kind} tone={tone} reason="not enough is known" />
    ),
  };
};

type OtherLook = Omit<Column<LeaderboardItem>, 'id' | 'header' | 'meaning'>;
const OTHER_LOOKS: Readonly<Record<OtherColumn, OtherLook>> = {
  evidence: {
    track: 'minmax(124px, 0.9fr)',
    cell: ({ evidence }) => (
      <EvidencePips level={evidence.level} proven={evidence.proven} percentile={evidence.percentile} />
    ),
  },
  percentile: {
    track: 'minmax(104px, 0.7fr)',
    right: true,
    from: 640,
    cell: ({ evidence: { percentile } }) => (
      <Num
        value={percentile === null ? null : percentile / 100}
        kind="percent"
        reason="not among the eligible"
      />
    ),
  },
  curve: { track: '106px', from: 900, cell: (row) => <Curve values={row.curve} /> },
  gates: {
    track: 'minmax(110px, 1fr)',
    from: 640,
    cell: (row) =>
      row.gates.length === 0 ? (
        <span className={c('faint')}>none</span>
      ) : (
        <span className={c('gates')} data-tip={row.gates.map((gate) => gate.text).join(' \u00b7 ')}>
          {row.gates.map((gate) => gate.code).join(', ')}
        </span>
      ),
  },
  days: {
    track: 'minmax(68px, 0.5fr)',
    right: true,
    from: 640,
    cell: (row) => <Num value={row.days} kind="count" />,
  },
};

const otherColumn = (column: OtherColumn): Column<LeaderboardItem> => {
  const { name, meaning } = OTHER_TEXTS[column];
  return { id: column, header: name, meaning, ...OTHER_LOOKS[column] };
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

/** Whatever the width: who has chosen columns wants to see them. */
const always = ({ from: _hidden, ...column }: Column<LeaderboardItem>): Column<LeaderboardItem> => column;

/** @param chosen somebody chose these columns: they are not the usual ones. */
export const boardColumns = (
  { columns, chosen }: { readonly columns: readonly BoardColumn[]; readonly chosen: boolean },
  choosing: Choosing,
  narrow: boolean,
): readonly Column<LeaderboardItem>[] => [
  {
    id: 'trader',
    header: 'Trader',
    track: narrow ? 'minmax(154px, 1.3fr)' : 'minmax(188px, 1.3fr)',
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
  ...columns
    .map((column) => (isMetricColumn(column) ? metricColumn(column) : otherColumn(column)))
    .map((column) => (chosen ? always(column) : column)),
  {
    id: 'compare',
    header: 'Compare',
    track: '88px',
    from: 640,
    meaning: 'Up to four side by side',
    cell: (row) => <CompareBox row={row} choosing={choosing} />,
  },
];
