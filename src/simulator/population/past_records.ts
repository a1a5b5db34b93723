/** A past as the venue's records: fills, funding and trades of the accounts that somebody asks for. */
import type { Lots, MicroUsd, Ticks } from '../../domain/money.ts';
import { tradeIdOf, transactionHash, ZERO_HASH } from '../venue/arithmetic.ts';
import type { AccountHistory } from '../venue/history_port.ts';
import { directionText } from '../venue/positions.ts';
import type {
  FillRecord,
  FundingRecord,
  OrderUpdateRecord,
  TradeRecord,
  TwapRecord,
} from '../venue/records.ts';
import type { Market, State } from '../venue/state.ts';
import { FIRST, LIQUIDATION, MAKER, TWAP } from './fill_columns.ts';
import { answer, Fold } from './fold.ts';
import type { CoinHistory } from './market_history.ts';
import type { AccountPast, Past } from './past.ts';
import { ordersOf, twapsOf } from './past_orders.ts';

/** Order ids of the past begin where a new world's would. */
export const FIRST_OID = 1_000_001;
/** Transactions of the past are numbered far above those of the living world. */
const FIRST_TRANSACTION = 2 ** 40;
/** Slices of one TWAP are half a minute apart. */
const TWAP_GAP_MS = 45_000;
const FUNDING_KEPT = 5_000;
/** Accounts whose records are kept ready; a page after page reader asks for one again and again. */
const READY = 24;

export interface RowIds {
  readonly ownerOid: number;
  readonly counterOid: number;
  readonly tid: number;
  readonly hash: string;
}

/** What the venue serves of one account; orders and TWAPs are made when somebody asks. */
interface Served {
  readonly fills: readonly FillRecord[];
  readonly twapFills: readonly FillRecord[];
  orders?: readonly OrderUpdateRecord[];
  twaps?: readonly TwapRecord[];
}

export class PastRecords {
  readonly past: Past;
  readonly #salt: number;
  readonly #markets: readonly Market[];
  readonly #ready = new Map<number, Served>();
  readonly #kept: number;
  readonly #twapsInFills: boolean;

  constructor(past: Past, state: State) {
    this.past = past;
    this.#salt = state.salt;
    this.#markets = state.markets;
    this.#kept = state.rules.fillsKept;
    this.#twapsInFills = state.rules.twapFillsInUserFills;
  }

  historyOf(account: AccountPast): AccountHistory {
    return {
      fills: () => this.#records(account).fills,
      twapFills: () => this.#records(account).twapFills,
      funding: () => this.funding(account),
      orders: () => {
        const records = this.#records(account);
        records.orders ??= ordersOf(records.fills.filter((fill) => fill.twapId === null));
        return records.orders;
      },
      twaps: () => {
        const records = this.#records(account);
        records.twaps ??= twapsOf(records.twapFills);
        return records.twaps;
      },
    };
  }

  #records(account: AccountPast): Served {
    const { index } = account.member;
    let records = this.#ready.get(index);
    if (records === undefined) {
      const all = this.fills(account, this.#kept);
      const plain = (fill: FillRecord): boolean => fill.twapId === null;
      records = {
        fills: this.#twapsInFills ? all : all.filter(plain),
        twapFills: all.filter((fill) => !plain(fill)),
      };
      if (this.#ready.size >= READY) this.#ready.delete(this.#ready.keys().next().value as number);
    } else this.#ready.delete(index);
    this.#ready.set(index, records);
    return records;
  }

  rowIds(row: number): RowIds {
    const { rows, rank } = this.past;
    const flags = rows.flags[row] as number;
    let first = row;
    while (((rows.flags[first] as number) & FIRST) === 0) first--;
    const ownerOid = FIRST_OID + 2 * (rank[first] as number);
    const counterOid = FIRST_OID + 2 * (rank[row] as number) + 1;
    const buys = (rows.size[row] as number) > 0;
    return {
      ownerOid,
      counterOid,
      tid: buys ? tradeIdOf(ownerOid, counterOid) : tradeIdOf(counterOid, ownerOid),
      hash:
        (flags & (TWAP | LIQUIDATION)) !== 0
          ? ZERO_HASH
          : transactionHash(this.#salt, FIRST_TRANSACTION + (rank[first] as number)),
    };
  }

  /** The account's newest fills, oldest first. */
  fills(account: AccountPast, newest = Number.POSITIVE_INFINITY): FillRecord[] {
    const { market, rows } = this.past;
    const { index } = account.member;
    const fold = new Fold(market, account.member.terms, account.opening.time);
    const out: FillRecord[] = [];
    const list = rowList(account);
    const begin = Math.max(0, list.length - newest);
    for (let i = 0; i < list.length; i++) {
      const row = list.at(i);
      answer(fold, index, rows, row);
      if (i >= begin) out.push(this.fillOf(row, index, fold));
    }
    return out;
  }

  /** The record of a row from the side of account `index`, whose fold has just taken it. */
  fillOf(row: number, index: number, fold: Fold): FillRecord {
    const { accounts, rows } = this.past;
    const flags = rows.flags[row] as number;
    const own = rows.owner[row] === index;
    const coin = this.#markets[rows.coin[row] as number] as Market;
    const signed = (own ? 1 : -1) * (rows.size[row] as number);
    const px = rows.px[row] as Ticks;
    const ids = this.rowIds(row);
    const owner = accounts[rows.owner[row] as number] as AccountPast;
    const liquidated = (flags & LIQUIDATION) !== 0;
    return {
      user: (accounts[index] as AccountPast).member.address,
      coin,
      px,
      sz: Math.abs(signed) as Lots,
      side: signed > 0 ? 'B' : 'A',
      time: rows.time[row] as number,
      startPosition: fold.start as Lots,
      dir: directionText(fold.start, signed),
      closedPnl: fold.closedPnl as MicroUsd,
      hash: ids.hash,
      oid: own ? ids.ownerOid : ids.counterOid,
      crossed: own !== ((flags & MAKER) !== 0),
      fee: fold.fee as MicroUsd,
      builderFee: fold.builderFee === 0 ? null : (fold.builderFee as MicroUsd),
      tid: ids.tid,
      twapId: own && (flags & TWAP) !== 0 ? this.#twapId(row) : null,
      cloid: null,
      liquidation: liquidated
        ? { liquidatedUser: owner.member.address, markPx: this.#mark(row) as Ticks, method: 'market' }
        : null,
    };
  }

  #mark(row: number): number {
    const { market, rows } = this.past;
    return market.markAt(market.byIndex[rows.coin[row] as number] as CoinHistory, rows.time[row] as number);
  }

  #twapId(row: number): number {
    const { rows, rank } = this.past;
    let first = row;
    while (
      first > 0 &&
      rows.owner[first - 1] === rows.owner[row] &&
      rows.coin[first - 1] === rows.coin[row] &&
      ((rows.flags[first - 1] as number) & TWAP) !== 0 &&
      (rows.time[first] as number) - (rows.time[first - 1] as number) < TWAP_GAP_MS
    )
      first--;
    return 1 + (rank[first] as number);
  }

  /** The account's newest funding payments, oldest first. */
  funding(account: AccountPast, newest = FUNDING_KEPT): FundingRecord[] {
    const { market, rows } = this.past;
    const { address, index, terms } = account.member;
    const fold = new Fold(market, terms, account.opening.time);
    const out: FundingRecord[] = [];
    fold.onFunding = (holding, hour, usd) => {
      out.push({
        user: address,
        coin: this.#markets[holding.coin.index] as Market,
        time: market.hourTime(hour),
        usdc: usd as MicroUsd,
        szi: holding.szi as Lots,
        rateE10: holding.coin.ratesE10[hour] as number,
      });
    };
    const list = rowList(account);
    for (let i = 0; i < list.length; i++) answer(fold, index, rows, list.at(i));
    fold.advance(market.end);
    return out.slice(-newest);
  }

  /** The public trade of a row. */
  trade(row: number): TradeRecord {
    const { accounts, rows } = this.past;
    const buys = (rows.size[row] as number) > 0;
    const ownerTakes = ((rows.flags[row] as number) & MAKER) === 0;
    const ids = this.rowIds(row);
    const address = (index: number) => (accounts[index] as AccountPast).member.address;
    const owner = address(rows.owner[row] as number);
    const counter = address(rows.counter[row] as number);
    return {
      coin: this.#markets[rows.coin[row] as number] as Market,
      side: buys === ownerTakes ? 'B' : 'A',
      px: rows.px[row] as Ticks,
      sz: Math.abs(rows.size[row] as number) as Lots,
      time: rows.time[row] as number,
      hash: ids.hash,
      tid: ids.tid,
      buyer: buys ? owner : counter,
      seller: buys ? counter : owner,
    };
  }
}

interface RowList {
  readonly length: number;
  at(i: number): number;
}

/** Rows of an account in order of time. */
export function rowList({ rows }: AccountPast): RowList {
  if (rows instanceof Uint32Array) return { length: rows.length, at: (i) => rows[i] as number };
  return { length: rows.to - rows.from, at: (i) => rows.from + i };
}
