import { Link } from '@tanstack/react-router';
import type { LeaderboardItem } from '../../../contract/leaderboard.ts';
import { METRIC_NAMES, type MetricName } from '../../../domain/board_metrics.ts';
import { shortAddress } from '../../format/address.ts';
import { metricLook } from '../../format/metric_looks.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EvidencePips } from '../../ui/evidence.tsx';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import { tableClass as t } from '../../ui/table.ts';
import { TableWrap } from '../../ui/table_wrap.tsx';
import { bestOf } from './best_of.ts';
import { columnText } from './board_columns.tsx';
import { Curve } from './curve.tsx';
import styles from './leaderboard.module.css';

const c = pick(styles);
const MetricRow = ({
  metric,
  rows,
}: {
  readonly metric: MetricName;
  readonly rows: readonly LeaderboardItem[];
}) => {
  const { kind, tone } = metricLook(metric);
  const { name, meaning } = columnText(metric);
  const best = bestOf(
    metric,
    rows.map((row) => row.metrics[metric] ?? null),
  );
  return (
    <tr>
      <th scope="row" data-tip={meaning}>
        {name}
      </th>
      {rows.map((row) => {
        const value = row.metrics[metric] ?? null;
        const isBest = best !== null && value === best;
        return (
          <td key={row.address} className={t('right')}>
            <span className={c(isBest && 'best')}>
              <Num value={value} kind={kind} tone={tone} reason="not enough is known" />
              {isBest ? <span className="hidden-text"> best</span> : null}
            </span>
          </td>
        );
      })}
    </tr>
  );
};

/** Aligned rows of up to four traders; the best figure is bold. Of further metrics those that all of them came with. */
export const CompareDialog = ({
  rows,
  onClose,
}: {
  readonly rows: readonly LeaderboardItem[];
  readonly onClose: () => void;
}) => (
  <Dialog title="Compare traders" onClose={onClose} wide>
    <TableWrap label="Comparison of traders">
      <thead>
        <tr>
          <th scope="col">Metric</th>
          {rows.map((row) => (
            <th key={row.address} scope="col" className={t('right')}>
              <Link to="/traders/$address" params={{ address: row.address }} data-tip={row.address}>
                {shortAddress(row.address)}
              </Link>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">Rank</th>
          {rows.map((row) => (
            <td key={row.address} className={t('right')}>
              <Num value={row.rank} kind="count" reason="not on this board" />
            </td>
          ))}
        </tr>
        <tr>
          <th scope="row">Evidence</th>
          {rows.map((row) => (
            <td key={row.address} className={t('right')}>
              <EvidencePips
                level={row.evidence.level}
                proven={row.evidence.proven}
                percentile={row.evidence.percentile}
              />
            </td>
          ))}
        </tr>
        <tr>
          <th scope="row">Copied equity</th>
          {rows.map((row) => (
            <td key={row.address} className={t('right')}>
              <Curve values={row.curve} />
            </td>
          ))}
        </tr>
        {METRIC_NAMES.filter((metric) => rows.every((row) => row.metrics[metric] !== undefined)).map(
          (metric) => (
            <MetricRow key={metric} metric={metric} rows={rows} />
          ),
        )}
        <tr>
          <th scope="row">Gates</th>
          {rows.map((row) => (
            <td key={row.address} className={t('right')}>
              {row.gates.length === 0 ? 'none' : row.gates.map((gate) => gate.code).join(', ')}
            </td>
          ))}
        </tr>
      </tbody>
    </TableWrap>
  </Dialog>
);

/** The traders that were chosen, at the foot of the table. */
export const CompareTray = ({
  rows,
  onCompare,
  onClear,
}: {
  readonly rows: readonly LeaderboardItem[];
  readonly onCompare: () => void;
  readonly onClear: () => void;
}) =>
  rows.length === 0 ? null : (
    <span className={c('tray')}>
      {rows.map((row) => (
        <code key={row.address}>{shortAddress(row.address)}</code>
      ))}
      <Button small disabled={rows.length < 2} onClick={onCompare}>
        Compare {rows.length}
      </Button>
      <Button small look="quiet" onClick={onClear}>
        Clear
      </Button>
    </span>
  );
