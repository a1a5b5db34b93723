/** The tape: public trades in the order in which they were committed. */
import type { Queryable } from './database.ts';

export interface TradeView {
  /** Dense sequence number given by the writer. */
  readonly seq: number;
  readonly dex: string;
  readonly coinName: string;
  readonly tradeId: number;
  /** Exchange time, ms. */
  readonly time: number;
  readonly price: string;
  readonly size: string;
  readonly notionalUsd: string;
  readonly takerIsBuyer: boolean;
  readonly buyerId: number;
  readonly sellerId: number;
  readonly buyer: string;
  readonly seller: string;
}

interface TradeRow {
  seq: number;
  dex: string;
  name: string;
  trade_id: number;
  time: number;
  price: string;
  size: string;
  notional: string;
  taker_is_buyer: boolean;
  buyer_id: number;
  seller_id: number;
  buyer: Buffer;
  seller: Buffer;
}

/**
 * The newest `limit` trades whose sequence number is above `afterSeq`, oldest first. What lies between is left out:
 * the tape is a view of now, not a record.
 */
export async function readTradesAfter(db: Queryable, afterSeq: number, limit: number): Promise<TradeView[]> {
  const { rows } = await db.query<TradeRow>(
    `SELECT t.seq, c.dex, c.name, t.trade_id, t.time, trim_scale(t.price)::text AS price,
       trim_scale(t.size)::text AS size, trim_scale(t.price * t.size)::text AS notional,
       t.taker_is_buyer, t.buyer_id, t.seller_id, b.address AS buyer, s.address AS seller
     FROM (SELECT * FROM trades
       WHERE seq >= greatest($1 + 1, (SELECT next_seq - $2 FROM stream_state))
         AND seq < (SELECT next_seq FROM stream_state)) t
     JOIN coins c USING (coin_id)
     JOIN traders b ON b.trader_id = t.buyer_id
     JOIN traders s ON s.trader_id = t.seller_id
     ORDER BY t.seq`,
    [afterSeq, limit],
    'read_trades_after',
  );
  return rows.map((row) => ({
    seq: row.seq,
    dex: row.dex,
    coinName: row.name,
    tradeId: row.trade_id,
    time: row.time,
    price: row.price,
    size: row.size,
    notionalUsd: row.notional,
    takerIsBuyer: row.taker_is_buyer,
    buyerId: row.buyer_id,
    sellerId: row.seller_id,
    buyer: `0x${row.buyer.toString('hex')}`,
    seller: `0x${row.seller.toString('hex')}`,
  }));
}
