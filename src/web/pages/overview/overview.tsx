import { PageHead } from '../../app/page_head.tsx';
import { latestStats } from '../../live/feed.ts';
import { useStatsFallback } from '../../live/stats_fallback.ts';
import { useStore } from '../../live/store.ts';
import { Card } from '../../ui/card.tsx';
import { Failure } from '../../ui/notice.tsx';
import { pick } from '../../ui/pick.ts';
import { ServicesTable } from '../../ui/services_table.tsx';
import { WeightTable } from '../../ui/weight_table.tsx';
import { LiveTape } from './live_tape.tsx';
import styles from './overview.module.css';
import { Tiles } from './tiles.tsx';

const c = pick(styles);

export function Overview() {
  const sample = useStore(latestStats);
  const fallback = useStatsFallback();
  return (
    <>
      <PageHead title="Overview" />
      {sample === null && fallback.error !== null ? (
        <Failure
          what="The state of the system"
          error={fallback.error}
          retry={() => void fallback.refetch()}
        />
      ) : null}
      <Tiles />
      <div className={c('columns')}>
        <LiveTape />
        <div className={c('side')}>
          <Card title="Services">
            <ServicesTable services={sample?.stats.services} />
          </Card>
          <Card title="API weight by lane" note="last 60 s">
            <WeightTable weights={sample?.stats.weight} />
          </Card>
        </div>
      </div>
    </>
  );
}
