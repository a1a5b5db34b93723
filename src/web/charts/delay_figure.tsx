import type { ReactNode } from 'react';
import { pick } from '../ui/pick.ts';
import styles from './delay_figure.module.css';
import { Figure, type FigureTable } from './figure.tsx';

const c = pick(styles);
const WIDTH = 600;
const HEIGHT = 160;
const FROM_MS = 250;
const TO_MS = 600_000;
/** Written below the axis, ms. */
const TICKS = [250, 1_000, 10_000, 60_000, 600_000];

/** Where a delay lies on the axis, 0 to 1: logarithmic from 0.25 s to 10 min. */
const along = (delayMs: number): number => Math.log(delayMs / FROM_MS) / Math.log(TO_MS / FROM_MS);

export const delayText = (ms: number): string => (ms < 60_000 ? `${ms / 1_000} s` : `${ms / 60_000} min`);

export interface DelayPoint {
  readonly delayMs: number;
  readonly value: number;
}

export interface DelayDot extends DelayPoint {
  /** Rests on few observations: drawn hollow. */
  readonly few: boolean;
}

export interface DelayFigureProps {
  readonly caption: ReactNode;
  readonly line: { readonly name: string; readonly points: readonly DelayPoint[] };
  readonly dots: { readonly name: string; readonly fewName: string; readonly points: readonly DelayDot[] };
  readonly write: (value: number) => string;
  readonly table: () => FigureTable;
}

const Dot = ({ at: [x, y], few }: { readonly at: readonly [number, number]; readonly few: boolean }) => {
  // A line of no length: its round cap stays a circle however the plot is stretched.
  const d = `M${x.toFixed(1)},${y.toFixed(1)}h0.01`;
  return (
    <>
      <path className={c('dot')} d={d} vectorEffect="non-scaling-stroke" />
      {few ? <path className={c('hole')} d={d} vectorEffect="non-scaling-stroke" /> : null}
    </>
  );
};

const DotKey = ({ name, few }: { readonly name: string; readonly few: boolean }) => (
  <span>
    <svg viewBox="0 0 24 10" aria-hidden="true">
      <Dot at={[12, 5]} few={few} />
    </svg>
    {name}
  </span>
);

/** A line and points over the delay of a copy, zero always in view. */
export function DelayFigure({ caption, line, dots, write, table }: DelayFigureProps) {
  const values = [...line.points, ...dots.points].map(({ value }) => value);
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values, low + 1e-9);
  const margin = 6;
  const y = (value: number): number =>
    HEIGHT - margin - ((value - low) / (high - low)) * (HEIGHT - 2 * margin);
  const x = (delayMs: number): number => margin + along(delayMs) * (WIDTH - 2 * margin);
  return (
    <Figure caption={caption} table={table}>
      <svg
        className={c('plot')}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <line className={c('zero')} x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} vectorEffect="non-scaling-stroke" />
        <polyline
          className={c('line')}
          points={line.points
            .map(({ delayMs, value }) => `${x(delayMs).toFixed(1)},${y(value).toFixed(1)}`)
            .join(' ')}
          vectorEffect="non-scaling-stroke"
        />
        {dots.points.map(({ delayMs, value, few }) => (
          <Dot key={delayMs} at={[x(delayMs), y(value)]} few={few} />
        ))}
      </svg>
      <div className={c('axis')} aria-hidden="true">
        {TICKS.map((ms) => (
          <span key={ms} style={{ left: `${100 * along(ms)}%`, translate: `-${100 * along(ms)}%` }}>
            {delayText(ms)}
          </span>
        ))}
      </div>
      <div className={c('legend')}>
        <span>
          <svg viewBox="0 0 24 10" aria-hidden="true">
            <line className={c('line')} x1="0" x2="24" y1="5" y2="5" />
          </svg>
          {line.name}
        </span>
        {dots.points.some(({ few }) => !few) ? <DotKey name={dots.name} few={false} /> : null}
        {dots.points.some(({ few }) => few) ? <DotKey name={dots.fewName} few /> : null}
        <span className={c('range')}>
          {write(low)} to {write(high)}
        </span>
      </div>
    </Figure>
  );
}
