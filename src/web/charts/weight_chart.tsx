import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatNumber } from '../format/number.ts';
import { formatClock } from '../format/time.ts';
import type { WeightSample } from '../live/feed.ts';
import { pick } from '../ui/pick.ts';
import { type ChartColours, readColours, useColourKey } from './colours.ts';
import { canvasClass, Figure } from './figure.tsx';
import { thinned } from './thinned.ts';
import styles from './weight_chart.module.css';
import { type LaneStack, laneStack } from './weight_series.ts';

const c = pick(styles);
const HEIGHT = 180;

function options(stack: LaneStack, width: number, colours: ChartColours): uPlot.Options {
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis = {
    stroke: colours.text,
    font,
    grid: { stroke: colours.grid, width: 1, dash: [2, 3] },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: [0, Math.max(1, stack.limit)] } },
    axes: [
      {
        ...axis,
        space: 90,
        incrs: [1, 5, 10, 15, 30, 60, 120],
        grid: { show: false },
        values: (_, ticks) => ticks.map((tick) => formatClock(tick * 1000)),
      },
      { ...axis, size: 64 },
    ],
    series: [
      {},
      // Drawn from the top of the stack down, so that each lane covers what lies under it.
      ...[...stack.lanes].reverse().map((_, index) => {
        const lane = stack.lanes.length - 1 - index;
        const colour = colours.series[lane % colours.series.length] ?? colours.accent;
        const fill = `color-mix(in srgb, ${colour} 45%, ${colours.surface})`;
        return { stroke: colour, fill, width: 1, points: { show: false }, spanGaps: false };
      }),
    ],
    hooks: { draw: [(plot) => drawCaps(plot, stack.limit, colours)] },
  };
}

/** Lines at 80 % and at the limit itself. */
function drawCaps(plot: uPlot, limit: number, colours: ChartColours): void {
  const { ctx, bbox } = plot;
  for (const [share, colour] of [
    [0.8, colours.warning],
    [1, colours.danger],
  ] as const) {
    const y = Math.round(plot.valToPos(limit * share, 'y', true)) + (share === 1 ? 1 : 0);
    ctx.save();
    ctx.strokeStyle = colour;
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}

const dataOf = (stack: LaneStack): uPlot.AlignedData => [
  [...stack.times],
  ...[...stack.tops].reverse().map((top) => [...top]),
];

/** Makes the plot when its form changes, and only feeds it when the figures do. */
function usePlot(stack: LaneStack) {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(stack);
  latest.current = stack;
  const colours = useColourKey();
  const form = `${stack.lanes.join()}/${stack.limit}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another form or other colours are another plot
  useEffect(() => {
    const place = element.current;
    if (place === null) return;
    const made = new uPlot(
      options(latest.current, place.clientWidth, readColours()),
      dataOf(latest.current),
      place,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: place.clientWidth, height: HEIGHT }));
    observer.observe(place);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [form, colours]);
  useEffect(() => plot.current?.setData(dataOf(stack)), [stack]);
  return element;
}

/** Used weight by lane over the last minutes, against the limit. */
export function WeightChart({
  samples,
  egress,
}: {
  readonly samples: readonly WeightSample[];
  readonly egress: string;
}) {
  const stack = laneStack(samples, egress);
  const element = usePlot(stack);
  const top = stack.tops.at(-1)?.at(-1);
  const used =
    top === undefined || top === null
      ? 'no report'
      : `${formatNumber(top, 'count').text} of ${formatNumber(stack.limit, 'count').text}`;
  const table = () => ({
    head: ['UTC', ...stack.lanes],
    rows: thinned(stack.times.map((_, index) => index)).map((index) => [
      formatClock((stack.times[index] ?? 0) * 1000),
      ...stack.lanes.map((lane, at) => {
        const own = stack.tops[at]?.[index];
        const under = at === 0 ? 0 : stack.tops[at - 1]?.[index];
        return own === null || own === undefined ? '?' : <span key={lane}>{own - (under ?? 0)}</span>;
      }),
    ]),
  });
  return (
    <Figure
      caption={`${egress}: ${used} in the last 60 s. Dashed: 80 % and the limit. Since this page was opened.`}
      table={table}
    >
      <div ref={element} className={canvasClass} style={{ height: HEIGHT }} aria-hidden="true" />
      <ul className={c('legend')}>
        {stack.lanes.map((lane, index) => (
          <li key={lane} className={c('key', `lane${index % 5}`)}>
            <svg width="10" height="10" aria-hidden="true">
              <rect width="10" height="10" rx="2" fill="currentColor" />
            </svg>
            <span>{lane}</span>
          </li>
        ))}
      </ul>
    </Figure>
  );
}
