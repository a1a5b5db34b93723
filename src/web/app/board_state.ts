/** The leaderboard's view as search parameters: board, window, sort, filters and columns. */

import type { SortOrder } from '../../contract/traders.ts';
import {
  isFurther,
  METRIC_NAMES,
  type MetricName,
  MOST_FURTHER_FILTERS,
  metricNamed,
} from '../../domain/board_metrics.ts';
import { BOARD_WINDOWS, BOARDS, type BoardName, type BoardWindow } from '../../domain/boards.ts';

/** Columns that are no metric. */
export const OTHER_COLUMNS = ['evidence', 'percentile', 'curve', 'gates', 'days'] as const;
export type OtherColumn = (typeof OTHER_COLUMNS)[number];
export type BoardColumn = MetricName | OtherColumn;

export const isMetricColumn = (column: BoardColumn): column is MetricName =>
  !OTHER_COLUMNS.some((other) => other === column);

/** Columns in the order of the table; the trader and its rank come first, always. */
export const BOARD_COLUMNS: readonly BoardColumn[] = [
  'copyReturn',
  'evidence',
  'curve',
  'copyScore',
  'classicScore',
  'drawdown',
  'winRate',
  'netPnl',
  'equity',
  'gates',
  'ageDays',
  'days',
  'sharpe',
  'cost',
  'volume',
  'riskRatio',
  'maxProfit',
  'maxLoss',
  'holdMs',
  'copyRatio',
  'reproduced',
  'scale',
  'minCapital',
  'maxCapital',
  'percentile',
  ...METRIC_NAMES.filter(isFurther),
];

/** Shown when nobody chose. */
const DEFAULT_COLUMNS: readonly BoardColumn[] = BOARD_COLUMNS.slice(0, 10).filter(
  (column) => column !== 'classicScore',
);

/** The same on the board for a follower's own terms: what these change, and what they compare. */
const MY_COLUMNS: readonly BoardColumn[] = [
  ...DEFAULT_COLUMNS.filter((column) => !['drawdown', 'winRate', 'netPnl', 'gates'].includes(column)),
  'copyRatio',
  'reproduced',
  'scale',
];

export interface BoardSearch {
  readonly board?: BoardName;
  readonly window?: BoardWindow;
  readonly sort?: MetricName;
  readonly order?: SortOrder;
  /** metric:least:most, joined by commas, as the API takes it. */
  readonly filter?: string;
  /** Columns joined by commas. */
  readonly columns?: string;
  /** Of whoever follows: equity in USD, taker fee in bps, delay in ms. Absent: a standard follower. */
  readonly equity?: number;
  readonly takerBp?: number;
  readonly latencyMs?: number;
}

/** What a follower may say of himself: name, and what is accepted; of some whole numbers alone. */
export const MY_TERMS = [
  { name: 'equity', least: 10, most: 1e9, whole: false },
  { name: 'takerBp', least: 0, most: 50, whole: false },
  { name: 'latencyMs', least: 0, most: 3_600_000, whole: true },
] as const;
export type MyTerm = (typeof MY_TERMS)[number]['name'];

/** The follower's terms of a search, those that are set. */
export function termsOf(raw: Readonly<Record<string, unknown>>): Partial<Record<MyTerm, number>> {
  const terms: Partial<Record<MyTerm, number>> = {};
  for (const { name, least, most, whole } of MY_TERMS) {
    const given = raw[name];
    const number =
      typeof given === 'number' || (typeof given === 'string' && given !== '') ? Number(given) : Number.NaN;
    const value = whole ? Math.round(number) : number;
    if (value >= least && value <= most) terms[name] = value;
  }
  return terms;
}

export interface BoardFilter {
  readonly metric: MetricName;
  /** '' is no bound. */
  readonly least: string;
  readonly most: string;
}

const NUMBER = /^-?\d{1,15}(\.\d{1,8})?$/;

export function filtersOf(text: string | undefined): BoardFilter[] {
  const filters: BoardFilter[] = [];
  for (const part of (text ?? '').split(',').slice(0, MOST_FURTHER_FILTERS)) {
    const [name = '', least = '', most = ''] = part.split(':');
    const metric = metricNamed(name);
    const bounds = [least, most].filter((bound) => bound !== '');
    if (metric === undefined || bounds.length === 0 || !bounds.every((bound) => NUMBER.test(bound))) continue;
    if (filters.every((one) => one.metric !== metric)) filters.push({ metric, least, most });
  }
  return filters;
}

export const filterText = (filters: readonly BoardFilter[]): string =>
  filters.map(({ metric, least, most }) => `${metric}:${least}:${most}`).join(',');

/** Whether a search is for a follower's own terms, which only the copy board is. */
const isMine = (raw: Readonly<Record<string, unknown>>): boolean =>
  raw['board'] !== 'classic' && Object.keys(termsOf(raw)).length > 0;

/** In the order of the table, whatever the order of choosing. */
export function columnsOf(search: Pick<BoardSearch, 'columns'>): readonly BoardColumn[] {
  if (search.columns === undefined) return isMine({ ...search }) ? MY_COLUMNS : DEFAULT_COLUMNS;
  const named = search.columns.split(',');
  return BOARD_COLUMNS.filter((column) => named.includes(column));
}

const ownScore = (board: BoardName): MetricName => (board === 'copy' ? 'copyScore' : 'classicScore');

/** Everything filled in. */
export function boardViewOf(search: BoardSearch) {
  const board = search.board ?? 'copy';
  return {
    board,
    window: search.window ?? '90d',
    sort: search.sort ?? ownScore(board),
    order: search.order ?? 'desc',
    filter: search.filter ?? '',
    // What no answer has unless it is asked for.
    metrics: columnsOf(search)
      .filter((column) => isMetricColumn(column) && isFurther(column))
      .join(),
    // Only the copy board is about a follower.
    ...(board === 'copy' ? termsOf({ ...search }) : {}),
  } as const;
}
export type BoardView = ReturnType<typeof boardViewOf> & Partial<Record<MyTerm, number>>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export function boardSearch(raw: Readonly<Record<string, unknown>>): BoardSearch {
  const board = BOARDS.find((one) => one === raw['board']) ?? 'copy';
  const window = BOARD_WINDOWS.find((one) => one === raw['window']) ?? '90d';
  const sort = metricNamed(text(raw['sort'])) ?? ownScore(board);
  const filter = filterText(filtersOf(text(raw['filter'])));
  const named = text(raw['columns']);
  const columns = named === '' ? '' : columnsOf({ columns: named }).join(',');
  const usual = isMine(raw) ? MY_COLUMNS : DEFAULT_COLUMNS;
  return {
    ...(board === 'copy' ? {} : { board }),
    ...(window === '90d' ? {} : { window }),
    ...(sort === ownScore(board) ? {} : { sort }),
    ...(raw['order'] === 'asc' ? { order: 'asc' as const } : {}),
    ...(filter === '' ? {} : { filter }),
    ...(columns === '' || columns === usual.join(',') ? {} : { columns }),
    ...termsOf(raw),
  };
}
