/** The levers of operators, faults and tests; each is queued for the next block. */
import { DomainError } from '../../domain/errors.ts';
import { type Lots, parseLots, parseTicks, type Ticks } from '../../domain/money.ts';
import { deleveragePosition } from './liquidation.ts';
import { checkListing, delistMarket, isListed, listMarket, setMarginTable, tiersOf } from './listing.ts';
import { expireAgent } from './permissions.ts';
import type { OracleInput } from './prices.ts';
import type { Market, State } from './state.ts';
import { accountFor, deposit, LARGEST_BALANCE } from './transfers.ts';
import type { VenueControl } from './types.ts';

interface Port {
  readonly enqueue: (lever: (s: State) => void) => void;
  readonly oracle: (inputs: readonly OracleInput[]) => void;
}

function marketOf(s: State, symbol: string): Market {
  const market = s.bySymbol.get(symbol);
  if (market === undefined)
    throw new DomainError('UNKNOWN_COIN', `no coin ${symbol}; see meta for the names`);
  return market;
}

/** A price at which the coin's positions are still exact numbers of micro-USD. */
function parsePrice(px: string, market: Market): Ticks {
  const ticks = parseTicks(px, market.szDecimals);
  if (!(ticks > 0) || !Number.isSafeInteger(ticks * Math.max(1, 2 * market.openInterest)))
    throw new DomainError('BAD_PRICE', `${px} is no price at which ${market.symbol} can be held`);
  return ticks;
}

function parseSize(sz: string, market: Market): Lots {
  const lots = parseLots(sz, market.szDecimals);
  if (!(lots > 0)) throw new DomainError('BAD_AMOUNT', `a size must be above zero, got ${sz}`);
  return lots;
}

type OnMarket = (symbol: string, lever: (market: Market) => void) => void;

export function controlOf(s: State, port: Port): VenueControl {
  const onMarket: OnMarket = (symbol, lever) => {
    const market = marketOf(s, symbol);
    port.enqueue(() => lever(market));
  };
  return { ...marketLevers(s, port, onMarket), ...accountLevers(s, port, onMarket) };
}

function marketLevers(s: State, port: Port, onMarket: OnMarket) {
  return {
    setOracle: (symbol, px, external) => {
      const market = marketOf(s, symbol);
      const oracle = parsePrice(px, market);
      port.oracle([
        { market, oracle, external: external === undefined ? oracle : parsePrice(external, market) },
      ]);
    },
    halt: (symbol, halted) =>
      onMarket(symbol, (market) => {
        market.halted = halted;
        s.events.metaChanged = true;
      }),
    haltAll: (halted) =>
      port.enqueue(() => {
        s.allHalted = halted;
      }),
    postOnlyUntil: (time) =>
      port.enqueue(() => {
        s.postOnlyUntil = time;
      }),
    delist: (symbol, px) => {
      const settlement = px === undefined ? null : parsePrice(px, marketOf(s, symbol));
      onMarket(symbol, (market) => {
        if (!market.delisted) delistMarket(s, market, settlement ?? market.mark);
      });
    },
    list: (listing) => {
      checkListing(s, listing);
      port.enqueue(() => {
        // Another lever of the same block may have listed it already.
        if (!isListed(s, listing)) listMarket(s, listing);
      });
    },
    setMarginTable: (symbol, id) => {
      tiersOf(id);
      onMarket(symbol, (market) => setMarginTable(s, market, id));
    },
    setOpenInterestCap: (symbol, usd) =>
      onMarket(symbol, (market) => {
        market.openInterestCap = usd;
      }),
  } satisfies Partial<VenueControl>;
}

function accountLevers(s: State, port: Port, onMarket: OnMarket) {
  return {
    deposit: (user, usd) => {
      const fits = () => usd > 0 && (s.accounts.get(user)?.netFlow ?? 0) + usd <= LARGEST_BALANCE;
      if (!fits())
        throw new DomainError(
          'BAD_AMOUNT',
          `a deposit must be above zero and leave the account below ${LARGEST_BALANCE} micro-USD, got ${usd}`,
        );
      port.enqueue(() => {
        // Others of the same block may have used the room up.
        if (fits()) deposit(s, user, usd);
      });
    },
    forceLiquidation: (user, method) =>
      port.enqueue(() => {
        accountFor(s, user).forcedLiquidation = method;
        // Examined with the next mark update; this one moves nothing.
        const market = s.markets.find((m) => !m.delisted);
        if (market) port.oracle([{ market, oracle: market.oracle, external: market.external }]);
      }),
    forceAdl: (user, symbol, sz) => {
      const most = sz === undefined ? Number.POSITIVE_INFINITY : parseSize(sz, marketOf(s, symbol));
      onMarket(symbol, (market) => {
        const position = s.accounts.get(user)?.positions.get(market.index);
        if (position !== undefined)
          deleveragePosition(s, position, Math.min(Math.abs(position.szi), most), market.mark);
      });
    },
    expireAgent: (agent) => port.enqueue(() => expireAgent(s, agent)),
    pruneNonces: (signer) => port.enqueue(() => void s.nonces.delete(signer)),
    refuseNext: (user, refusal, count) =>
      port.enqueue(() => void accountFor(s, user).refusals.push({ refusal, count })),
    partialFillNext: (user, symbol, sz, count) => {
      const lots = parseSize(sz, marketOf(s, symbol));
      onMarket(symbol, () => {
        accountFor(s, user).partialFill = { lots, count };
      });
    },
    setActionBudget: (user, used) =>
      port.enqueue(() => {
        accountFor(s, user).requestsUsed = used;
      }),
  } satisfies Partial<VenueControl>;
}
