import type { LeaderboardProgress } from '../../../contract/leaderboard.ts';
import { Meter } from '../../ui/meter.tsx';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import styles from './leaderboard.module.css';

const c = pick(styles);

/** How far the histories have been read: what the board stands on, and how long the rest will take. */
export function Progress({ progress }: { readonly progress: LeaderboardProgress }) {
  const { traders, wanted, backfilled, evidenced, perMinute, expectedMs } = progress;
  return (
    <div className={c('progress')}>
      <span className={c('bar')}>
        <Meter used={backfilled} limit={Math.max(1, wanted)} label="Histories read" />
      </span>
      <span>
        <Num value={backfilled} kind="count" /> of <Num value={wanted} kind="count" /> wanted histories read,{' '}
        <Num value={evidenced} kind="count" /> eligible; <Num value={traders} kind="count" /> traders known.{' '}
        {backfilled >= wanted ? null : expectedMs === null ? (
          'None was read in the last minutes, so how long the rest takes is not known.'
        ) : (
          <>
            <Num value={perMinute} kind="rate" /> a minute, the rest takes{' '}
            <Num value={expectedMs} kind="duration" />.
          </>
        )}
      </span>
    </div>
  );
}
