/** The stored metrics of a window in the order in which they are read best, and why one has no value. */
import { METRIC_NAMES, type MetricName, metricOfStored } from '../../../domain/board_metrics.ts';
import { type MetricLook, metricLook } from '../../format/metric_looks.ts';
import type { NumberKind } from '../../format/number.ts';

/** Those that are looked at first; the others follow in the order of the list. */
const FIRST: readonly MetricName[] = [
  'winRate',
  'markedWinRate',
  'profitFactor',
  'payoff',
  'expectancyUsd',
  'expectancyBp',
  'maxProfit',
  'maxLoss',
  'holdMs',
  'medianHoldMs',
  'totalReturn',
  'annualGrowth',
  'ownSharpe',
  'sortino',
  'calmar',
  'drawdown',
  'intradayDrawdown',
  'leverage',
  'volume',
  'liquidations',
];

const ORDER: readonly MetricName[] = [...FIRST, ...METRIC_NAMES.filter((name) => !FIRST.includes(name))];

const of = (name: string, kind: NumberKind, meaning: string, tone = false): MetricLook => ({
  name,
  kind,
  meaning,
  tone,
  unit: '',
});

/** What is told of the newest closed positions, which is no metric of a window and of no board. */
const OF_POSITIONS: Readonly<Record<string, MetricLook>> = {
  expectancyR: of(
    'Expectancy, R',
    'ratio',
    'Average result of the newest 100 closed positions, each over its worst open loss',
    true,
  ),
  pnlConcentration: of(
    'PnL in few positions',
    'ratio',
    'Of the newest 100: sum of squared shares in the result; 1 is all from one',
  ),
  coinConcentration: of(
    'Volume in few coins',
    'ratio',
    'Of the newest 100: sum of squared shares of what was entered; 1 is all in one coin',
  ),
  ordersPerPosition: of('Orders a position', 'ratio', 'Of the newest 100; a TWAP is one order'),
  fillsPerOrder: of('Fills an order', 'ratio', 'Of the newest 100 closed positions'),
  fundingShare: of(
    'Funding in profit',
    'percent-signed',
    'Part of the profit of the newest 100 that funding paid; a follower gets it too',
  ),
  forcedShare: of(
    'Forced exits',
    'percent',
    'Of the newest 100: closed by liquidation, deleveraging or settlement; a follower gets no such fill',
  ),
  adverseBp: of('Worst open loss', 'bps', 'Median of the newest 100, over what was entered'),
  favourableBp: of('Best open profit', 'bps', 'Median of the newest 100, over what was entered'),
};

/** The known ones of a set of stored metrics; those of positions come last. */
export function inOrder<T>(metrics: Readonly<Record<string, T>>) {
  const ofWindow = Object.entries(metrics)
    .flatMap(([stored, metric]) => {
      const name = metricOfStored(stored);
      return name === undefined ? [] : [{ name, look: metricLook(name), metric }];
    })
    .sort((a, b) => ORDER.indexOf(a.name) - ORDER.indexOf(b.name));
  const ofPositions = Object.entries(OF_POSITIONS).flatMap(([name, look]) => {
    const metric = metrics[name];
    return metric === undefined ? [] : [{ name, look, metric }];
  });
  return [...ofWindow, ...ofPositions];
}

const ABSENT: Readonly<Record<string, string>> = {
  NO_EPISODES: 'no position was closed',
  NO_LOSSES: 'no loss to divide by',
  NO_WINS: 'no win',
  NO_VOLUME: 'nothing was traded',
  NO_RETURNS: 'no day has a return',
  SHORT_HISTORY: 'too few days',
  CONSTANT_RETURNS: 'all days are alike',
  NO_DRAWDOWN: 'it never fell',
  NO_DOWNSIDE: 'no losing day',
  NO_CAPITAL: 'no capital was seen',
  NOT_OBSERVED: 'exposure was not observed',
  NO_PROFIT: 'no profit',
};

/** Why a metric has no value, in words. */
export const absentText = (code: string | null): string =>
  code === null ? 'not known' : (ABSENT[code] ?? code);
