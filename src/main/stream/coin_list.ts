/** Keeps the table of coins, and what is watched, at what the venue lists. */
import { type CoinKey, coinSymbol, FIRST_DEX, parseCoin } from '../../domain/coin.ts';
import type { CoinTable, ListedCoin } from '../../domain/listed_coin.ts';
import { meta } from '../../hyperliquid/info/meta.ts';
import { perpDexs } from '../../hyperliquid/info/perp_dexs.ts';
import type { InfoClient } from '../../hyperliquid/transport.ts';
import { type StoredCoin, setWatchedCoins, syncCoins, type VenueCoin } from '../../store/coins.ts';
import type { Database } from '../../store/database.ts';
import type { Lease } from '../../store/leases.ts';
import type { TraderDexs } from '../../tracking/trader_dexs.ts';

export interface VenueList {
  readonly coins: readonly VenueCoin[];
  readonly dexs: ReadonlySet<string>;
}

/** Every perpetual of every dex. */
export async function fetchVenueList(info: InfoClient, signal: AbortSignal): Promise<VenueList> {
  const ask = { lane: 'repairs', signal } as const;
  const dexs = (await info.ask(perpDexs(), ask)).map((dex) => dex?.name ?? FIRST_DEX);
  const coins: VenueCoin[] = [];
  for (const dex of dexs) {
    const { universe } = await info.ask(meta(dex), ask);
    for (const perp of universe) {
      coins.push({
        ...keyOf(dex, perp.name),
        sizeDecimals: perp.szDecimals,
        maxLeverage: Math.floor(perp.maxLeverage),
        delisted: perp.isDelisted === true,
      });
    }
  }
  return { coins: unique(coins), dexs: new Set(dexs) };
}

/** Names of a builder dex come with its prefix. */
const keyOf = (dex: string, name: string): CoinKey => (name.includes(':') ? parseCoin(name) : { dex, name });

const unique = (coins: readonly VenueCoin[]): VenueCoin[] => [
  ...new Map(coins.map((coin) => [coinSymbol(coin), coin])).values(),
];

export interface SyncOptions {
  readonly database: Database;
  readonly lease: Lease;
  readonly coins: CoinTable;
  readonly dexs: TraderDexs;
  /** '*' or symbols. */
  readonly watched: '*' | readonly string[];
  readonly now: number;
}

export interface SyncResult {
  /** Coins to be subscribed to. */
  readonly watched: readonly ListedCoin[];
  /** Coins that were never listed before. */
  readonly added: number;
  /** Ids of coins that the venue no longer trades. */
  readonly delisted: readonly number[];
  /** Former ids of coins whose precision changed: they go on under others. */
  readonly retired: readonly number[];
}

/** Writes the venue's list and returns what is to be watched of it. */
export async function applyVenueList(list: VenueList, options: SyncOptions): Promise<SyncResult> {
  const { database, lease, coins, dexs, watched, now } = options;
  const before = coins.all().length;
  const stored = await database.transaction(async (tx) => {
    await lease.check(tx);
    const all = await syncCoins(tx, list.coins, list.dexs, now);
    await setWatchedCoins(
      tx,
      watchedOf(all, watched).map((coin) => coin.id),
      now,
    );
    return all;
  });
  // By what this process knew, so that it is told also if the commit of a try before was not answered.
  const retired = stored.flatMap(({ id, symbol }) => {
    const former = coins.bySymbol(symbol)?.id ?? id;
    return former === id ? [] : [former];
  });
  for (const coin of stored) {
    coins.add(coin);
    dexs.addCoin(coin.id, coin.dex);
  }
  const delisted = stored.filter((coin) => coin.delisted).map((coin) => coin.id);
  return { watched: watchedOf(stored, watched), added: coins.all().length - before, delisted, retired };
}

/** What is to be watched of the coins that are listed. */
export function watchedOf(stored: readonly StoredCoin[], watched: '*' | readonly string[]): StoredCoin[] {
  const wanted = watched === '*' ? undefined : new Set(watched);
  return stored.filter((coin) => !coin.delisted && (wanted?.has(coin.symbol) ?? true));
}
