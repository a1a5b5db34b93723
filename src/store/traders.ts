/** Traders, as the stream role loads and writes them. */
import { type BigMicroUsd, formatUsd } from '../domain/money.ts';
import { copyRows, type RowSource, rowSource } from './binary_copy.ts';
import type { Queryable, Transaction } from './database.ts';

export interface TraderRecord {
  readonly traderId: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly tradeCount: number;
  readonly notional: BigMicroUsd;
  readonly coinCount: number;
  /** Trades before this seq are in the totals. */
  readonly throughSeq: number;
}

const PAGE = 20_000;
const UPDATE_ROWS = 1000;

interface TraderRow {
  trader_id: number;
  address: Buffer;
  first_seen_at: number;
  last_seen_at: number;
  trade_count: number;
  notional_usd: string;
  coin_count: number;
  through_seq: number;
  listed: boolean;
}

/** Every stored trader in order of id, page by page; `isListed`: its place in the list is that of its totals. */
export async function loadTraders(
  db: Queryable,
  each: (trader: TraderRecord, address: Uint8Array, isListed: boolean) => void,
): Promise<void> {
  let after = 0;
  for (;;) {
    const { rows } = await db.query<TraderRow>(
      `SELECT t.trader_id, t.address, t.first_seen_at, t.last_seen_at, t.trade_count, t.notional_usd, t.coin_count,
         t.through_seq, coalesce((l.last_seen_at, l.trade_count, l.notional_usd)
           = (t.last_seen_at, t.trade_count, t.notional_usd), false) AS listed
       FROM (SELECT * FROM traders WHERE trader_id > $1 ORDER BY trader_id LIMIT ${PAGE}) t
       LEFT JOIN trader_listing l USING (trader_id) ORDER BY t.trader_id`,
      [after],
    );
    for (const row of rows) {
      each(
        {
          traderId: row.trader_id,
          firstSeenAt: row.first_seen_at,
          lastSeenAt: row.last_seen_at,
          tradeCount: row.trade_count,
          notional: parseBigUsd(row.notional_usd),
          coinCount: row.coin_count,
          throughSeq: row.through_seq,
        },
        row.address,
        row.listed,
      );
      after = row.trader_id;
    }
    if (rows.length < PAGE) return;
  }
}

/** A numeric of at most six decimals as micro-USD. */
function parseBigUsd(text: string): BigMicroUsd {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(6, '0').slice(0, 6)) as BigMicroUsd;
}

/** Rows of traders that are new. */
export const newTraderRows = (
  traders: readonly TraderRecord[],
  copyAddress: (traderId: number, target: Uint8Array, offset: number) => void,
): RowSource =>
  rowSource(8, traders.length, (copy, at) => {
    const trader = traders[at] as TraderRecord;
    copy.int8(trader.traderId);
    copy.bytea(20, (target, offset) => copyAddress(trader.traderId, target, offset));
    copy.int8(trader.firstSeenAt);
    copy.int8(trader.lastSeenAt);
    copy.int8(trader.tradeCount);
    copy.bigScaled(trader.notional, 6);
    copy.int4(trader.coinCount);
    copy.int8(trader.throughSeq);
  });

export const copyNewTraders = (tx: Transaction, rows: RowSource): Promise<void> =>
  copyRows(
    tx,
    'traders (trader_id, address, first_seen_at, last_seen_at, trade_count, notional_usd, coin_count, through_seq)',
    rows,
  );

/** Writes the totals of traders that are there already. */
export async function updateTraders(tx: Queryable, traders: readonly TraderRecord[]): Promise<void> {
  for (let at = 0; at < traders.length; at += UPDATE_ROWS) {
    const rows = traders.slice(at, at + UPDATE_ROWS);
    await tx.query(
      `UPDATE traders t SET first_seen_at = u.first_seen_at, last_seen_at = u.last_seen_at,
         trade_count = u.trade_count, notional_usd = u.notional_usd, coin_count = u.coin_count,
         through_seq = u.through_seq
       FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::numeric[], $6::int4[], $7::int8[])
         AS u (trader_id, first_seen_at, last_seen_at, trade_count, notional_usd, coin_count, through_seq)
       WHERE t.trader_id = u.trader_id`,
      [
        rows.map((one) => one.traderId),
        rows.map((one) => one.firstSeenAt),
        rows.map((one) => one.lastSeenAt),
        rows.map((one) => one.tradeCount),
        rows.map((one) => formatUsd(one.notional)),
        rows.map((one) => one.coinCount),
        rows.map((one) => one.throughSeq),
      ],
      'update_traders',
    );
  }
}
