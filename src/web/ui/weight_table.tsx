import type { Weight } from '../../contract/stats.ts';
import { Meter } from './meter.tsx';
import { Empty, Skeleton } from './notice.tsx';
import { Num } from './num.tsx';
import { pick } from './pick.ts';
import styles from './weight_table.module.css';

const c = pick(styles);

const Egress = ({ weight }: { readonly weight: Weight }) => (
  <li className={c('egress')}>
    <div className={c('line')}>
      <span>{weight.egress}</span>
      <span>
        <Num value={weight.used} kind="count" reason="no report" /> of{' '}
        <Num value={weight.limit} kind="count" />
      </span>
    </div>
    <Meter used={weight.used} limit={weight.limit} label={`Weight of ${weight.egress}`} />
    <ul className={c('lanes')}>
      {weight.lanes.map((lane) => (
        <li key={lane.lane} className={c('lane')}>
          <span>{lane.lane}</span>
          <Num value={lane.used} kind="count" />
        </li>
      ))}
    </ul>
  </li>
);

/** Weight used in the last minute by each egress IP and lane. */
export function WeightTable({ weights }: { readonly weights: readonly Weight[] | undefined }) {
  if (weights === undefined) return <Skeleton lines={3} label="Loading weight" />;
  if (weights.length === 0) return <Empty title="No request has been counted yet" />;
  return (
    <ul className={c('list')}>
      {weights.map((weight) => (
        <Egress key={weight.egress} weight={weight} />
      ))}
    </ul>
  );
}
