import { afterAll, beforeAll, expect, it } from 'vitest';
import { CoinTable } from '../../src/domain/listed_coin.ts';
import { WINDOWS } from '../../src/domain/metrics/window.ts';
import { backfill } from '../../src/ranking/backfill.ts';
import { Calculator } from '../../src/ranking/calculator.ts';
import { HourlyPrices } from '../../src/ranking/hourly_prices.ts';
import { BoardSnapshot } from '../../src/ranking/snapshot.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { readCoins } from '../../src/store/coins.ts';
import { readBoardBytes } from '../../src/store/leaderboard.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type RankingRig, startRankingRig } from './rig.ts';

let test: TestDatabase;
let rig: RankingRig;
let prices: HourlyPrices;
const never = new AbortController().signal;

beforeAll(async () => {
  test = await createTestDatabase();
  rig = await startRankingRig(test.database, { traders: 60, days: 45 });
  prices = new HourlyPrices(rig.info);
}, 300_000);

afterAll(async () => {
  await rig?.close();
  await test?.close();
});

const reading = () => ({
  database: test.database,
  info: rig.info,
  prices,
  clock: systemClock,
  log: silentLogger,
  concurrency: 4,
});

it('reads every past, and the account values are explained to the cent', { timeout: 300_000 }, async () => {
  const report = await backfill(reading(), never);
  expect(report).toMatchObject({ wanted: rig.accounts.length, read: rig.accounts.length, failed: 0 });
  const { rows } = await test.database.query<{
    readonly address: Buffer;
    readonly reconciled: boolean | null;
  }>(
    `SELECT address, state, reconciled, why_truncated, fill_count, funding_count, ledger_count
     FROM trader_history JOIN traders USING (trader_id)`,
  );
  const members = new Map(
    rig.accounts.map((one) => [one.member.address.slice(2).toLowerCase(), one] as const),
  );
  const odd = rows.filter((row) => row.reconciled !== true);
  // A unified account keeps its money in the spot account: its perpetuals cannot be explained alone.
  const plain = odd.filter((row) => members.get(row.address.toString('hex'))?.member.terms.unified === false);
  expect(plain).toEqual([]);
});

it('publishes the boards of all windows, and computes nothing when nothing moved', {
  timeout: 300_000,
}, async () => {
  const calculator = new Calculator({
    database: test.database,
    prices,
    clock: systemClock,
    log: silentLogger,
  });
  const coins = new CoinTable(await readCoins(test.database));
  const first = await calculator.run(true, coins, never);
  expect(first).toMatchObject({ computed: true, traders: rig.accounts.length, changed: rig.accounts.length });
  expect(await calculator.run(true, coins, never)).toMatchObject({ computed: false });
  for (const window of WINDOWS) {
    const bytes = await readBoardBytes(test.database, window ?? 0);
    if (bytes === undefined) throw new Error('no board was published');
    const board = new BoardSnapshot(bytes);
    expect(board.header.size).toBe(rig.accounts.length);
    const { rows } = await test.database.query<{ n: number }>(
      'SELECT count(*) AS n FROM leaderboard_metrics WHERE window_days = $1 AND copy_rank IS NOT NULL',
      [window ?? 0],
    );
    expect(rows[0]?.n).toBe(board.header.copyRanked);
  }
  // Another process that starts has the same boards without reading a record again.
  const other = new Calculator({ database: test.database, prices, clock: systemClock, log: silentLogger });
  expect(await other.run(true, coins, never)).toMatchObject({ computed: true, changed: 0 });
});
