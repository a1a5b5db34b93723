/** What the feed of trades is made of. */
import type { AddressIndex } from '../../domain/address_index.ts';
import type { CoinTable } from '../../domain/listed_coin.ts';
import type { TradeMemory } from '../../domain/trade_memory.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type { Dial } from './connection.ts';
import type { TradeFeedHooks } from './feed_hooks.ts';

export interface TradeFeedOptions {
  /** "wss://api.hyperliquid.xyz/ws" */
  readonly url: string;
  readonly coins: CoinTable;
  readonly addresses: AddressIndex;
  readonly memory: TradeMemory;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly hooks: TradeFeedHooks;
  /**
   * The venue's newest trades of a coin, newest first, as `recentTrades` gives them; rejects when it cannot say
   * within a few seconds.
   */
  readonly recentTrades: (symbol: string, signal: AbortSignal) => Promise<readonly unknown[]>;
  /** Exchange time until which a coin was watched before this start, for coins without a remembered trade. */
  readonly coveredUntil: (coin: number) => number | undefined;
  /**
   * While at most so many coins are watched, one that is seen for the first time is asked for what was traded just
   * before (weight 20 to 30 each): who trades seldom is known the sooner. Default: none.
   */
  readonly lookBackCoins?: number;
  readonly dial?: Dial;
}
