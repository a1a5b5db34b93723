import type { Known } from '../../../contract/positions.ts';
import type { SweepBin, SystemReport } from '../../api/system_report.ts';
import { Histogram } from '../../charts/histogram.tsx';
import { formatDuration } from '../../format/number.ts';
import { Card } from '../../ui/card.tsx';
import { Empty } from '../../ui/notice.tsx';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import { KnownBadge } from '../../ui/position_badges.tsx';
import styles from './system.module.css';

const c = pick(styles);
const KNOWN: readonly Known[] = ['exact', 'estimated', 'stale', 'quarantined'];

/** The position book: how large, how sure, how fast. */
export function TrackingCard({ tracking }: { readonly tracking: SystemReport['tracking'] }) {
  if (tracking === null) {
    return (
      <Card title="Position book">
        <Empty title="No report">The stream service has not reported on its book.</Empty>
      </Card>
    );
  }
  return (
    <Card title="Position book">
      <dl className={c('facts')}>
        <dt>Open positions</dt>
        <dd>
          <Num value={tracking.positions} kind="count" />
        </dd>
        {KNOWN.map((known) => (
          <div key={known} className={c('pair')}>
            <dt>
              <KnownBadge known={known} />
            </dt>
            <dd>
              <Num value={tracking.known[known]} kind="count" />
            </dd>
          </div>
        ))}
        <dt>Changes per second</dt>
        <dd>
          <Num value={tracking.changesPerSecond} kind="rate" />
        </dd>
        <dt>Exchange to commit, p50 and p99</dt>
        <dd>
          <Num value={tracking.commitLagMs.p50} kind="milliseconds" /> and{' '}
          <Num value={tracking.commitLagMs.p99} kind="milliseconds" />
        </dd>
        <dt>Audits that succeeded</dt>
        <dd>
          <Num value={tracking.auditSuccess} kind="percent" />
        </dd>
        <dt>Drift per 100,000 audits</dt>
        <dd>
          <Num value={tracking.drift} kind="rate" />
        </dd>
      </dl>
    </Card>
  );
}

const labelOf = (bin: SweepBin, before: SweepBin | undefined): string => {
  if (bin.upToMs !== null) return `up to ${formatDuration(bin.upToMs)}`;
  const from = before?.upToMs ?? null;
  return from === null ? 'never audited' : `older than ${formatDuration(from)}, or never`;
};

/** How long ago the traders were last audited. */
export function SweepCard({ sweep }: { readonly sweep: SystemReport['sweep'] }) {
  if (sweep === null) {
    return (
      <Card title="Age of the last audit">
        <Empty title="No report">No sweep has run yet.</Empty>
      </Card>
    );
  }
  const bins = sweep.bins.map((bin, index) => ({
    label: labelOf(bin, sweep.bins[index - 1]),
    count: bin.traders,
  }));
  const traders = bins.reduce((sum, bin) => sum + bin.count, 0);
  return (
    <Card title="Age of the last audit" note="sweep of all traders">
      <Histogram
        bins={bins}
        head={['Age', 'Traders']}
        caption={
          <>
            {traders.toLocaleString('en-US')} traders; 95 % were audited within{' '}
            <Num value={sweep.p95Ms} kind="duration" />, the oldest audit is{' '}
            <Num value={sweep.oldestMs} kind="duration" /> old.
          </>
        }
      />
    </Card>
  );
}
