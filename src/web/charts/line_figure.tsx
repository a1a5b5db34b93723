import type { ReactNode } from 'react';
import { pick } from '../ui/pick.ts';
import { Figure } from './figure.tsx';
import styles from './line_figure.module.css';

const c = pick(styles);
const WIDTH = 600;
const HEIGHT = 160;

export interface Line {
  readonly name: string;
  /** One value for each label; null breaks the line. */
  readonly values: readonly (number | null)[];
}

export interface LineFigureProps {
  readonly caption: ReactNode;
  /** Name of what the labels are. */
  readonly across: string;
  readonly labels: readonly string[];
  /** One or two. */
  readonly lines: readonly Line[];
  /** Drawn across, and always in view. */
  readonly base: number;
  readonly write: (value: number) => string;
}

/** Points of unbroken runs. */
function runs(values: readonly (number | null)[], y: (value: number) => number): string[] {
  const step = WIDTH / Math.max(1, values.length - 1);
  const out: string[] = [];
  let points: string[] = [];
  const end = () => {
    if (points.length > 1) out.push(points.join(' '));
    points = [];
  };
  values.forEach((value, index) => {
    if (value === null) end();
    else points.push(`${(index * step).toFixed(1)},${y(value).toFixed(1)}`);
  });
  end();
  return out;
}

/** One or two lines over the same labels, with the extremes written beside the axis. */
export function LineFigure({ caption, across, labels, lines, base, write }: LineFigureProps) {
  const known = lines.flatMap((line) => line.values.filter((value) => value !== null));
  const low = Math.min(base, ...known);
  const high = Math.max(base, ...known, low + 1e-9);
  const y = (value: number): number => HEIGHT - 2 - ((value - low) / (high - low)) * (HEIGHT - 4);
  const looks = ['first', 'second'] as const;
  const table = () => ({
    head: [across, ...lines.map((line) => line.name)],
    rows: labels.map((label, index) => [
      label,
      ...lines.map((line) => {
        const value = line.values[index] ?? null;
        return value === null ? '\u2014' : write(value);
      }),
    ]),
  });
  return (
    <Figure caption={caption} table={table}>
      <svg
        className={c('plot')}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <line
          className={c('zero')}
          x1="0"
          x2={WIDTH}
          y1={y(base)}
          y2={y(base)}
          vectorEffect="non-scaling-stroke"
        />
        {lines.map((line, place) =>
          runs(line.values, y).map((points) => (
            <polyline
              key={`${line.name} ${points.slice(0, 20)}`}
              className={c('line', looks[place] ?? 'second')}
              points={points}
              vectorEffect="non-scaling-stroke"
            />
          )),
        )}
      </svg>
      <div className={c('scale')} aria-hidden="true">
        <span>{labels[0] ?? ''}</span>
        <span>
          {write(low)} to {write(high)}
        </span>
        <span>{labels.at(-1) ?? ''}</span>
      </div>
      {lines.length < 2 ? null : (
        <div className={c('legend')}>
          {lines.map((line, place) => (
            <span key={line.name}>
              <svg viewBox="0 0 24 8" aria-hidden="true">
                <line className={c('line', looks[place] ?? 'second')} x1="0" x2="24" y1="4" y2="4" />
              </svg>
              {line.name}
            </span>
          ))}
        </div>
      )}
    </Figure>
  );
}
