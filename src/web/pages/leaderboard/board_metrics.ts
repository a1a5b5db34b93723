/** How the metrics of the boards are named, explained and written. */
import type { BoardMetric } from '../../../domain/boards.ts';
import type { NumberKind } from '../../format/number.ts';

export interface MetricLook {
  readonly name: string;
  readonly meaning: string;
  readonly kind: NumberKind;
  /** Coloured by sign. */
  readonly tone?: boolean;
  /** Less is better: for the comparison. */
  readonly less?: boolean;
  /** What the figure of a filter is given in. */
  readonly unit: '%' | 'USD' | 'days' | 'minutes' | '';
  readonly track: string;
}

const NARROW = 'minmax(84px, 0.7fr)';
const MONEY = 'minmax(112px, 0.9fr)';

export const METRIC_LOOKS: Readonly<Record<BoardMetric, MetricLook>> = {
  copyScore: {
    name: 'Copy score',
    meaning: 'Daily net Sharpe ratio of a follower that is believed, after costs and luck',
    kind: 'ratio',
    unit: '',
    track: 'minmax(112px, 0.8fr)',
  },
  classicScore: {
    name: 'Classic score',
    meaning: 'Win rate, volume, drawdown, risk ratio and best profit, weighted; 0 to 1',
    kind: 'ratio',
    unit: '',
    track: 'minmax(124px, 0.8fr)',
  },
  sharpe: {
    name: 'Sharpe/day',
    meaning: 'Copy-adjusted Sharpe ratio a day, as observed',
    kind: 'ratio',
    unit: '',
    track: 'minmax(112px, 0.8fr)',
  },
  cost: {
    name: 'Cost',
    meaning: "What a follower's known costs take of the Sharpe ratio a day",
    kind: 'ratio',
    less: true,
    unit: '',
    track: NARROW,
  },
  copyReturn: {
    name: 'Net for me',
    meaning: 'Sum of daily returns of a follower after costs, over the window',
    kind: 'percent-signed',
    tone: true,
    unit: '%',
    track: 'minmax(104px, 0.8fr)',
  },
  winRate: {
    name: 'Win rate',
    meaning: 'Share of decided closed positions that won',
    kind: 'percent',
    unit: '%',
    track: NARROW,
  },
  volume: { name: 'Volume', meaning: 'USD traded', kind: 'usd-compact', unit: 'USD', track: NARROW },
  drawdown: {
    name: 'Drawdown',
    meaning: 'Deepest fall from a peak',
    kind: 'percent',
    less: true,
    unit: '%',
    track: 'minmax(104px, 0.8fr)',
  },
  riskRatio: {
    name: 'Risk ratio',
    meaning: 'Average win over average loss, at most 50',
    kind: 'ratio',
    unit: '',
    track: 'minmax(104px, 0.8fr)',
  },
  maxProfit: {
    name: 'Best',
    meaning: 'Best closed position, USD',
    kind: 'pnl',
    tone: true,
    unit: 'USD',
    track: MONEY,
  },
  maxLoss: {
    name: 'Worst',
    meaning: 'Worst closed position, USD',
    kind: 'pnl',
    tone: true,
    unit: 'USD',
    track: MONEY,
  },
  netPnl: {
    name: 'Net PnL',
    meaning: "The trader's own, after fees and funding, USD",
    kind: 'pnl',
    tone: true,
    unit: 'USD',
    track: MONEY,
  },
  ageDays: {
    name: 'Age',
    meaning: 'Days since the first known fill',
    kind: 'count',
    unit: 'days',
    track: 'minmax(68px, 0.5fr)',
  },
  holdMs: {
    name: 'Hold',
    meaning: 'Notional-weighted time that a position is held',
    kind: 'duration',
    unit: 'minutes',
    track: 'minmax(96px, 0.7fr)',
  },
  minCapital: {
    name: 'Least capital',
    meaning:
      'Your equity from which at least 95 % of what it holds can be copied, after lot sizes and the $10 minimum',
    kind: 'usd-compact',
    less: true,
    unit: 'USD',
    track: 'minmax(112px, 0.8fr)',
  },
  maxCapital: {
    name: 'Capacity',
    meaning:
      'Your equity up to which fewer than 30 % of the copied fills are over 5 % of the volume of their minute',
    kind: 'usd-compact',
    unit: 'USD',
    track: 'minmax(104px, 0.8fr)',
  },
  copyRatio: {
    name: 'Copy ratio',
    meaning:
      'What you keep of what the trader earned before fees, after your costs and delay: 60 % is three fifths',
    kind: 'percent',
    unit: '%',
    track: 'minmax(108px, 0.8fr)',
  },
  reproduced: {
    name: 'Reproduced',
    meaning: 'Part of what it holds that your equity can hold, after lot sizes and the $10 minimum, about',
    kind: 'percent',
    unit: '%',
    track: 'minmax(112px, 0.8fr)',
  },
  scale: {
    name: 'Scale',
    meaning: "Your equity over the trader's: how large your positions are beside the trader's",
    kind: 'percent',
    unit: '%',
    track: NARROW,
  },
  equity: { name: 'Equity', meaning: 'Account value, USD', kind: 'usd-compact', unit: 'USD', track: NARROW },
};

const SCALES: Readonly<Record<MetricLook['unit'], number>> = {
  '%': 0.01,
  minutes: 60_000,
  USD: 1,
  days: 1,
  '': 1,
};

/** A bound as people write it, in the unit of the metric, as the API takes it; null for what is no number. */
export function boundOf(metric: BoardMetric, written: string): string | null {
  const text = written.trim().replace(/\u2212/g, '-');
  if (text === '') return '';
  if (!/^-?\d{1,12}(\.\d{1,6})?$/.test(text)) return null;
  return String(Number((Number(text) * SCALES[METRIC_LOOKS[metric].unit]).toFixed(8)));
}
