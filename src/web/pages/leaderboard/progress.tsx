import { useQuery } from '@tanstack/react-query';
import type { LeaderboardProgress } from '../../../contract/leaderboard.ts';
import { progressQuery } from '../../api/leaderboard.ts';
import { Meter } from '../../ui/meter.tsx';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import styles from './leaderboard.module.css';

const c = pick(styles);

const Step = ({ name, value, meaning }: { name: string; value: number; meaning: string }) => (
  <div>
    <dt data-tip={meaning}>{name}</dt>
    <dd>
      <Num value={value} kind="count" />
    </dd>
  </div>
);

function Rest({ progress }: { readonly progress: LeaderboardProgress }) {
  const { wanted, backfilled, perMinute, expectedMs } = progress;
  if (wanted === 0) return <>The first trades are awaited.</>;
  if (backfilled >= wanted) return <>All histories that are wanted have been read.</>;
  if (expectedMs === null)
    return <>No history was read in the last minutes: how long it takes is not known.</>;
  return (
    <>
      <Num value={perMinute} kind="rate" /> histories a minute; the rest takes about{' '}
      <Num value={expectedMs} kind="duration" />.
    </>
  );
}

/** How far the histories have been read: what the board stands on, and how long the rest will take. */
export function Progress() {
  const { data } = useQuery(progressQuery);
  if (data === undefined) return null;
  const { traders, seeded, wanted, backfilled, judged, evidenced } = data;
  return (
    <section className={c('progress')} aria-label="How far the histories are">
      <dl className={c('steps')}>
        <Step name="Known" value={traders} meaning="Traders seen in the public trades" />
        <Step name="Account seen" value={seeded} meaning="Whose positions and equity have been asked for" />
        <Step name="History read" value={backfilled} meaning="Whose fills, funding and transfers are known" />
        <Step name="Judged" value={judged} meaning="Whose metrics, gates and scores are computed" />
        <Step name="Eligible" value={evidenced} meaning="Who pass every gate of the copy board" />
      </dl>
      <span className={c('bar')}>
        <Meter used={backfilled} limit={Math.max(1, wanted)} label="Histories read" />
      </span>
      <span className={c('rest')}>
        <Rest progress={data} />
      </span>
    </section>
  );
}
