/**
 * Accounts that the venue took over, read from the ledger and held against the fills. Pure. A market liquidation has
 * fills like any order; the backstop takes positions with their margin, and its positions can go without a fill.
 */
import type { Fill } from '../domain/episodes/fill.ts';
import { DomainError } from '../domain/errors.ts';
import type { CoinTable } from '../domain/listed_coin.ts';
import {
  type Lots,
  lots,
  type MicroUsd,
  microUsd,
  PERP_PRICE_DECIMALS,
  parseLots,
  ticks,
} from '../domain/money.ts';
import { causeOf, type Taken, usdOf } from './venue_history.ts';
import type { WireLedgerUpdate, WireUserFill } from './wire/history.ts';

/** Positions that went to the liquidator, or by deleveraging where nothing was left. */
export interface Takeover {
  /** ms UTC. */
  readonly time: number;
  /** The account's, just before; null where the ledger's figure is not that of the whole account. */
  readonly accountValue: MicroUsd | null;
  /** Price times size over all positions, all counted positive, at mark. */
  readonly notional: MicroUsd;
  /** Signed sizes before, of all that were being liquidated. */
  readonly positions: readonly { readonly coin: number; readonly size: Lots }[];
  /** Coins whose positions went off the book; the others had market orders. */
  readonly taken: ReadonlySet<number>;
  /** Mark prices that fills tell, ticks by coin. */
  readonly marks: ReadonlyMap<number, number>;
  /** What no fill tells, as fills. Their price is the mark where there is one position only, else a placeholder. */
  readonly unfilled: readonly Fill[];
}

export interface ForcedPast {
  readonly updates: readonly WireLedgerUpdate[];
  readonly wire: readonly WireUserFill[];
  /** The same fills in order of execution. */
  readonly fills: readonly Fill[];
  /** Lower case. */
  readonly user: string;
  readonly coins: CoinTable;
  /** Signed lots by coin after all of it. */
  readonly held: ReadonlyMap<number, number>;
  /** One account of perpetuals, whose value is the ledger's `accountValue`. */
  readonly oneAccount: boolean;
}

/** A fill and the ledger's entry for it are of one block; a clock's difference is allowed for. */
const SAME_MS = 60_000;

interface Entry {
  readonly time: number;
  readonly accountValue: MicroUsd;
  readonly notional: MicroUsd;
  readonly positions: { readonly coin: number; readonly size: Lots }[];
  /** Coins of which a fill tells, with its time and the mark price in ticks. */
  readonly told: Map<number, { readonly time: number; readonly mark: number | null }>;
}

/** Every takeover of `user`, oldest first. An entry that names an unknown coin is counted as unread. */
export function takeoversOf(past: ForcedPast): Taken<Takeover> {
  const { entries, unread } = entriesOf(past);
  if (entries.length === 0) return { rows: [], unread };
  noteTold(entries, past);
  const chains = new Map<number, Fill[]>();
  for (const fill of past.fills) {
    const chain = chains.get(fill.coin);
    if (chain) chain.push(fill);
    else chains.set(fill.coin, [fill]);
  }
  const rows: Takeover[] = [];
  // From the newest back: what went in a later one was still held before it.
  for (const entry of entries.reverse()) {
    const unfilled = entry.positions
      .filter(({ coin, size }) =>
        hasVanished(chains.get(coin) ?? [], entry.time, size, past.held.get(coin) ?? 0),
      )
      .map(({ coin, size }) => asFill(entry, coin, size));
    for (const fill of unfilled) chains.set(fill.coin, inserted(chains.get(fill.coin) ?? [], fill));
    const told = [...entry.told];
    const taken = new Set([...told.map(([coin]) => coin), ...unfilled.map(({ coin }) => coin)]);
    if (taken.size === 0) continue;
    rows.push({
      time: Math.min(entry.time, ...told.map(([, { time }]) => time)),
      accountValue: past.oneAccount ? entry.accountValue : null,
      notional: entry.notional,
      positions: entry.positions,
      taken,
      marks: new Map(told.flatMap(([coin, { mark }]) => (mark === null ? [] : [[coin, mark]]))),
      unfilled,
    });
  }
  return { rows: rows.reverse(), unread };
}

function entriesOf({ updates, coins }: ForcedPast): { entries: Entry[]; unread: number } {
  const byTime = new Map<number, Entry>();
  let unread = 0;
  for (const { time, delta } of updates) {
    if (delta.type !== 'liquidation' || delta.liquidatedPositions === undefined) continue;
    try {
      const notional = usdOf(delta.liquidatedNtlPos ?? '0');
      const positions = delta.liquidatedPositions.map(({ coin: symbol, szi }) => {
        const coin = coins.bySymbol(symbol);
        if (coin === undefined)
          throw new DomainError('COIN_UNKNOWN', `${symbol} was liquidated and is not listed`);
        return { coin: coin.id, size: parseLots(szi, coin.sizeDecimals) };
      });
      // Isolated positions that go in the same block have an entry each; the first one says what there was before.
      const first = byTime.get(time);
      byTime.set(time, {
        time,
        accountValue: first?.accountValue ?? usdOf(delta.accountValue ?? '0'),
        notional: microUsd((first?.notional ?? 0) + notional),
        positions: [...(first?.positions ?? []), ...positions.filter(({ size }) => size !== 0)],
        told: new Map(),
      });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      unread++;
    }
  }
  return { entries: [...byTime.values()].sort((a, b) => a.time - b.time), unread };
}

/** Notes at each entry when fills off the book tell of it; a market liquidation's own fills say all there is. */
function noteTold(entries: readonly Entry[], { wire, user, coins }: ForcedPast): void {
  for (const fill of wire) {
    if (!isTakenOver(fill, user)) continue;
    const coin = coins.bySymbol(fill.coin);
    if (coin === undefined) continue;
    const away = ({ time }: Entry) => Math.abs(time - fill.time);
    const [nearest] = entries
      .filter((entry) => away(entry) <= SAME_MS && entry.positions.some((one) => one.coin === coin.id))
      .sort((a, b) => away(a) - away(b));
    const scale = 10 ** (PERP_PRICE_DECIMALS - coin.sizeDecimals);
    const markPx = fill.liquidation?.markPx;
    const mark = markPx === undefined || markPx === null ? null : Number(markPx) * scale;
    nearest?.told.set(coin.id, { time: fill.time, mark });
  }
}

function isTakenOver(fill: WireUserFill, user: string): boolean {
  if (causeOf(fill, user) !== 'liquidation') return false;
  const { dir, liquidation } = fill;
  return liquidation?.method === 'backstop' || dir.startsWith('Liquidated ') || dir === 'Auto-Deleveraging';
}

/** Whether a position was there at a time, is not there after it, and no fill closed it. */
function hasVanished(chain: readonly Fill[], time: number, size: number, held: number): boolean {
  let before: number | undefined;
  let after = held;
  for (const fill of chain) {
    if (fill.time > time || (fill.time === time && fill.startPosition === size)) {
      after = fill.startPosition;
      break;
    }
    before = fill.startPosition + fill.size;
  }
  return after === 0 && (before === undefined || before === size);
}

function asFill({ time, notional, positions }: Entry, coin: number, size: Lots): Fill {
  const lotsInAll = positions.reduce((sum, one) => sum + Math.abs(one.size), 0);
  return {
    time,
    coin,
    tradeId: 0,
    orderId: 0,
    size: lots(-size),
    price: ticks(Math.max(1, Math.round(notional / lotsInAll))),
    startPosition: size,
    fee: microUsd(0),
    closedPnl: null,
    maker: false,
    twapId: null,
    cause: 'liquidation',
  };
}

function inserted(chain: readonly Fill[], fill: Fill): Fill[] {
  const at = chain.findIndex(({ time }) => time > fill.time);
  return at < 0 ? [...chain, fill] : [...chain.slice(0, at), fill, ...chain.slice(at)];
}
