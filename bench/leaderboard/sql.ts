/**
 * The same two boards computed by PostgreSQL, as well as it can: indexed columns, one statement a window and board,
 * everything in memory, no durability, and the fitted prior given to it (the database has no way to fit one).
 */
import { once } from 'node:events';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Board } from '../../src/ranking/board.ts';
import { CLASSIC_WEIGHTS } from '../../src/ranking/classic_score.ts';
import type { Prior } from '../../src/ranking/posterior.ts';

const CREATE = `
  create unlogged table board_input (
    window_days int not null, trader int not null, scored boolean not null, active boolean not null,
    cost float4, sharpe float4, sharpe_variance float4, robust float4, robust_variance float4,
    win_rate float4, volume float4, drawdown float4, risk_ratio float4, max_profit float4
  );
  create unlogged table board_result (
    window_days int not null, board text not null, rank int not null, trader int not null, score float8 not null
  )`;

const INDEX = `
  create index on board_input (window_days) where scored;
  create index on board_input (window_days) where active;
  create unique index on board_input (window_days, trader);
  analyze board_input`;

/** Posterior mean of the net Sharpe ratio under two groups, as an expression. */
function posterior(sharpe: string, variance: string, [none, some]: Prior): string {
  const gross = `(${sharpe} + cost)`;
  const odds = `(${some.share / none.share} * sqrt((${none.variance} + ${variance}) / (${some.variance} + ${variance}))
    * exp(0.5 * ((${gross} - ${none.mean}) ^ 2 / (${none.variance} + ${variance}) - (${gross} - ${some.mean}) ^ 2 / (${some.variance} + ${variance}))))`;
  const part = (mean: number, spread: number): string =>
    `((${gross} * ${spread} + ${mean} * ${variance}) / (${spread} + ${variance}))`;
  return `((${part(none.mean, none.variance)} + ${odds} * ${part(some.mean, some.variance)}) / (1 + ${odds}) - cost)`;
}

const copyBoard = (prior: Prior, robust: Prior): string => `
  select window_days, 'copy' as board, row_number() over (order by score desc, trader) as rank, trader, score
  from (
    select window_days, trader,
      0.5 * ${posterior('sharpe', 'sharpe_variance', prior)} + 0.5 * ${posterior('robust', 'robust_variance', robust)} as score
    from board_input where window_days = $1 and scored
  ) scores`;

const share = (column: string): string =>
  `coalesce((${column} - low_${column}) / nullif(high_${column} - low_${column}, 0), 0)`;
const METRICS = ['win_rate', 'volume', 'drawdown', 'risk_ratio', 'max_profit'];
const CLASSIC = `
  with range as (
    select ${METRICS.map((m) => `min(${m}) as low_${m}, max(${m}) as high_${m}`).join(', ')}
    from board_input where window_days = $1 and active
  )
  select window_days, 'classic' as board, row_number() over (order by score desc, trader) as rank, trader, score
  from (
    select window_days, trader,
      ${CLASSIC_WEIGHTS.winRate} * ${share('win_rate')} + ${CLASSIC_WEIGHTS.volume} * ${share('volume')}
      + ${CLASSIC_WEIGHTS.drawdown} * (1 - ${share('drawdown')}) + ${CLASSIC_WEIGHTS.riskRatio} * ${share('risk_ratio')}
      + ${CLASSIC_WEIGHTS.maxProfit} * ${share('max_profit')} as score
    from board_input cross join range where window_days = $1 and active
  ) scores`;

/** Copies one board's columns into the table, then repeats them for the other windows inside the database. */
export async function loadBoard(client: pg.Client, board: Board, windows: readonly number[]): Promise<void> {
  await client.query(CREATE);
  const stream = client.query(copyFrom('copy board_input from stdin'));
  const cell = (x: number | undefined): string =>
    x === undefined || !Number.isFinite(x) ? '\\N' : String(x);
  const columns = [
    board.cost,
    board.sharpe,
    board.sharpeVariance,
    board.sharpeWithoutBest,
    board.sharpeWithoutBestVariance,
    board.winRate,
    board.volume,
    board.drawdown,
    board.riskRatio,
    board.maxProfit,
  ];
  let text = '';
  for (let row = 0; row < board.size; row++) {
    const flags = `${board.scored[row] === 1 ? 't' : 'f'}\t${board.active[row] === 1 ? 't' : 'f'}`;
    text += `${windows[0]}\t${row}\t${flags}\t${columns.map((column) => cell(column[row])).join('\t')}\n`;
    if (text.length < 1 << 20) continue;
    if (!stream.write(text)) await once(stream, 'drain');
    text = '';
  }
  stream.end(text);
  await once(stream, 'finish');
  for (const window of windows.slice(1))
    await client.query(
      `insert into board_input select ${window}, trader, scored, active, cost, sharpe, sharpe_variance, robust,
         robust_variance, win_rate, volume, drawdown, risk_ratio, max_profit
       from board_input where window_days = ${windows[0]}`,
    );
  await client.query(INDEX);
}

/** The whole board is made either way; where it is not stored, one row about it is the answer. */
const stored = (board: string): string => `insert into board_result ${board}`;
const computed = (board: string): string =>
  `select count(*), sum(rank), max(score), min(trader) from (${board}) board`;

/** Computes both boards of all windows, and stores them if asked to. */
export async function computeBoards(
  client: pg.Client,
  windows: readonly number[],
  prior: Prior,
  robust: Prior,
  store: boolean,
): Promise<void> {
  const whole = store ? stored : computed;
  for (const window of windows) {
    await client.query(whole(copyBoard(prior, robust)), [window]);
    await client.query(whole(CLASSIC), [window]);
  }
}

/** Traders in order of one stored board. */
export async function storedOrder(
  client: pg.Client,
  window: number,
  board: 'copy' | 'classic',
  limit: number,
): Promise<number[]> {
  const { rows } = await client.query<{ trader: number }>(
    'select trader from board_result where window_days = $1 and board = $2 and rank <= $3 order by rank',
    [window, board, limit],
  );
  return rows.map(({ trader }) => trader);
}

export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query("set work_mem = '512MB'; set jit = off");
  return client;
}
