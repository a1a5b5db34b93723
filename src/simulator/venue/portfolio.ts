/**
 * Equity samples of one account for the portfolio answer: every 15 minutes for a day, thinner further back, so
 * that a year of a thousand accounts stays small.
 */
export interface PortfolioPoint {
  readonly time: number;
  /** Micro-USD. */
  readonly value: number;
  readonly pnl: number;
  readonly perpValue: number;
  readonly perpPnl: number;
}

interface Series {
  readonly everyMs: number;
  readonly keep: number;
  readonly points: PortfolioPoint[];
}

export interface PortfolioSeries {
  readonly day: Series;
  readonly week: Series;
  readonly month: Series;
  readonly allTime: Series;
}

const HOUR = 3_600_000;

export const newPortfolio = (): PortfolioSeries => ({
  // Like the recorded answers: 13 points, 2.33 h apart.
  day: { everyMs: (7 / 3) * HOUR, keep: 14, points: [] },
  week: { everyMs: 2.625 * HOUR, keep: 65, points: [] },
  month: { everyMs: 16 * HOUR, keep: 46, points: [] },
  allTime: { everyMs: 168 * HOUR, keep: 1000, points: [] },
});

export function samplePortfolio(series: PortfolioSeries, point: PortfolioPoint): void {
  push(series.day, point);
  push(series.week, point);
  push(series.month, point);
  push(series.allTime, point);
}

function push(series: Series, point: PortfolioPoint): void {
  const last = series.points[series.points.length - 1];
  if (last !== undefined && point.time - last.time < series.everyMs) return;
  series.points.push(point);
  if (series.points.length > series.keep) series.points.shift();
}
