/** The few numbers that describe the whole system, each from an index or a counter: cheap enough for every second. */
import type { Queryable } from './database.ts';

export interface SystemCounts {
  readonly traders: number;
  readonly tradersLastMinute: number;
  readonly tradersLastFiveMinutes: number;
  readonly tradersLastHour: number;
  /** Sequence number of the newest committed trade; 0 before the first. */
  readonly tradeSeq: number;
  /** Exchange time of the newest committed trade, ms. */
  readonly lastTradeAt: number | null;
  readonly coinsListed: number;
  readonly gapsLastDay: number;
  /** Head of the event log: its last offset; null before the stream role's first start. */
  readonly log: { readonly epoch: number; readonly offset: number } | null;
}

interface CountsRow {
  traders: number;
  last_minute: number;
  last_five: number;
  last_hour: number;
  trade_seq: number;
  last_trade_at: number | null;
  coins: number;
  gaps: number;
  epoch: number | null;
  next_offset: number | null;
}

function logHead(epoch: number | null, nextOffset: number | null): SystemCounts['log'] {
  return epoch === null || nextOffset === null ? null : { epoch, offset: Math.max(0, nextOffset - 1) };
}

/** @param now ms UTC */
export async function readSystemCounts(db: Queryable, now: number): Promise<SystemCounts> {
  const { rows } = await db.query<CountsRow>(
    `SELECT (SELECT coalesce(max(trader_id), 0) FROM traders) AS traders,
       r.last_minute, r.last_five, r.last_hour,
       coalesce(s.next_seq - 1, 0) AS trade_seq,
       (SELECT t.time FROM trades t WHERE t.seq = s.next_seq - 1) AS last_trade_at,
       (SELECT count(*) FROM coins WHERE retired_at IS NULL AND NOT delisted) AS coins,
       (SELECT count(*) FROM feed_gaps WHERE recorded_at > $1::int8 - 86400000) AS gaps,
       s.epoch, s.next_offset
     FROM (SELECT count(*) FILTER (WHERE first_seen_at > $1::int8 - 60000) AS last_minute,
             count(*) FILTER (WHERE first_seen_at > $1::int8 - 300000) AS last_five,
             count(*) AS last_hour
           FROM traders WHERE first_seen_at > $1::int8 - 3600000) r
     LEFT JOIN stream_state s ON true`,
    [now],
    'read_system_counts',
  );
  const row = rows[0];
  return {
    traders: row?.traders ?? 0,
    tradersLastMinute: row?.last_minute ?? 0,
    tradersLastFiveMinutes: row?.last_five ?? 0,
    tradersLastHour: row?.last_hour ?? 0,
    tradeSeq: row?.trade_seq ?? 0,
    lastTradeAt: row?.last_trade_at ?? null,
    coinsListed: row?.coins ?? 0,
    gapsLastDay: row?.gaps ?? 0,
    log: logHead(row?.epoch ?? null, row?.next_offset ?? null),
  };
}
