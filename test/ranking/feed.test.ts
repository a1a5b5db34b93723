/** Records that go on with what the feed shows: event log and public trades in, no question about the trader. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CoinTable } from '../../src/domain/listed_coin.ts';
import { formatScaled } from '../../src/domain/money.ts';
import { backfill } from '../../src/ranking/backfill.ts';
import { extendRecords } from '../../src/ranking/extend_records.ts';
import { FundingRates } from '../../src/ranking/funding_rates.ts';
import { HourlyPrices } from '../../src/ranking/hourly_prices.ts';
import { unpackRecord } from '../../src/ranking/record.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { readCoins } from '../../src/store/coins.ts';
import { ensureDayPartitions, ensureOffsetPartitions, utcDay } from '../../src/store/partitions.ts';
import { readRecord, readRecords } from '../../src/store/trader_records.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type RankingRig, startRankingRig } from './rig.ts';

let test: TestDatabase;
let rig: RankingRig;
let prices: HourlyPrices;
let coins: CoinTable;
const never = new AbortController().signal;
const log = silentLogger;
const clock = systemClock;

beforeAll(async () => {
  test = await createTestDatabase();
  rig = await startRankingRig(test.database, { traders: 12, days: 20 });
  prices = new HourlyPrices(rig.info);
  await backfill({ database: test.database, info: rig.info, prices, clock, log, concurrency: 4 }, never);
  coins = new CoinTable(await readCoins(test.database));
}, 600_000);

afterAll(async () => {
  await rig?.close();
  await test?.close();
});

interface Told {
  readonly trader: number;
  readonly time: number;
  /** Micro-USD beyond what the trade explains. */
  readonly extra?: number;
  /** The event log does not have the trade. */
  readonly lost?: boolean;
  /** The account has one balance for all, and the rotation has seen that. */
  readonly unified?: boolean;
}

/** A base record of a perpetual account, and one lot of BTC bought at the last price, as stream and rotation write it. */
async function tell({ trader, time, extra = 0, lost = false, unified = false }: Told) {
  const { database } = test;
  const stored = await readRecord(database, trader);
  const coin = coins.bySymbol('BTC');
  if (stored === undefined || coin === undefined) throw new Error('no record to go on from');
  const { history, cash } = unpackRecord(stored.record, { slippageBp: () => 1 });
  const price = prices.markAt(coin.id, time) ?? 0;
  const held = new Map([...history.book.openPositions()].map((open) => [open.coin, open.size as number]));
  const before = held.get(coin.id) ?? 0;
  held.set(coin.id, before + 1);
  const [text, lot] = [formatScaled(price, 6 - coin.sizeDecimals), formatScaled(1, coin.sizeDecimals)];
  await ensureDayPartitions(database, 'trades', [utcDay(time)]);
  await ensureDayPartitions(database, 'account_snapshots', [utcDay(time)]);
  await ensureOffsetPartitions(database, 'position_changes', {
    epoch: 1,
    fromOffset: 1,
    throughOffset: 100,
  });
  await database.query('INSERT INTO trades VALUES ($1, $2, 77, $3, $4, $5, $6, 999, true, $2)', [
    coin.id,
    time,
    time,
    text,
    lot,
    trader,
  ]);
  if (!lost) {
    await database.query(
      `INSERT INTO position_changes VALUES (1, $1, $2, $3, 'increased', 'trades', $4, $5, $6, 0, 0, 0, 1, 0, 0,
         'exact', '{77}', $7, $7, $7)`,
      [
        trader,
        trader,
        coin.id,
        formatScaled(before, coin.sizeDecimals),
        formatScaled(before + 1, coin.sizeDecimals),
        text,
        time,
      ],
    );
  }
  const spent = cash - price + extra;
  const worth = [...held].reduce((sum, [id, size]) => sum + size * (prices.markAt(id, time) ?? 0), 0);
  const open = [...held].filter(([, size]) => size !== 0);
  await database.query(
    `INSERT INTO account_snapshots (snapshot_id, trader_id, dex, state_time, requested_at, received_at,
       account_value_usd, notional_usd, margin_used_usd, withdrawable_usd, raw_usd, account_mode, coin_ids, sizes,
       entry_prices, unrealised_usd)
     VALUES ($1, $2, '', $3, $3, $3, $4, 0, 0, 0, $5, $9, $6, $7::numeric[], $10::numeric[], $8::numeric[])`,
    [
      time,
      trader,
      time + 1,
      formatScaled(Math.round(spent + worth), 6),
      // A unified balance counts what positions cost: here what they are worth.
      formatScaled(Math.round(unified ? spent + worth : spent), 6),
      open.map(([id]) => id),
      open.map(([id, size]) => formatScaled(size, coins.byId(id)?.sizeDecimals ?? 0)),
      open.map(() => '0'),
      unified ? 'unifiedAccount' : 'default',
      open.map(([id]) => priceText(id, time)),
    ],
  );
  await database.query('UPDATE traders SET last_seen_at = $2 WHERE trader_id = $1', [trader, time]);
}

/** What one coin of a market costs, in USD. */
function priceText(id: number, time: number): string {
  const decimals = coins.byId(id)?.sizeDecimals ?? 0;
  return formatScaled(prices.markAt(id, time) ?? 0, 6 - decimals);
}

const extend = () =>
  extendRecords(
    { database: test.database, prices, funding: new FundingRates(rig.info), coins, clock },
    never,
  );

/** Traders whose money is in perpetuals alone, and whose record the venue explains. */
const plain = (): number[] =>
  rig.accounts.flatMap(({ member }, i) =>
    member.terms.unified || member.kind === 'marketMaker' ? [] : [i + 1],
  );

/** So soon after its history was read that an hour's end, with its funding, hardly ever lies between. */
const justAfter = async (trader: number): Promise<number> =>
  ((await readRecord(test.database, trader))?.through ?? 0) + 50 + told++;
let told = 0;

it('goes on with a trade that the feed showed, and asks the venue where money came in or a trade is missing', async () => {
  const { database } = test;
  const [first = 0, second = 0, third = 0] = plain();
  await database.query(`INSERT INTO stream_state VALUES (true, 1, 1, 1, 1, 1, 1, $1, $1)`, [
    clock.now() + 3_600_000,
  ]);
  const time = await justAfter(first);
  await tell({ trader: first, time });
  await tell({ trader: second, time: await justAfter(second), extra: 500e6 });
  await tell({ trader: third, time: await justAfter(third), lost: true });
  rig.takeQuestions();
  expect(await extend()).toEqual({ extended: 1, refused: { MONEY: 1, POSITIONS: 1 } });
  // Nothing about any trader: only the prices of coins may have been asked for.
  expect(
    rig.takeQuestions().filter((type) => type !== 'candleSnapshot' && type !== 'fundingHistory'),
  ).toEqual([]);
  const [record] = await readRecords(database, [first]);
  const { history } = unpackRecord(record?.record ?? Buffer.alloc(0), { slippageBp: () => 1 });
  expect(history.lastFill).toBe(time);
  const { rows } = await database.query(
    `SELECT trader_id, feed_failed FROM trader_history WHERE feed_failed IS NOT NULL ORDER BY trader_id`,
  );
  expect(rows).toEqual([
    { trader_id: second, feed_failed: 'MONEY' },
    { trader_id: third, feed_failed: 'POSITIONS' },
  ]);
  // The same account values again: nothing more to do.
  expect(await extend()).toEqual({ extended: 0, refused: {} });
});

it('goes on with a unified account by its one balance, which counts what its positions cost', async () => {
  const { database } = test;
  const [, , , trader = 0, richer = 0] = plain();
  const time = await justAfter(trader);
  await tell({ trader, time, unified: true });
  await tell({ trader: richer, time: await justAfter(richer), unified: true, extra: 500e6 });
  expect(await extend()).toEqual({ extended: 1, refused: { MONEY: 1 } });
  const [record] = await readRecords(database, [trader]);
  expect(unpackRecord(record?.record ?? Buffer.alloc(0), { slippageBp: () => 1 }).history.lastFill).toBe(
    time,
  );
});
