import styles from './meter.module.css';
import { pick } from './pick.ts';

const c = pick(styles);

/** Share of a limit as a bar; the figures stand beside it. Marks at 80 %. `used` null: no report, so no fill. */
export function Meter({
  used,
  limit,
  label,
}: {
  readonly used: number | null;
  readonly limit: number;
  readonly label: string;
}) {
  const share = used === null || limit <= 0 ? 0 : Math.min(1, used / limit);
  // A budget used up to its limit is what it is for; only beyond it something is wrong.
  const over = used !== null && used > limit;
  const said = used === null ? 'no report' : `${used} of ${limit}`;
  return (
    <svg
      className={c('meter')}
      viewBox="0 0 100 8"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${said}`}
    >
      <rect className={c('track')} width="100" height="8" />
      <rect className={c('fill', over && 'over')} width={share * 100} height="8" />
      <line className={c('tick')} x1="80" x2="80" y1="0" y2="8" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

const WIDTH = 120;
const HEIGHT = 24;

/** Points of the line; nulls break it. */
function segments(values: readonly (number | null)[]): string[] {
  const known = values.filter((value) => value !== null);
  const top = Math.max(...known, 1e-9);
  const step = WIDTH / Math.max(1, values.length - 1);
  const lines: string[] = [];
  let points: string[] = [];
  values.forEach((value, index) => {
    if (value === null) {
      if (points.length > 1) lines.push(points.join(' '));
      points = [];
      return;
    }
    points.push(`${(index * step).toFixed(1)},${(HEIGHT - 1 - (value / top) * (HEIGHT - 2)).toFixed(1)}`);
  });
  if (points.length > 1) lines.push(points.join(' '));
  return lines;
}

/** The recent course of a figure, from zero, without axes: decoration beside the figure itself. */
export function Sparkline({ values }: { readonly values: readonly (number | null)[] }) {
  return (
    <svg
      className={c('spark')}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      {segments(values).map((points) => (
        <polyline key={points.slice(0, 24)} className={c('line')} points={points} />
      ))}
    </svg>
  );
}
