/**
 * Every metric that a leaderboard can be sorted and filtered by and show, with its definition: one list for engine,
 * API, documents and web app. The published board holds BOARD_METRICS; the values of the others are those that are
 * stored of a trader in a window, under the same name unless STORED_NAMES says otherwise.
 */
import { BOARD_METRICS, type BoardMetric } from './boards.ts';
import { nearestName } from './nearest_name.ts';

/**
 * What a value is: share and return are fractions, usd and pnl USD, bp basis points, duration ms, leverage times the
 * equity. return, pnl and bp are gains or losses, with a sign.
 */
export type MetricKind =
  | 'ratio'
  | 'share'
  | 'return'
  | 'usd'
  | 'pnl'
  | 'bp'
  | 'duration'
  | 'days'
  | 'count'
  | 'leverage';

export const METRIC_GROUPS = [
  'Following',
  'Results',
  'Positions',
  'Returns',
  'Risk',
  'Exposure',
  'Trading',
] as const;
export type MetricGroup = (typeof METRIC_GROUPS)[number];

export interface MetricDefinition {
  readonly name: string;
  /** One sentence without a full stop. */
  readonly meaning: string;
  readonly kind: MetricKind;
  readonly group: MetricGroup;
  /** What is different on the boards from the same metric of the trader's window. */
  readonly onBoards?: string;
}

const definer =
  (group: MetricGroup) =>
  (name: string, kind: MetricKind, meaning: string, onBoards?: string): MetricDefinition => ({
    name,
    kind,
    meaning,
    group,
    ...(onBoards === undefined ? {} : { onBoards }),
  });
const following = definer('Following');
const results = definer('Results');
const positions = definer('Positions');
const returns = definer('Returns');
const risk = definer('Risk');
const exposure = definer('Exposure');
const trading = definer('Trading');

/** Of these the boards take what the gates take: how somebody trades shows in no less than 90 days. */
const NO_LESS = 'on boards of less than 90 days over the last 90';

const PUBLISHED = {
  copyScore: following(
    'Copy score',
    'ratio',
    'Daily net Sharpe ratio of a follower that is believed, after costs and luck',
  ),
  copyReturn: following(
    'Net for me',
    'return',
    'Sum of daily returns of a follower after costs, over the window',
  ),
  sharpe: following('Sharpe/day', 'ratio', 'Copy-adjusted Sharpe ratio a day, as observed'),
  cost: following('Cost', 'ratio', "What a follower's known costs take of the Sharpe ratio a day"),
  copyRatio: following(
    'Copy ratio',
    'share',
    'What you keep of what the trader earned before fees, after your costs and delay; unknown where it earned nothing',
  ),
  reproduced: following(
    'Reproduced',
    'share',
    'Part of what it holds that your equity can hold, after lot sizes and the $10 minimum, interpolated: off by 0.02 on average and 0.25 at most',
  ),
  scale: following(
    'Scale',
    'share',
    "Your equity over the trader's: how large your positions are beside the trader's",
  ),
  minCapital: following(
    'Least capital',
    'usd',
    'Your equity from which at least 95 % of what it holds can be copied, after lot sizes and the $10 minimum',
  ),
  maxCapital: following(
    'Capacity',
    'usd',
    'Your equity up to which fewer than 30 % of the copied fills are over 5 % of the volume of their minute',
  ),
  classicScore: results(
    'Classic score',
    'ratio',
    'Win rate, volume, drawdown, risk ratio and best position, weighted; 0 to 1',
  ),
  netPnl: results('Net PnL', 'pnl', "The trader's own, after fees and funding"),
  equity: results('Equity', 'usd', 'Account value'),
  ageDays: results('Age', 'days', 'Days since the first known fill'),
  winRate: positions('Win rate', 'share', 'Share of decided closed positions that won'),
  riskRatio: positions('Risk ratio', 'ratio', 'Average win over average loss, at most 50'),
  maxProfit: positions('Best position', 'pnl', 'Best closed position'),
  maxLoss: positions('Worst position', 'pnl', 'Worst closed position'),
  holdMs: positions('Hold', 'duration', 'How long a dollar is held, on average', NO_LESS),
  drawdown: risk('Drawdown', 'share', 'Deepest fall from a peak at the end of a day'),
  volume: trading('Volume', 'usd', 'Bought and sold'),
} as const satisfies Readonly<Record<BoardMetric, MetricDefinition>>;

const FURTHER = {
  markedWinRate: positions(
    'Win rate, open counted',
    'share',
    'Win rate with open positions at what they show now: the gap is what open losers hide',
  ),
  profitFactor: positions('Profit factor', 'ratio', 'Sum of all wins over sum of all losses'),
  payoff: positions('Payoff', 'ratio', 'Average win over average loss; unknown without a loss'),
  expectancyUsd: positions('Expectancy', 'pnl', 'Average result of a closed position'),
  expectancyBp: positions('Expectancy, bps', 'bp', 'Result of closed positions over everything entered'),
  medianHoldMs: positions('Hold, median', 'duration', 'Half of the positions are held longer than this'),
  shortHoldMs: positions(
    'Hold, shortest tenth',
    'duration',
    'A tenth of the positions are held for less than this',
  ),
  fastWinShare: positions('Fast wins', 'share', 'Part of all wins from positions shorter than 15 seconds'),
  loserAddShare: positions('Adds to losers', 'share', 'What was added under water, of all that was added'),
  maxLoserAdds: positions(
    'Most adds to a loser',
    'count',
    'Times it added under water in one position, at most',
  ),
  totalReturn: returns('Total return', 'return', 'Time-weighted, deposits taken out'),
  annualGrowth: returns('Growth a year', 'return', 'Total return as a yearly rate, from 90 days on'),
  volatility: returns('Volatility', 'share', 'Standard deviation of daily returns, a year'),
  ownSharpe: returns('Sharpe', 'ratio', "The trader's own: mean over deviation of daily returns, a year"),
  smoothedSharpe: returns(
    'Sharpe, unsmoothed',
    'ratio',
    "The trader's own Sharpe ratio less what returns gain by following one another",
  ),
  sortino: returns('Sortino', 'ratio', 'Mean over deviation of losing days, a year'),
  calmar: returns('Calmar', 'ratio', 'Growth a year over the deepest fall'),
  skew: returns('Skew', 'ratio', 'Below zero: rare large losses; above: rare large wins'),
  excessKurtosis: returns('Fat tails', 'ratio', 'Kurtosis beyond that of a normal distribution'),
  tailRatio: returns('Tail ratio', 'ratio', 'Good twentieth of days over the bad one'),
  bestDayShare: returns('Best day', 'share', 'Part of all profit that one day made'),
  intradayDrawdown: risk('Drawdown, intraday', 'share', 'Drawdown with the lows within days'),
  venueDrawdown: risk(
    "Drawdown, the exchange's",
    'share',
    'PnL lost from the end of any day on, over the account value then: the formula of the exchange',
  ),
  ulcer: risk('Ulcer', 'share', 'Root mean square of the distance from the last peak'),
  valueAtRisk: risk('Bad day', 'return', 'One day in twenty is worse than this'),
  expectedShortfall: risk('Very bad day', 'return', 'Average of the worst twentieth of days'),
  blowUps: risk('Blow-ups', 'count', 'Times that the account lost nearly everything'),
  liquidations: risk(
    'Liquidations',
    'count',
    'Times that the exchange closed positions by force; what follows within a minute is the same time',
  ),
  leverage: exposure('Leverage', 'leverage', 'Positions over equity, on average over all time'),
  leverageInMarket: exposure(
    'Leverage in the market',
    'leverage',
    'Positions over equity, on average while anything is held',
  ),
  leverageHigh: exposure('Leverage, high', 'leverage', 'Above this for a twentieth of the time'),
  maxLeverage: exposure('Leverage, most', 'leverage', 'The most that was seen'),
  netExposure: exposure('Net exposure', 'leverage', 'Longs less shorts over equity, on average'),
  timeInMarket: exposure('Time in the market', 'share', 'Part of the time that anything is held'),
  netBpOfVolume: trading('Net of volume', 'bp', 'Result after fees and funding over volume'),
  turnoverPerDay: trading('Turnover a day', 'ratio', 'Traded over equity, a day'),
  turnoverPerYear: trading('Turnover a year', 'ratio', 'Traded over equity, a year'),
  makerRatio: trading('Maker share', 'share', 'Volume of orders that rested in the book'),
  makerOpenRatio: trading(
    'Maker share, opening',
    'share',
    'Of what opens positions, the volume of orders that rested in the book',
  ),
  twapShare: trading('TWAP share', 'share', 'Volume of orders that the exchange sliced over time'),
  washShare: trading('Wash share', 'share', 'Volume sold back at the same price within two seconds'),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** A metric that is not in the published board. */
export type FurtherMetric = keyof typeof FURTHER;
export type MetricName = BoardMetric | FurtherMetric;

export const METRICS: Readonly<Record<MetricName, MetricDefinition>> = { ...PUBLISHED, ...FURTHER };
export const FURTHER_METRICS = Object.keys(FURTHER) as readonly FurtherMetric[];
/** By group, the published ones of each first. */
export const METRIC_NAMES: readonly MetricName[] = METRIC_GROUPS.flatMap((group) =>
  (Object.keys(METRICS) as MetricName[]).filter((name) => METRICS[name].group === group),
);

/** Metrics whose sort or filter needs their column, that one question may name. */
export const MOST_FURTHER_FILTERS = 8;

/** Metrics that are stored under another name, because the published one of that name means something else. */
const STORED_NAMES: Readonly<Partial<Record<FurtherMetric, string>>> = { ownSharpe: 'sharpe' };

/** Stored metrics that are one of the published board's: these have one column, the board's. */
export const SAME_METRICS = {
  winRate: 'winRate',
  minCapital: 'minCapital',
  maxCapital: 'maxCapital',
  volumeUsd: 'volume',
  bestEpisodeUsd: 'maxProfit',
  worstEpisodeUsd: 'maxLoss',
  weightedHoldMs: 'holdMs',
  maxDrawdown: 'drawdown',
} as const satisfies Readonly<Record<string, BoardMetric>>;
export type SameMetric = keyof typeof SAME_METRICS;

/** Stored names that are accepted in place of the board's. */
export const METRIC_ALIASES = (Object.keys(SAME_METRICS) as SameMetric[]).filter(
  (name): name is Exclude<SameMetric, BoardMetric> => SAME_METRICS[name] !== name,
);

export const storedName = (metric: FurtherMetric): string => STORED_NAMES[metric] ?? metric;

/** The metric that is stored of a trader under this name; undefined for what is none. */
export function metricOfStored(stored: string): MetricName | undefined {
  if (Object.hasOwn(SAME_METRICS, stored)) return SAME_METRICS[stored as SameMetric];
  return FURTHER_METRICS.find((metric) => storedName(metric) === stored);
}

/** The metric of this name or alias; undefined for what is none. */
export function metricNamed(name: string): MetricName | undefined {
  const alias = METRIC_ALIASES.find((one) => one === name);
  return alias === undefined ? METRIC_NAMES.find((one) => one === name) : SAME_METRICS[alias];
}

const BOARD_NAMES: readonly string[] = BOARD_METRICS;
export const isFurther = (metric: MetricName): metric is FurtherMetric => !BOARD_NAMES.includes(metric);

/** What to say of a name that is no metric. */
export const noMetric = (name: string): string => {
  const said = name.slice(0, 40);
  const nearest = nearestName(said, [...METRIC_NAMES, ...METRIC_ALIASES]);
  return `"${said}" is no metric; the nearest is ${nearest} (docs/API.md names all ${METRIC_NAMES.length})`;
};
