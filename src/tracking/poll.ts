/** One poll: everything that is asked about one trader, in order, and what came of it. */
import { isUnified } from '../domain/account_mode.ts';
import type { Address } from '../domain/address.ts';
import { FIRST_DEX } from '../domain/coin.ts';
import type { CoinTable } from '../domain/listed_coin.ts';
import { VenueError } from '../hyperliquid/errors.ts';
import { accountStateOf, clearinghouseState } from '../hyperliquid/info/clearinghouse_state.ts';
import { spotClearinghouseState, usdcOf } from '../hyperliquid/info/spot_clearinghouse_state.ts';
import { userAbstraction } from '../hyperliquid/info/user_abstraction.ts';
import type { InfoClient } from '../hyperliquid/transport.ts';
import type { WeightLane } from '../hyperliquid/weight/ledger.ts';
import type { Clock } from '../runtime/clock.ts';
import type { TrackedSnapshot } from '../store/tracking_results.ts';
import { namesUnknownCoin, readAccountState } from './account_state.ts';

/** Our clock may be wrong, but not by more. */
const MOST_AHEAD_MS = 86_400_000;

export interface Poll {
  readonly traderId: number;
  readonly address: Address;
  /** At least one. */
  readonly dexs: readonly string[];
  readonly mode: string | null;
  readonly wantsMode: boolean;
  /** Of a turn: when it was claimed, ms by the database's clock. */
  readonly claimedAt?: number;
  /** Undefined: its turn in the rotation. */
  readonly request?: {
    readonly dex: string;
    readonly priority: number;
    readonly reason: string;
    readonly isTurn: boolean;
  };
}

export interface PollAnswer {
  readonly snapshots: readonly TrackedSnapshot[];
  /** As asked just now; undefined: not asked. */
  readonly mode?: string;
}

/** The coins that we know, and a fresh look when the venue names another. */
export interface CoinSource {
  readonly table: CoinTable;
  refresh(): Promise<void>;
}

export interface PollContext {
  readonly info: InfoClient;
  readonly coins: CoinSource;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Longest wait for free weight. */
  readonly maxWaitMs: number;
}

/** Requests with this priority concern a leader that is watched or followed: money waits for the answer. */
const MOST_URGENT = 0;

export const isUrgent = (poll: Poll): boolean => poll.request?.priority === MOST_URGENT;

function laneOf(poll: Poll): WeightLane {
  if (poll.request === undefined) return 'sweep';
  return isUrgent(poll) ? 'repairs' : 'audits';
}

/** What a poll is likely to cost; the mode of the account may turn out to need more. */
export function expectedWeight({ address, dexs, mode, wantsMode }: Poll): number {
  const states = dexs.length * clearinghouseState(address).weight;
  const asks = wantsMode ? userAbstraction(address).weight : 0;
  return states + asks + (isUnified(mode) ? spotClearinghouseState(address).weight : 0);
}

/** @throws what InfoClient.ask throws: then nothing of it counts. */
export async function pollAccount(poll: Poll, context: PollContext): Promise<PollAnswer> {
  const { info, clock, signal, maxWaitMs } = context;
  const ask = { lane: laneOf(poll), signal, maxWaitMs };
  const asked = poll.wantsMode ? await info.ask(userAbstraction(poll.address), ask) : undefined;
  const mode = asked ?? poll.mode;
  const unified = isUnified(mode);
  const spotUsd = unified ? usdcOf(await info.ask(spotClearinghouseState(poll.address), ask)) : undefined;
  const dexs = unified ? [...new Set([FIRST_DEX, ...poll.dexs])] : poll.dexs;
  const snapshots: TrackedSnapshot[] = [];
  for (const dex of dexs) {
    const requestedAt = clock.now();
    const state = accountStateOf(await info.ask(clearinghouseState(poll.address, dex), ask));
    const receivedAt = clock.now();
    if (state.time > receivedAt + MOST_AHEAD_MS)
      throw new VenueError(
        'VENUE_SCHEMA',
        `the state of an account says a time that lies ahead: ${state.time}`,
      );
    if (namesUnknownCoin(state, context.coins.table)) await context.coins.refresh();
    const base = {
      traderId: poll.traderId,
      dex,
      requestedAt,
      receivedAt,
      purpose: poll.request?.reason ?? 'sweep',
      mode,
    };
    snapshots.push(
      readAccountState(state, spotUsd === undefined ? base : { ...base, spotUsd }, context.coins.table),
    );
  }
  return { snapshots, ...(asked === undefined ? {} : { mode: asked }) };
}
