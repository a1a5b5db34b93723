import type { Sweep, System } from '../../../contract/system.ts';
import { Histogram } from '../../charts/histogram.tsx';
import { formatDuration } from '../../format/number.ts';
import { Card } from '../../ui/card.tsx';
import { Empty } from '../../ui/notice.tsx';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import { KnownBadge } from '../../ui/position_badges.tsx';
import { useTick } from '../../ui/ticker.ts';
import styles from './system.module.css';

const c = pick(styles);

/** The position book: how large and how sure. */
export function TrackingCard({ system }: { readonly system: System }) {
  const positions = system.known.reduce((sum, one) => sum + one.positions, 0);
  const { book, changesPerSecond } = system.figures;
  return (
    <Card title="Position book">
      <dl className={c('facts')}>
        <dt>Open positions</dt>
        <dd>
          <Num value={positions} kind="count" />
        </dd>
        <dt data-tip="Pairs of trader and coin, closed ones included">Pairs in the book</dt>
        <dd>
          <Num value={book.pairs} kind="count" />
        </dd>
        <dt data-tip="Over the last minute">Changes a second</dt>
        <dd>
          <Num value={changesPerSecond} kind="rate" />
        </dd>
        {system.known.map((one) => (
          <div key={one.known} className={c('pair')}>
            <dt>
              <KnownBadge known={one.known} />
            </dt>
            <dd>
              <Num value={one.positions} kind="count" />{' '}
              <span className={c('share')}>
                <Num value={positions === 0 ? null : one.positions / positions} kind="percent" />
              </span>
            </dd>
          </div>
        ))}
        <dt data-tip="Of the polls of accounts in the last hour, those that brought an answer">
          Tracking success, last hour
        </dt>
        <dd>
          <Num value={system.figures.tracking.successRate} kind="percent" />{' '}
          <span className={c('share')}>
            of <Num value={system.figures.tracking.polls} kind="count" /> polls
          </span>
        </dd>
        <dt data-tip="Answers with status 429: the exchange refused a request for its rate">
          Refused for rate (429), last hour
        </dt>
        <dd>
          <Num value={system.figures.refused} kind="count" />
        </dd>
        <dt>Audits in the last 24 h</dt>
        <dd>
          <Num value={system.audits.lastDay} kind="count" />
        </dd>
        <dt>Drift found in the last 24 h</dt>
        <dd>
          <Num value={system.audits.driftLastDay} kind="count" />
        </dd>
        <dt>Drift per 100,000 audits</dt>
        <dd>
          <Num value={system.audits.driftPer100k} kind="rate" />
        </dd>
      </dl>
    </Card>
  );
}

/** One unit where the second says nothing: "6 h". */
const round = (ms: number): string => formatDuration(ms).replace(/ 0 [hms]$/, '');

/** Names of the bins; the last one is open. */
function binLabels(ages: Sweep['ages']): string[] {
  return ages.map((bin, index) => {
    if (bin.upToMs !== null) return `up to ${round(bin.upToMs)}`;
    const from = ages[index - 1]?.upToMs ?? null;
    return from === null ? 'any age' : `over ${round(from)}`;
  });
}

function SweepCaption({ sweep }: { readonly sweep: Sweep }) {
  const { now } = useTick();
  const oldest = sweep.oldestAt === null ? null : Math.max(0, now - sweep.oldestAt);
  return (
    <>
      <Num value={sweep.tracked} kind="count" /> traders audited, <Num value={sweep.never} kind="count" /> not
      yet; 95 % within <Num value={sweep.p95AgeMs} kind="duration" />, the oldest{' '}
      <Num value={oldest} kind="duration" reason="no trader was audited yet" /> ago.{' '}
      <Num value={sweep.waiting} kind="count" /> polls are asked for before the rotation.
    </>
  );
}

/** How long ago the traders were last audited. */
export function SweepCard({ sweep }: { readonly sweep: Sweep }) {
  const labels = binLabels(sweep.ages);
  const bins = sweep.ages.map((bin, index) => ({ label: labels[index] ?? '', count: bin.traders }));
  return (
    <Card title="Age of the last audit" note="sweep of all traders">
      {sweep.tracked === 0 ? (
        <Empty title="No trader audited yet">
          <Num value={sweep.never} kind="count" /> wait for their first audit.
        </Empty>
      ) : (
        <Histogram bins={bins} head={['Age', 'Traders']} caption={<SweepCaption sweep={sweep} />} />
      )}
    </Card>
  );
}
