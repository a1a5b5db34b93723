import {
  AreaSeries,
  BaselineSeries,
  ColorType,
  createChart,
  type IChartApi,
  LineStyle,
  type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useRef } from 'react';
import { formatNumber } from '../format/number.ts';
import { formatDay } from '../format/time.ts';
import { When } from '../ui/when.tsx';
import { type AccountValueCurve, type CurvePoint, unbrokenRuns } from './account_value_series.ts';
import { type ChartColours, readColours, useColourKey } from './colours.ts';
import { canvasClass, Figure } from './figure.tsx';
import { thinned } from './thinned.ts';

const VALUE_PX = 260;
const DRAWDOWN_PX = 96;

const usd = (value: number): string => formatNumber(value.toFixed(2), 'usd-compact').text;
const share = (value: number): string => formatNumber(value, 'percent').text;
const points = (curve: readonly CurvePoint[]) =>
  curve.map((point) => ({ ...point, time: point.time as UTCTimestamp }));

const addValueRun = (chart: IChartApi, colours: ChartColours, last: boolean) =>
  chart.addSeries(AreaSeries, {
    lineColor: colours.accent,
    topColor: colours.wash,
    bottomColor: 'transparent',
    lineWidth: 2,
    priceFormat: { type: 'custom', formatter: usd, minMove: 0.01 },
    lastValueVisible: last,
    priceLineVisible: false,
  });

const addDrawdownRun = (chart: IChartApi, colours: ChartColours, last: boolean) =>
  chart.addSeries(
    BaselineSeries,
    {
      baseValue: { type: 'price', price: 0 },
      topLineColor: colours.down,
      bottomLineColor: colours.down,
      topFillColor1: 'transparent',
      topFillColor2: 'transparent',
      bottomFillColor1: colours.downWash,
      bottomFillColor2: colours.downWash,
      lineWidth: 1,
      priceFormat: { type: 'custom', formatter: share, minMove: 0.0001 },
      lastValueVisible: last,
      priceLineVisible: false,
    },
    1,
  );

function draw(element: HTMLElement, curve: AccountValueCurve, colours: ChartColours): IChartApi {
  const chart = createChart(element, {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: colours.surface },
      textColor: colours.text,
      fontFamily: getComputedStyle(document.body).fontFamily,
      fontSize: 11,
      // The logo brings a <style> element, which the policy refuses; the credit stands below the chart.
      attributionLogo: false,
      panes: { separatorColor: colours.grid, enableResize: false },
    },
    grid: { vertLines: { visible: false }, horzLines: { color: colours.grid, style: LineStyle.Dotted } },
    rightPriceScale: { borderVisible: false },
    timeScale: { borderColor: colours.grid, timeVisible: true, secondsVisible: false },
    crosshair: { horzLine: { labelVisible: true } },
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
    handleScale: { mouseWheel: false },
  });
  // A line is drawn across empty points, so each run is a line of its own.
  const runs = unbrokenRuns(curve.values);
  for (const [index, run] of runs.entries()) {
    addValueRun(chart, colours, index === runs.length - 1).setData(points(run));
  }
  const falls = unbrokenRuns(curve.drawdown);
  for (const [index, run] of falls.entries()) {
    addDrawdownRun(chart, colours, index === falls.length - 1).setData(points(run));
  }
  chart.panes()[1]?.setHeight(DRAWDOWN_PX);
  chart.timeScale().fitContent();
  return chart;
}

function captionOf(curve: AccountValueCurve): string {
  const known = curve.values.filter((point) => point.value !== undefined);
  const first = known[0];
  const last = known.at(-1);
  if (first?.value === undefined || last?.value === undefined || curve.worst === null) return 'No samples.';
  const gaps = curve.gaps === 0 ? '' : `, ${curve.gaps} gap${curve.gaps === 1 ? '' : 's'} left open`;
  return (
    `${usd(first.value)} on ${formatDay(first.time * 1000)} to ${usd(last.value)} on ${formatDay(last.time * 1000)}; ` +
    `deepest drawdown ${share(curve.worst.share)}. ${curve.samples} audits${gaps}; deposits and withdrawals are not taken out.`
  );
}

/** Account value above, drawdown below, one time axis. */
export function AccountValueChart({ curve }: { readonly curve: AccountValueCurve }) {
  const element = useRef<HTMLDivElement>(null);
  const colours = useColourKey();
  // biome-ignore lint/correctness/useExhaustiveDependencies: other colours are another drawing
  useEffect(() => {
    if (element.current === null) return;
    const chart = draw(element.current, curve, readColours());
    return () => chart.remove();
  }, [curve, colours]);
  const table = () => ({
    head: ['Time', 'Account value', 'Drawdown'],
    rows: thinned(curve.values.filter((point) => point.value !== undefined)).map((point) => [
      <When key="time" at={point.time * 1000} />,
      usd(point.value ?? 0),
      share(curve.drawdown.find((one) => one.time === point.time)?.value ?? 0),
    ]),
  });
  return (
    <Figure
      caption={captionOf(curve)}
      table={table}
      credit={
        <>
          Chart drawn with{' '}
          <a href="https://www.tradingview.com/" rel="noreferrer" target="_blank">
            TradingView Lightweight Charts
          </a>
        </>
      }
    >
      <div
        ref={element}
        className={canvasClass}
        style={{ height: VALUE_PX + DRAWDOWN_PX }}
        aria-hidden="true"
      />
    </Figure>
  );
}
