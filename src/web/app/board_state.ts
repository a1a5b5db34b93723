/** The leaderboard's view as search parameters: board, window, sort, filters and columns. */
import type {
  BOARD_WINDOWS,
  BOARDS,
  BoardWindow,
  LEADERBOARD_METRICS,
  LeaderboardMetric,
} from '../../contract/leaderboard.ts';
import type { SortOrder } from '../../contract/traders.ts';

export type Board = (typeof BOARDS)[number];

// Values again, since only types of the contract are in the bundle; a difference to it does not compile.
const BOARD_NAMES: typeof BOARDS = ['copy', 'classic'];
export const WINDOW_NAMES: typeof BOARD_WINDOWS = ['7d', '30d', '90d', '180d', 'all'];
export const METRIC_NAMES: typeof LEADERBOARD_METRICS = [
  'copyScore',
  'classicScore',
  'sharpe',
  'cost',
  'copyReturn',
  'winRate',
  'volume',
  'drawdown',
  'riskRatio',
  'maxProfit',
  'maxLoss',
  'netPnl',
  'ageDays',
  'holdMs',
  'equity',
];
/** Columns in the order of the table; the trader and its rank come first, always. */
export const BOARD_COLUMNS = [
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
] as const satisfies readonly (LeaderboardMetric | 'curve' | 'evidence' | 'days' | 'gates')[];
export type BoardColumn = (typeof BOARD_COLUMNS)[number];

/** Shown when nobody chose. */
const DEFAULT_COLUMNS: readonly BoardColumn[] = BOARD_COLUMNS.slice(0, 10).filter(
  (column) => column !== 'classicScore',
);

export interface BoardSearch {
  readonly board?: Board;
  readonly window?: BoardWindow;
  readonly sort?: LeaderboardMetric;
  readonly order?: SortOrder;
  /** metric:least:most, joined by commas, as the API takes it. */
  readonly filter?: string;
  /** Columns joined by commas. */
  readonly columns?: string;
}

export interface BoardFilter {
  readonly metric: LeaderboardMetric;
  /** '' is no bound. */
  readonly least: string;
  readonly most: string;
}

const NUMBER = /^-?\d{1,15}(\.\d{1,8})?$/;
const MOST_FILTERS = 8;

export function filtersOf(text: string | undefined): BoardFilter[] {
  const filters: BoardFilter[] = [];
  for (const part of (text ?? '').split(',').slice(0, MOST_FILTERS)) {
    const [name, least = '', most = ''] = part.split(':');
    const metric = METRIC_NAMES.find((known) => known === name);
    const bounds = [least, most].filter((bound) => bound !== '');
    if (metric === undefined || bounds.length === 0 || !bounds.every((bound) => NUMBER.test(bound))) continue;
    if (filters.every((one) => one.metric !== metric)) filters.push({ metric, least, most });
  }
  return filters;
}

export const filterText = (filters: readonly BoardFilter[]): string =>
  filters.map(({ metric, least, most }) => `${metric}:${least}:${most}`).join(',');

/** In the order of the table, whatever the order of choosing. */
export function columnsOf(text: string | undefined): readonly BoardColumn[] {
  if (text === undefined) return DEFAULT_COLUMNS;
  const named = text.split(',');
  return BOARD_COLUMNS.filter((column) => named.includes(column));
}

const ownScore = (board: Board): LeaderboardMetric => (board === 'copy' ? 'copyScore' : 'classicScore');

/** Everything filled in. */
export function boardViewOf(search: BoardSearch) {
  const board = search.board ?? 'copy';
  return {
    board,
    window: search.window ?? '90d',
    sort: search.sort ?? ownScore(board),
    order: search.order ?? 'desc',
    filter: search.filter ?? '',
  } as const;
}
export type BoardView = ReturnType<typeof boardViewOf>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export function boardSearch(raw: Readonly<Record<string, unknown>>): BoardSearch {
  const board = BOARD_NAMES.find((one) => one === raw['board']) ?? 'copy';
  const window = WINDOW_NAMES.find((one) => one === raw['window']) ?? '90d';
  const sort = METRIC_NAMES.find((one) => one === raw['sort']) ?? ownScore(board);
  const filter = filterText(filtersOf(text(raw['filter'])));
  const named = text(raw['columns']);
  const columns = columnsOf(named === '' ? undefined : named).join(',');
  return {
    ...(board === 'copy' ? {} : { board }),
    ...(window === '90d' ? {} : { window }),
    ...(sort === ownScore(board) ? {} : { sort }),
    ...(raw['order'] === 'asc' ? { order: 'asc' as const } : {}),
    ...(filter === '' ? {} : { filter }),
    ...(columns === '' || columns === DEFAULT_COLUMNS.join(',') ? {} : { columns }),
  };
}
