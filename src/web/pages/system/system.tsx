import type { Feed, Stats } from '../../../contract/stats.ts';
import { PageHead } from '../../app/page_head.tsx';
import { latestStats } from '../../live/feed.ts';
import { useStatsFallback } from '../../live/stats_fallback.ts';
import { useStore } from '../../live/store.ts';
import { Card } from '../../ui/card.tsx';
import { Failure, Skeleton } from '../../ui/notice.tsx';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import { ServicesTable } from '../../ui/services_table.tsx';
import { WeightTable } from '../../ui/weight_table.tsx';
import { When } from '../../ui/when.tsx';
import styles from './system.module.css';

const c = pick(styles);
const NO_REPORT = 'the stream service has not reported';

const FeedFacts = ({ feed }: { readonly feed: Feed }) => (
  <dl className={c('facts')}>
    <dt>State</dt>
    <dd>{feed.state}</dd>
    <dt>Newest committed trade</dt>
    <dd>
      <When at={feed.lastTradeAt} never="none yet" />
    </dd>
    <dt>Connections up</dt>
    <dd>
      <Num value={feed.connectionsUp} kind="count" reason={NO_REPORT} /> of{' '}
      <Num value={feed.connections} kind="count" reason={NO_REPORT} />
    </dd>
    <dt>Subscriptions</dt>
    <dd>
      <Num value={feed.subscriptions} kind="count" reason={NO_REPORT} />
    </dd>
    <dt>Reconnects</dt>
    <dd>
      <Num value={feed.reconnects} kind="count" reason={NO_REPORT} />
    </dd>
    <dt>Repeated trades dropped</dt>
    <dd>
      <Num value={feed.duplicates} kind="count" reason={NO_REPORT} />
    </dd>
    <dt>Exchange to commit, median</dt>
    <dd>
      <Num value={feed.lagMs} kind="milliseconds" />
    </dd>
    <dt>Gaps in the last 24 h</dt>
    <dd>
      <Num value={feed.gapsLastDay} kind="count" />
    </dd>
  </dl>
);

const About = ({ stats }: { readonly stats: Stats }) => (
  <dl className={c('facts')}>
    <dt>Version</dt>
    <dd>{stats.version}</dd>
    <dt>Network</dt>
    <dd>{stats.network}</dd>
    <dt>World</dt>
    <dd>{stats.world}</dd>
    <dt>Coins listed</dt>
    <dd>
      <Num value={stats.coins.listed} kind="count" />
    </dd>
    <dt>Event log at</dt>
    <dd>{stats.log === null ? 'not begun' : `${stats.log.epoch}:${stats.log.offset}`}</dd>
  </dl>
);

export function System() {
  const stats = useStore(latestStats)?.stats;
  const fallback = useStatsFallback();
  return (
    <>
      <PageHead title="System" />
      {stats === undefined && fallback.error !== null ? (
        <Failure
          what="The state of the system"
          error={fallback.error}
          retry={() => void fallback.refetch()}
        />
      ) : null}
      <Card title="Services" note="problems first">
        <ServicesTable services={stats?.services} full />
      </Card>
      <div className={c('grid')}>
        <Card title="Exchange feed">
          {stats === undefined ? (
            <Skeleton lines={8} label="Loading feed" />
          ) : (
            <FeedFacts feed={stats.feed} />
          )}
        </Card>
        <Card title="API weight by lane" note="last 60 s">
          <WeightTable weights={stats?.weight} />
        </Card>
        <Card title="This installation">
          {stats === undefined ? <Skeleton lines={5} label="Loading" /> : <About stats={stats} />}
        </Card>
      </div>
    </>
  );
}
