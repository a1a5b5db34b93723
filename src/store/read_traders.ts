/** Traders as the API lists them. Pages by key, never by offset: a page costs the same however deep it lies. */
import type { Queryable } from './database.ts';

export type TraderOrderBy = 'lastSeen' | 'firstSeen' | 'trades' | 'notional' | 'address';

/** Column and its SQL type, for each order: `o` is the list by activity. The trader id breaks ties. */
const ORDER_COLUMNS: Readonly<Record<TraderOrderBy, { column: string; type: string }>> = {
  lastSeen: { column: 'o.last_seen_at', type: 'int8' },
  firstSeen: { column: 't.first_seen_at', type: 'int8' },
  trades: { column: 'o.trade_count', type: 'int8' },
  notional: { column: 'o.notional_usd', type: 'numeric' },
  address: { column: 't.address', type: 'bytea' },
};

export interface TraderView {
  readonly traderId: number;
  /** 0x and 40 hex digits, lower case. */
  readonly address: string;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly tradeCount: number;
  /** Decimal USD. */
  readonly notionalUsd: string;
  readonly coinCount: number;
  readonly lastTrackedAt: number | null;
  readonly watched: boolean;
  /** The value that the page was ordered by, as text; the next page starts behind it. */
  readonly orderValue: string;
}

export interface TraderPage {
  readonly orderBy: TraderOrderBy;
  readonly descending: boolean;
  readonly limit: number;
  /** Last row of the page before. */
  readonly after?: { readonly value: string; readonly traderId: number } | undefined;
  /** Lower-case hex digits, without 0x, that the address begins with. */
  readonly addressPrefix?: string | undefined;
  readonly watched?: boolean | undefined;
}

interface TraderRow {
  trader_id: number;
  address: Buffer;
  first_seen_at: number;
  last_seen_at: number;
  trade_count: number;
  notional_usd: string;
  coin_count: number;
  last_tracked_at: number | null;
  watched: boolean;
  order_value: string;
}

/** `totals`: where last seen, trades and notional are read. */
const columnsFrom = (totals: 't' | 'o') => `t.trader_id, t.address, t.first_seen_at, ${totals}.last_seen_at,
  ${totals}.trade_count, ${totals}.notional_usd, t.coin_count, t.last_tracked_at,
  EXISTS (SELECT FROM watchlist w WHERE w.trader_id = t.trader_id) AS watched`;

const toView = (row: TraderRow): TraderView => ({
  traderId: row.trader_id,
  address: `0x${row.address.toString('hex')}`,
  firstSeenAt: row.first_seen_at,
  lastSeenAt: row.last_seen_at,
  tradeCount: row.trade_count,
  notionalUsd: row.notional_usd,
  coinCount: row.coin_count,
  lastTrackedAt: row.last_tracked_at,
  watched: row.watched,
  orderValue: row.order_value,
});

/** Lowest and highest address with a prefix: an index range instead of a pattern. */
function addressRange(prefix: string): { low: Buffer; high: Buffer } {
  return {
    low: Buffer.from(prefix.padEnd(40, '0'), 'hex'),
    high: Buffer.from(prefix.padEnd(40, 'f'), 'hex'),
  };
}

/** One page of traders. By activity it shows the totals that the list is ordered by, so that a page agrees with itself. */
export async function readTraderPage(db: Queryable, page: TraderPage): Promise<TraderView[]> {
  const { column, type } = ORDER_COLUMNS[page.orderBy];
  const list = column.startsWith('o.') ? 'o' : 't';
  const direction = page.descending ? 'DESC' : 'ASC';
  const params: unknown[] = [page.limit];
  const param = (value: unknown, cast: string): string => `$${params.push(value)}::${cast}`;
  const where: string[] = [];
  if (page.addressPrefix !== undefined && page.addressPrefix !== '') {
    const { low, high } = addressRange(page.addressPrefix);
    where.push(`t.address BETWEEN ${param(low, 'bytea')} AND ${param(high, 'bytea')}`);
  }
  if (page.watched !== undefined) {
    where.push(
      `${page.watched ? '' : 'NOT '}EXISTS (SELECT FROM watchlist w WHERE w.trader_id = t.trader_id)`,
    );
  }
  if (page.after !== undefined) {
    const value = page.orderBy === 'address' ? Buffer.from(page.after.value, 'hex') : page.after.value;
    where.push(
      `(${column}, ${list}.trader_id) ${page.descending ? '<' : '>'} (${param(value, type)}, ${param(page.after.traderId, 'int8')})`,
    );
  }
  const orderValue = page.orderBy === 'address' ? `encode(t.address, 'hex')` : `${column}::text`;
  const { rows } = await db.query<TraderRow>(
    `SELECT ${columnsFrom(list)}, ${orderValue} AS order_value
     FROM ${list === 'o' ? 'trader_listing o JOIN traders t USING (trader_id)' : 'traders t'}
     ${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`}
     ORDER BY ${column} ${direction}, ${list}.trader_id ${direction} LIMIT $1`,
    params,
  );
  return rows.map(toView);
}

/** The trader with an address (0x and 40 hex digits), or undefined. */
export async function readTrader(db: Queryable, address: string): Promise<TraderView | undefined> {
  const { rows } = await db.query<TraderRow>(
    `SELECT ${columnsFrom('t')}, '' AS order_value FROM traders t WHERE t.address = $1`,
    [Buffer.from(address.slice(2), 'hex')],
    'read_trader',
  );
  const row = rows[0];
  return row && toView(row);
}

/** Traders by id, in no order. */
export async function readTradersById(db: Queryable, traderIds: readonly number[]): Promise<TraderView[]> {
  const { rows } = await db.query<TraderRow>(
    `SELECT ${columnsFrom('t')}, '' AS order_value FROM traders t WHERE t.trader_id = ANY ($1::int8[])`,
    [traderIds],
    'read_traders_by_id',
  );
  return rows.map(toView);
}
