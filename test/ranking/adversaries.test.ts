/**
 * Traders made to fool the ranking, through the database: their trades, records and ledgers lie there as the stream
 * and the readers of history leave them, hedges and rings are found, and the boards are computed and published.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CAST_DAYS, type Cast, castAdversaries } from '../../bench/ranking/adversary_cast.ts';
import { runExperiment } from '../../bench/ranking/experiment.ts';
import { makeMarket, START_MS } from '../../bench/ranking/market.ts';
import { PLAIN } from '../../bench/ranking/population.ts';
import { listedCoins, type TapeTrade } from '../../bench/ranking/stage.ts';
import { CoinTable } from '../../src/domain/listed_coin.ts';
import { WINDOWS } from '../../src/domain/metrics/window.ts';
import { Calculator } from '../../src/ranking/calculator.ts';
import { findEntities } from '../../src/ranking/find_entities.ts';
import { packRecord, RECORD_FORMAT } from '../../src/ranking/record.ts';
import { BoardSnapshot } from '../../src/ranking/snapshot.ts';
import { windowNumber } from '../../src/ranking/standings.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { readBoardBytes } from '../../src/store/board_bytes.ts';
import { ensureDayPartitions, utcDay } from '../../src/store/partitions.ts';
import { writeDetails, writeLedgerLinks } from '../../src/store/trader_details.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

const DAY_MS = 86_400_000;
const NOW = START_MS + CAST_DAYS * DAY_MS;
const HONEST = 80;
const clock = { ...systemClock, now: () => NOW };
const never = new AbortController().signal;
const market = makeMarket('database', CAST_DAYS + 1, 12);

let test: TestDatabase;
let cast: Cast;

const addressOf = (id: number): string => `0x${id.toString(16).padStart(40, '0')}`;

interface Kept {
  readonly id: number;
  readonly record: Buffer;
  readonly details: unknown;
}

beforeAll(async () => {
  test = await createTestDatabase();
  cast = await castAdversaries(market);
  const all = cast.wallets.map(
    ({ id, history, details }): Kept => ({
      id,
      record: packRecord({ history, cash: 0 }),
      details: details.details(),
    }),
  );
  runExperiment({
    seed: 'database',
    variant: PLAIN,
    traders: HONEST,
    trainDays: CAST_DAYS,
    blind: true,
    keep: (_, history, details) =>
      all.push({ id: all.length + 1, record: packRecord({ history, cash: 0 }), details }),
  });
  await storeTraders(all);
  for (const [master, sub] of cast.subAccounts)
    await writeLedgerLinks(test.database, master.id, [{ address: addressOf(sub.id), kind: 'subAccount' }]);
  await storeTrades(cast.tape.filter(({ time }) => time > NOW - DAY_MS));
}, 120_000);
afterAll(() => test?.close());

async function storeTraders(all: readonly Kept[]): Promise<void> {
  const { database } = test;
  const ids = all.map(({ id }) => id);
  await database.query(
    `INSERT INTO traders SELECT id, decode(lpad(to_hex(id), 40, '0'), 'hex'), 0, $2, 1, 1, 1, 1, NULL
     FROM unnest($1::int8[]) AS id`,
    [ids, NOW],
  );
  await database.query(
    'INSERT INTO trader_history (trader_id, reconciled) SELECT id, true FROM unnest($1::int8[]) AS id',
    [ids],
  );
  await database.query(
    `INSERT INTO trader_records (trader_id, through, format, record)
     SELECT id, $1, $2, record FROM unnest($3::int8[], $4::bytea[]) AS u (id, record)`,
    [NOW, RECORD_FORMAT, ids, all.map(({ record }) => record)],
  );
  for (const { id, details } of all) await writeDetails(database, id, details);
}

async function storeTrades(tape: readonly TapeTrade[]): Promise<void> {
  const { database } = test;
  await ensureDayPartitions(database, 'trades', [utcDay(NOW - DAY_MS), utcDay(NOW)]);
  const column = (of: (trade: TapeTrade) => number) => tape.map(of);
  const lotsPerCoin = (coin: number): number => market.coins[coin]?.lotsPerCoin ?? 1;
  await database.query(
    `INSERT INTO trades SELECT coin, time, n, n, price, size, buyer, seller, true, time
     FROM unnest($1::int4[], $2::int8[], $3::float8[], $4::float8[], $5::int8[], $6::int8[])
       WITH ORDINALITY AS u (coin, time, price, size, buyer, seller, n)`,
    [
      column(({ coin }) => coin),
      column(({ time }) => time),
      column(({ coin, price }) => (price * lotsPerCoin(coin)) / 1e6),
      column(({ coin, size }) => size / lotsPerCoin(coin)),
      column(({ buyer }) => buyer),
      column(({ seller }) => seller),
    ],
  );
}

interface Row {
  readonly trader_id: number;
  readonly codes: readonly string[];
  readonly texts: readonly string[];
  readonly win_rate: number;
}

/** What is shown against each of the cast, by trader, in the window of 90 days. */
async function shownReasons(): Promise<Map<number, Row>> {
  const { rows } = await test.database.query<Row>(
    `SELECT trader_id, array_agg(r ->> 'code') AS codes, array_agg(r ->> 'text') AS texts,
       min(win_rate)::float8 AS win_rate
     FROM leaderboard_metrics m,
       jsonb_array_elements((m.explanation -> 'gates') || (m.explanation -> 'against')) AS r
     WHERE window_days = $1 GROUP BY trader_id`,
    [windowNumber(90)],
  );
  return new Map(rows.map((row) => [row.trader_id, row]));
}

const REASON: Readonly<Record<string, string>> = {
  'wash ring': 'WASH',
  'two-wallet hedge': 'HEDGE',
  'one lucky day': 'ONEHIT',
  'pump and dump': 'CAPACITY',
  'martingale with 95 % wins': 'MARTINGALE',
  // What was paid in counts for nothing, so that no gate need trip: the copy just loses.
  'deposit pumping': 'copyReturn',
};

it('has none of six tricks in the top tenth of any board, and shows the reason of each', async () => {
  const { database } = test;
  const ofTrick = (trick: string) => cast.wallets.filter((wallet) => wallet.trick === trick);
  const [rings, hedges] = [ofTrick('wash ring'), ofTrick('two-wallet hedge')];
  // Nobody honest among them.
  expect(await findEntities(database, clock)).toMatchObject({ rings: rings.length, hedged: hedges.length });
  const calculator = new Calculator({ database, prices: cast.prices, clock, log: silentLogger });
  const report = await calculator.run(true, new CoinTable(listedCoins(market)), never);
  expect(report).toMatchObject({ computed: true, traders: cast.wallets.length + HONEST });
  for (const window of WINDOWS) {
    const bytes = await readBoardBytes(database, windowNumber(window));
    if (bytes === undefined) throw new Error(`no board of ${window} days`);
    const board = new BoardSnapshot(bytes);
    const { copyRanked } = board.header;
    // A rank takes 20 days.
    if (window !== 7) expect(copyRanked).toBeGreaterThan(5);
    const top = cast.wallets.filter(({ id }) => {
      const rank = board.standingOf(id)?.copyRank ?? null;
      return rank !== null && rank <= copyRanked / 10;
    });
    expect({ window, top: top.map(({ trick }) => trick) }).toEqual({ window, top: [] });
  }
  const shown = await shownReasons();
  expect(new Set(cast.wallets.map(({ trick }) => trick))).toEqual(new Set(Object.keys(REASON)));
  for (const { id, trick } of cast.wallets) {
    const row = shown.get(id);
    expect({ trick, codes: row?.codes }).toEqual({ trick, codes: expect.arrayContaining([REASON[trick]]) });
    if (trick === 'martingale with 95 % wins') expect(row?.win_rate).toBeGreaterThanOrEqual(0.95);
    for (const text of row?.texts ?? []) expect(text).not.toMatch(/NaN|undefined|Infinity/);
  }
});
