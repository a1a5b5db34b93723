/** The levers of operators, faults and tests; each is queued for the next block. */
import { DomainError } from '../../domain/errors.ts';
import { parseLots, parseTicks } from '../../domain/money.ts';
import { deleveragePosition } from './liquidation.ts';
import { delistMarket, listMarket, setMarginTable } from './listing.ts';
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
      const oracle = parseTicks(px, market.szDecimals);
      port.oracle([
        {
          market,
          oracle,
          external: external === undefined ? oracle : parseTicks(external, market.szDecimals),
        },
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
    delist: (symbol, px) =>
      onMarket(symbol, (market) => {
        if (!market.delisted)
          delistMarket(s, market, px === undefined ? market.mark : parseTicks(px, market.szDecimals));
      }),
    list: (listing) => port.enqueue(() => void listMarket(s, listing)),
    setMarginTable: (symbol, id) => onMarket(symbol, (market) => setMarginTable(s, market, id)),
    setOpenInterestCap: (symbol, usd) =>
      onMarket(symbol, (market) => {
        market.openInterestCap = usd;
      }),
  } satisfies Partial<VenueControl>;
}

function accountLevers(s: State, port: Port, onMarket: OnMarket) {
  return {
    deposit: (user, usd) => {
      if (!(usd > 0) || usd > LARGEST_BALANCE)
        throw new DomainError(
          'BAD_AMOUNT',
          `a deposit must be between 1 and ${LARGEST_BALANCE} micro-USD, got ${usd}`,
        );
      port.enqueue(() => deposit(s, user, usd));
    },
    forceLiquidation: (user, method) =>
      port.enqueue(() => {
        accountFor(s, user).forcedLiquidation = method;
        // Examined with the next mark update; this one moves nothing.
        const market = s.markets.find((m) => !m.delisted);
        if (market) port.oracle([{ market, oracle: market.oracle, external: market.external }]);
      }),
    forceAdl: (user, symbol, sz) =>
      onMarket(symbol, (market) => {
        const position = s.accounts.get(user)?.positions.get(market.index);
        if (position === undefined) return;
        const held = Math.abs(position.szi);
        const size = sz === undefined ? held : Math.min(held, parseLots(sz, market.szDecimals));
        deleveragePosition(s, position, size, market.mark);
      }),
    expireAgent: (agent) => port.enqueue(() => expireAgent(s, agent)),
    pruneNonces: (signer) => port.enqueue(() => void s.nonces.delete(signer)),
    refuseNext: (user, refusal, count) =>
      port.enqueue(() => void accountFor(s, user).refusals.push({ refusal, count })),
    partialFillNext: (user, symbol, sz, count) =>
      onMarket(symbol, (market) => {
        accountFor(s, user).partialFill = { lots: parseLots(sz, market.szDecimals), count };
      }),
    setActionBudget: (user, used) =>
      port.enqueue(() => {
        accountFor(s, user).requestsUsed = used;
      }),
  } satisfies Partial<VenueControl>;
}
