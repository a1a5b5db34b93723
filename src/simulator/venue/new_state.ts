/** The state before the first block. */
import { newEventBuffer } from './events.ts';
import type { VenueRules } from './rules.ts';
import type { State } from './state.ts';

export function newState(rules: VenueRules, salt: number, startTime: number): State {
  return {
    rules,
    salt,
    time: startTime,
    height: 0,
    dexes: [],
    markets: [],
    bySymbol: new Map(),
    byAssetId: new Map(),
    accounts: new Map(),
    accountList: [],
    agents: new Map(),
    nonces: new Map(),
    twaps: new Map(),
    scheduled: new Set(),
    nextOid: 1_000_001,
    nextTwapId: 1,
    nextLiquidationId: 1,
    transaction: { sequence: 1, hash: null },
    fees: 0n,
    insurance: 0n,
    residue: 0n,
    deposits: 0n,
    withdrawals: 0n,
    exchangeVolume: [],
    movesE9: 0,
    allHalted: false,
    postOnlyUntil: 0,
    liquidator: null,
    events: newEventBuffer(),
    touchedBooks: new Map(),
    touchedOrders: [],
  };
}
