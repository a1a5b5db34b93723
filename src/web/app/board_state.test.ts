import { expect, it } from 'vitest';
import { METRIC_NAMES } from '../../domain/board_metrics.ts';
import { BOARDS } from '../../domain/boards.ts';
import {
  BOARD_COLUMNS,
  type BoardSearch,
  boardSearch,
  boardViewOf,
  columnsOf,
  filtersOf,
} from './board_state.ts';

it('knows every board', () => {
  for (const board of BOARDS) expect(boardViewOf(boardSearch({ board })).board).toBe(board);
});

it('leaves defaults out and drops what cannot be', () => {
  expect(boardSearch({ board: 'copy', window: '90d', sort: 'copyScore', order: 'desc' })).toEqual({});
  expect(boardSearch({ board: 'odd', window: '9d', sort: 'name', order: 'up', filter: 'x:1:' })).toEqual({});
  expect(boardSearch({ board: 'classic', sort: 'copyScore' })).toEqual({
    board: 'classic',
    sort: 'copyScore',
  });
});

it('reads filters, each metric once and each with a bound', () => {
  expect(filtersOf('winRate:0.5:,drawdown::0.2,winRate:0.1:,equity::,netPnl:a:')).toEqual([
    { metric: 'winRate', least: '0.5', most: '' },
    { metric: 'drawdown', least: '', most: '0.2' },
  ]);
});

it('keeps chosen columns in the order of the table', () => {
  expect(columnsOf({ columns: 'gates,curve,nothing' })).toEqual(['curve', 'gates']);
  // Every metric can be a column.
  expect(columnsOf({ columns: METRIC_NAMES.join(',') }).length).toBe(METRIC_NAMES.length);
  expect(new Set(BOARD_COLUMNS).size).toBe(BOARD_COLUMNS.length);
  expect(boardSearch({ columns: 'gates,curve' }).columns).toBe('curve,gates');
});

it("keeps a follower's own terms, clamped, and leaves them out of the classic board", () => {
  expect(boardSearch({ equity: '2500', takerBp: 3.5, latencyMs: '-1' })).toEqual({
    equity: 2500,
    takerBp: 3.5,
  });
  expect(boardSearch({ equity: '1', takerBp: '', latencyMs: 'x' })).toEqual({});
  // The API takes whole milliseconds alone.
  expect(boardSearch({ latencyMs: 1_234.5 })).toEqual({ latencyMs: 1_235 });
  const mine = columnsOf({ equity: 2500 } as BoardSearch);
  expect(mine).toEqual(expect.arrayContaining(['copyReturn', 'copyRatio', 'reproduced', 'scale']));
  expect(columnsOf({ equity: 2500, board: 'classic' } as BoardSearch)).toEqual(columnsOf({}));
  // The usual columns of the one board are a choice on the other.
  expect(boardSearch({ equity: 2500, columns: mine.join(',') }).columns).toBeUndefined();
  expect(boardSearch({ columns: mine.join(',') }).columns).toBe(mine.join(','));
  expect(boardViewOf({ equity: 2500 })).toMatchObject({ equity: 2500 });
  expect(boardViewOf({ board: 'classic', equity: 2500 })).not.toHaveProperty('equity');
});

it('asks for the metrics among the chosen columns that no answer has by itself', () => {
  expect(boardViewOf({}).metrics).toBe('');
  expect(boardViewOf({ columns: 'calmar,evidence,volume,sortino' }).metrics).toBe('sortino,calmar');
});

it('sorts and filters by every metric', () => {
  for (const metric of METRIC_NAMES) {
    expect(boardViewOf(boardSearch({ sort: metric })).sort).toBe(metric);
    expect(boardSearch({ filter: `${metric}:1:` }).filter).toBe(`${metric}:1:`);
  }
});
