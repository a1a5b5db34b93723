/** Which of several traders has the best figure of a metric. Pure. */
import type { MetricName } from '../../../domain/board_metrics.ts';

/** Of these less is better. */
const LESS: readonly MetricName[] = [
  'cost',
  'minCapital',
  'drawdown',
  'intradayDrawdown',
  'venueDrawdown',
  'ulcer',
  'volatility',
  'blowUps',
  'liquidations',
  'washShare',
  'fastWinShare',
  'loserAddShare',
  'maxLoserAdds',
  'bestDayShare',
  'excessKurtosis',
];
/** Of these neither more nor less is better. */
const NEUTRAL: readonly MetricName[] = [
  'volume',
  'ageDays',
  'holdMs',
  'medianHoldMs',
  'shortHoldMs',
  'equity',
  'scale',
  'leverage',
  'leverageInMarket',
  'leverageHigh',
  'maxLeverage',
  'netExposure',
  'timeInMarket',
  'turnoverPerDay',
  'turnoverPerYear',
  'makerRatio',
  'makerOpenRatio',
  'twapShare',
];

/** The best of the known values; null where none stands out. */
export function bestOf(metric: MetricName, values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  if (NEUTRAL.includes(metric) || known.length < 2) return null;
  const best = LESS.includes(metric) ? Math.min(...known) : Math.max(...known);
  return known.every((value) => value === best) ? null : best;
}
