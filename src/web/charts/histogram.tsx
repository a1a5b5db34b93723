import type { ReactNode } from 'react';
import { pick } from '../ui/pick.ts';
import { Figure } from './figure.tsx';
import styles from './histogram.module.css';

const c = pick(styles);

export interface HistogramBin {
  /** Said in the table and at the ends of the scale. */
  readonly label: string;
  readonly count: number;
}

const WIDTH = 400;
const HEIGHT = 100;

/** Counts in bins, from zero. */
export function Histogram({
  bins,
  caption,
  head,
}: {
  readonly bins: readonly HistogramBin[];
  readonly caption: ReactNode;
  readonly head: readonly [string, string];
}) {
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const step = WIDTH / Math.max(1, bins.length);
  return (
    <Figure caption={caption} table={() => ({ head, rows: bins.map((bin) => [bin.label, bin.count]) })}>
      <svg
        className={c('bars')}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        {bins.map((bin, index) => {
          const height = (bin.count / most) * HEIGHT;
          return (
            <rect
              key={bin.label}
              className={c('bar')}
              x={index * step + 1}
              width={Math.max(1, step - 2)}
              y={HEIGHT - height}
              height={height}
              data-tip={`${bin.label}: ${bin.count}`}
            />
          );
        })}
      </svg>
      <div className={c('scale')} aria-hidden="true">
        <span>{bins[0]?.label ?? ''}</span>
        <span>{bins[Math.floor(bins.length / 2)]?.label ?? ''}</span>
        <span>{bins.at(-1)?.label ?? ''}</span>
      </div>
    </Figure>
  );
}
