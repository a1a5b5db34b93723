import { useQuery } from '@tanstack/react-query';
import { systemQuery } from '../../api/queries.ts';
import { PageHead } from '../../app/page_head.tsx';
import { latestStats } from '../../live/feed.ts';
import { useStatsFallback } from '../../live/stats_fallback.ts';
import { useStore } from '../../live/store.ts';
import { Card } from '../../ui/card.tsx';
import { Failure, Skeleton } from '../../ui/notice.tsx';
import { pick } from '../../ui/pick.ts';
import { ServicesTable } from '../../ui/services_table.tsx';
import { DriftCard, GapsCard } from './findings_cards.tsx';
import { About, FeedFacts } from './installation.tsx';
import { QueuesCard, TasksCard } from './jobs_cards.tsx';
import { LagCard } from './lag_card.tsx';
import styles from './system.module.css';
import { SweepCard, TrackingCard } from './tracking_cards.tsx';
import { WeightCard } from './weight_card.tsx';

const c = pick(styles);

/** Position book, sweep, queues, tasks and findings; a failed report leaves the rest of the page as it is. */
function Work() {
  const system = useQuery(systemQuery);
  if (system.data === undefined && system.error !== null) {
    return <Failure what="The report on tracking" error={system.error} retry={() => void system.refetch()} />;
  }
  if (system.data === undefined) {
    return (
      <Card title="Position book">
        <Skeleton lines={8} label="Loading the report on tracking" />
      </Card>
    );
  }
  return (
    <>
      <LagCard lag={system.data.figures.lag} />
      <TrackingCard system={system.data} />
      <SweepCard sweep={system.data.sweep} />
      <TasksCard tasks={system.data.tasks} />
      <QueuesCard queues={system.data.queues} />
      <DriftCard drift={system.data.drift} />
      <GapsCard gaps={system.data.gaps} />
    </>
  );
}

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
      <div className={c('columns')}>
        <div className={c('stack')}>
          <WeightCard weights={stats?.weight} />
          <Card title="Exchange feed">
            {stats === undefined ? <Skeleton lines={8} label="Loading feed" /> : <FeedFacts stats={stats} />}
          </Card>
          <Card title="This installation">
            {stats === undefined ? <Skeleton lines={5} label="Loading" /> : <About stats={stats} />}
          </Card>
        </div>
        <div className={c('stack')}>
          <Work />
        </div>
      </div>
    </>
  );
}
