/**
 * Accounts that follow from trades alone: who holds what if every account was flat before the first trade. It lets
 * a replay or a tape answer clearinghouseState consistently with its own trades; it knows no fees and no funding.
 */
import { type InfoHandler, undeserialisable } from '../wire/backend.ts';
import { address } from '../wire/fields.ts';
import { priceDecimals, wireDecimal } from './decimals.ts';
import type { CoinSpec, WireTrade } from './types.ts';
import type { ListedMarket } from './view.ts';

/** Every account's deposit in such a world, micro-USD: one million USD. */
const DEPOSIT = 1_000_000_000_000;

interface Holding {
  /** Signed, lots. */
  size: number;
  /** Entry notional of what is held, signed like size, micro-USD. */
  cost: number;
}

interface Account {
  readonly holdings: Map<string, Holding>;
  /** Realised PnL, micro-USD. */
  realised: number;
}

export class TradeLedger {
  readonly #accounts = new Map<string, Account>();
  readonly #coins: ReadonlyMap<string, CoinSpec>;
  readonly #openInterest = new Map<string, number>();

  constructor(coins: readonly CoinSpec[]) {
    this.#coins = new Map(coins.map((coin) => [coin.symbol, coin]));
  }

  /** Applies trades of one coin to both users of each. */
  apply(symbol: string, trades: readonly WireTrade[]): void {
    const spec = this.#coins.get(symbol);
    if (spec === undefined) return;
    const sizeScale = 10 ** spec.szDecimals;
    const priceScale = 10 ** priceDecimals(spec.szDecimals);
    for (const trade of trades) {
      const size = Math.round(Number(trade.sz) * sizeScale);
      const price = Math.round(Number(trade.px) * priceScale);
      this.#move(trade.users[0], symbol, size, price);
      this.#move(trade.users[1], symbol, -size, price);
    }
  }

  /** Signed size in lots. */
  size(user: string, symbol: string): number {
    return this.#accounts.get(user)?.holdings.get(symbol)?.size ?? 0;
  }

  /** Sum of long positions, lots. */
  openInterest(symbol: string): number {
    return this.#openInterest.get(symbol) ?? 0;
  }

  #move(user: string, symbol: string, delta: number, price: number): void {
    let account = this.#accounts.get(user);
    if (account === undefined) {
      account = { holdings: new Map(), realised: 0 };
      this.#accounts.set(user, account);
    }
    const held = account.holdings.get(symbol) ?? { size: 0, cost: 0 };
    const before = Math.max(0, held.size);
    const closing = held.size * delta < 0 ? Math.min(Math.abs(held.size), Math.abs(delta)) : 0;
    if (closing > 0) {
      const closedCost = Math.round((held.cost * closing) / Math.abs(held.size));
      account.realised += Math.sign(held.size) * closing * price - closedCost;
      held.cost -= closedCost;
      held.size -= Math.sign(held.size) * closing;
    }
    const opening = delta - Math.sign(delta) * closing;
    held.size += opening;
    held.cost += opening * price;
    if (held.size === 0) account.holdings.delete(symbol);
    else account.holdings.set(symbol, held);
    this.#openInterest.set(symbol, this.openInterest(symbol) + Math.max(0, held.size) - before);
  }

  /** The venue's clearinghouseState of an account in one dex; an unknown account is empty. */
  state(user: string, dex: string, view: ListedMarket): unknown {
    const account = this.#accounts.get(user);
    const coins = view.dexs().find((known) => known.name === dex)?.coins ?? [];
    let value = account === undefined || dex !== '' ? 0 : DEPOSIT + account.realised;
    let rawUsd = value;
    let total = 0;
    let margin = 0;
    let maintenance = 0;
    const assetPositions: unknown[] = [];
    for (const coin of coins) {
      const held = account?.holdings.get(coin.symbol);
      if (held === undefined) continue;
      const row = positionRow(coin, held, view);
      rawUsd -= held.cost;
      value += row.signedValue - held.cost;
      total += Math.abs(row.signedValue);
      margin += row.margin;
      maintenance += Math.floor(Math.abs(row.signedValue) / (2 * coin.maxLeverage));
      assetPositions.push(row.wire);
    }
    const summary = {
      accountValue: wireDecimal(value, 6),
      totalNtlPos: wireDecimal(total, 6),
      totalRawUsd: wireDecimal(rawUsd, 6),
      totalMarginUsed: wireDecimal(margin, 6),
    };
    return {
      marginSummary: summary,
      crossMarginSummary: summary,
      crossMaintenanceMarginUsed: wireDecimal(maintenance, 6),
      withdrawable: wireDecimal(Math.max(0, value - Math.max(margin, Math.ceil(total / 10))), 6),
      assetPositions,
      time: view.now(),
    };
  }
}

const NO_FUNDING = { allTime: '0.0', sinceOpen: '0.0', sinceChange: '0.0' };
/** The leverage setting of an account that never set one, where the coin allows it. */
const DEFAULT_LEVERAGE = 20;

function positionRow(coin: CoinSpec, held: Holding, view: ListedMarket) {
  const decimals = priceDecimals(coin.szDecimals);
  const mark = Math.round(Number(view.context(coin.symbol).markPx) * 10 ** decimals);
  const signedValue = held.size * mark;
  const leverage = Math.min(DEFAULT_LEVERAGE, coin.maxLeverage);
  const margin = Math.ceil(Math.abs(signedValue) / leverage);
  const pnl = signedValue - held.cost;
  const entry = Math.floor(held.cost / held.size);
  return {
    signedValue,
    margin,
    wire: {
      type: 'oneWay',
      position: {
        coin: coin.symbol,
        szi: wireDecimal(held.size, coin.szDecimals),
        leverage: { type: 'cross', value: leverage },
        entryPx: wireDecimal(entry, decimals),
        positionValue: wireDecimal(Math.abs(signedValue), 6),
        unrealizedPnl: wireDecimal(pnl, 6),
        returnOnEquity: wireDecimal(
          Math.round((pnl / Math.max(1, Math.abs(held.cost) / leverage)) * 1e10),
          10,
        ),
        liquidationPx: null,
        marginUsed: wireDecimal(margin, 6),
        maxLeverage: coin.maxLeverage,
        cumFunding: NO_FUNDING,
      },
    },
  };
}

/** Account types that a ledger of trades can answer truthfully. */
export function ledgerInfo(ledger: TradeLedger, view: ListedMarket): [string, InfoHandler][] {
  return [
    [
      'clearinghouseState',
      (request) => {
        const dex = request['dex'] ?? '';
        if (typeof dex !== 'string' || !view.dexs().some((known) => known.name === dex))
          throw undeserialisable('unknown dex');
        return ledger.state(address(request, 'user'), dex, view);
      },
    ],
    ['spotClearinghouseState', () => ({ balances: [] })],
    ['userAbstraction', () => 'disabled'],
  ];
}
