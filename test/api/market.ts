/** Rows as the stream role writes them: coins, traders, trades, its state and its news. */
import type { Database } from '../../src/store/database.ts';
import { publishNews } from '../../src/store/news.ts';

export const EPOCH = 1_700_000_000_000;
const DAY = 86_400_000;

/** 0x and 40 hex digits that begin with the id's own. */
export const addressOf = (traderId: number): string =>
  `0x${traderId.toString(16).padStart(4, '0').padEnd(40, 'a')}`;

export async function addCoins(db: Database, names: readonly string[]): Promise<void> {
  for (const [index, name] of names.entries()) {
    await db.query(
      `INSERT INTO coins (coin_id, dex, name, size_decimals, max_leverage, first_seen_at) VALUES ($1, '', $2, 4, 50, $3)`,
      [index + 1, name, EPOCH],
    );
    await db.query('INSERT INTO coin_feed (coin_id, exact_since, interrupted) VALUES ($1, 0, false)', [
      index + 1,
    ]);
  }
}

export interface TraderSeed {
  readonly id: number;
  readonly lastSeenAt?: number;
  readonly trades?: number;
  readonly notional?: string;
}

export async function addTraders(db: Database, traders: readonly TraderSeed[]): Promise<void> {
  for (const { id, lastSeenAt = EPOCH + id, trades = id, notional = `${id * 10}.5` } of traders) {
    await db.query(
      `INSERT INTO traders (trader_id, address, first_seen_at, last_seen_at, trade_count, notional_usd, coin_count, through_seq)
       VALUES ($1, $2, $3, $4, $5, $6, 1, 1)`,
      [id, Buffer.from(addressOf(id).slice(2), 'hex'), EPOCH + id, lastSeenAt, trades, notional],
    );
    await db.query(
      `INSERT INTO trader_listing (trader_id, last_seen_at, trade_count, notional_usd) VALUES ($1, $2, $3, $4)`,
      [id, lastSeenAt, trades, notional],
    );
  }
}

/** Commits `count` trades from `firstSeq` on between traders 1 and 2, with the state and the news of the stream role. */
export async function addTrades(db: Database, firstSeq: number, count: number, time = EPOCH): Promise<void> {
  await db.query('SELECT create_day_partition($1, $2)', ['trades', Math.floor(time / DAY)]);
  await db.transaction(async (tx) => {
    for (let seq = firstSeq; seq < firstSeq + count; seq++) {
      await tx.query(
        `INSERT INTO trades (coin_id, time, trade_id, seq, price, size, buyer_id, seller_id, taker_is_buyer, received_at)
         VALUES (1, $1, $2, $2, '100.5', '0.0200', 1, 2, $3, $1)`,
        [time, seq, seq % 2 === 0],
      );
    }
    await tx.query(
      `INSERT INTO stream_state (epoch, flushes, next_offset, next_seq, positions_through, traders_through,
         alive_until, written_at)
       VALUES ($1, 1, 1, $2, 1, $2, $1, $1) ON CONFLICT (singleton) DO UPDATE SET next_seq = excluded.next_seq`,
      [EPOCH, firstSeq + count],
    );
    await publishNews(tx, 'trades', { epoch: EPOCH, offset: firstSeq + count - 1 });
  });
}
