/** Every metric of a window by its name: what it is called, what it means, how it is written. */
import type { NumberKind } from '../../format/number.ts';

export interface MetricText {
  readonly name: string;
  readonly meaning: string;
  readonly kind: NumberKind;
  readonly tone?: boolean;
}

const of = (name: string, kind: NumberKind, meaning: string, tone = false): MetricText => ({
  name,
  kind,
  meaning,
  tone,
});

const LOOKS: Readonly<Record<string, MetricText>> = {
  winRate: of('Win rate', 'percent', 'Closed positions that won over those that won or lost'),
  markedWinRate: of(
    'Win rate, open counted',
    'percent',
    'The same with open positions at what they show now: the gap is what open losers hide',
  ),
  profitFactor: of('Profit factor', 'ratio', 'Sum of all wins over sum of all losses'),
  payoff: of('Payoff', 'ratio', 'Average win over average loss'),
  expectancyUsd: of('Expectancy', 'pnl', 'Average result of a closed position, USD', true),
  expectancyBp: of('Expectancy, bps', 'bps', 'Result over everything entered, basis points', true),
  bestEpisodeUsd: of('Best position', 'pnl', 'Best closed position, USD', true),
  worstEpisodeUsd: of('Worst position', 'pnl', 'Worst closed position, USD', true),
  weightedHoldMs: of('Hold', 'duration', 'How long a dollar is held, on average'),
  medianHoldMs: of('Hold, median', 'duration', 'Half of the positions are held longer than this'),
  shortHoldMs: of('Hold, shortest tenth', 'duration', 'A tenth of the positions are held for less than this'),
  makerRatio: of('Maker share', 'percent', 'Volume of orders that rested in the book'),
  makerOpenRatio: of('Maker share, opening', 'percent', 'The same of what opens positions'),
  twapShare: of('TWAP share', 'percent', 'Volume of orders that the exchange sliced over time'),
  washShare: of('Wash share', 'percent', 'Volume sold back at the same price within two seconds'),
  fastWinShare: of('Fast wins', 'percent', 'Part of all wins from positions shorter than 15 seconds'),
  loserAddShare: of('Adds to losers', 'percent', 'What was added under water, of all that was added'),
  maxLoserAdds: of('Most adds to a loser', 'count', 'Times it added under water in one position'),
  volumeUsd: of('Volume', 'usd-compact', 'USD traded'),
  netBpOfVolume: of('Net of volume', 'bps', 'Result after fees and funding over volume', true),
  liquidations: of(
    'Liquidations',
    'count',
    'Times that the exchange closed positions by force; what follows within a minute is the same time',
  ),
  totalReturn: of('Total return', 'percent-signed', 'Time-weighted, deposits taken out', true),
  annualGrowth: of('Growth a year', 'percent-signed', 'The same as a yearly rate, from 90 days on', true),
  volatility: of('Volatility', 'percent', 'Standard deviation of daily returns, a year'),
  sharpe: of('Sharpe', 'ratio', "The trader's own: mean over deviation of daily returns, a year"),
  smoothedSharpe: of(
    'Sharpe, unsmoothed',
    'ratio',
    'The same less what returns gain by following one another',
  ),
  sortino: of('Sortino', 'ratio', 'Mean over deviation of losing days, a year'),
  maxDrawdown: of('Drawdown', 'percent', 'Deepest fall from a peak at the end of a day'),
  intradayDrawdown: of('Drawdown, intraday', 'percent', 'The same with the lows within days'),
  venueDrawdown: of(
    "Drawdown, the exchange's",
    'percent',
    'PnL lost from the end of any day on, over the account value then: the formula of the exchange',
  ),
  calmar: of('Calmar', 'ratio', 'Growth a year over the deepest fall'),
  ulcer: of('Ulcer', 'percent', 'Root mean square of the distance from the last peak'),
  tailRatio: of('Tail ratio', 'ratio', 'Good twentieth of days over the bad one'),
  valueAtRisk: of('Bad day', 'percent-signed', 'One day in twenty is worse than this'),
  expectedShortfall: of('Very bad day', 'percent-signed', 'Average of the worst twentieth of days'),
  skew: of('Skew', 'ratio', 'Below zero: rare large losses; above: rare large wins'),
  excessKurtosis: of('Fat tails', 'ratio', 'Kurtosis beyond that of a normal distribution'),
  bestDayShare: of('Best day', 'percent', 'Part of all profit that one day made'),
  blowUps: of('Blow-ups', 'count', 'Times that the account lost nearly everything'),
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
  leverage: of('Leverage', 'leverage', 'Positions over equity, on average over all time'),
  leverageInMarket: of('Leverage in the market', 'leverage', 'The same while anything is held'),
  leverageHigh: of('Leverage, high', 'leverage', 'Above this for a twentieth of the time'),
  maxLeverage: of('Leverage, most', 'leverage', 'The most that was seen'),
  netExposure: of('Net exposure', 'leverage', 'Longs less shorts over equity, on average'),
  timeInMarket: of('Time in the market', 'percent', 'Part of the time that anything is held'),
  turnoverPerDay: of('Turnover a day', 'ratio', 'Traded over equity, a day'),
  turnoverPerYear: of('Turnover a year', 'ratio', 'Traded over equity, a year'),
  minCapital: of(
    'Least capital to copy',
    'usd',
    'From which 95 % of what it holds can be copied, after lot sizes and the $10 minimum',
  ),
  maxCapital: of(
    'Capacity',
    'usd',
    'Up to which fewer than 30 % of copied fills are over 5 % of the volume of their minute',
  ),
};

/** The known ones of a set of metrics, in the order in which they are read best. */
export const inOrder = <T>(metrics: Readonly<Record<string, T>>) =>
  Object.entries(LOOKS).flatMap(([name, look]) => {
    const metric = metrics[name];
    return metric === undefined ? [] : [{ name, look, metric }];
  });

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
