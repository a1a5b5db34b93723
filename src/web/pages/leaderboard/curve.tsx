import { pick } from '../../ui/pick.ts';
import styles from './leaderboard.module.css';

const c = pick(styles);
const WIDTH = 86;
const HEIGHT = 20;

/** The course of a follower's equity, with a line at where it began. Decoration beside the figures. */
export function Curve({ values }: { readonly values: readonly number[] }) {
  if (values.length < 2) return <span className={c('faint')}>{'\u2014'}</span>;
  const low = Math.min(1, ...values);
  const high = Math.max(1, ...values, low + 1e-9);
  const y = (value: number) => HEIGHT - 1 - ((value - low) / (high - low)) * (HEIGHT - 2);
  const step = WIDTH / (values.length - 1);
  const points = values
    .map((value, index) => `${(index * step).toFixed(1)},${y(value).toFixed(1)}`)
    .join(' ');
  const up = (values.at(-1) ?? 1) >= 1;
  return (
    <svg
      className={c('curve')}
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      aria-hidden="true"
    >
      <line className={c('base')} x1="0" x2={WIDTH} y1={y(1)} y2={y(1)} />
      <polyline className={c('line', up ? 'up' : 'down')} points={points} />
    </svg>
  );
}
