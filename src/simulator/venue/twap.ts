/** TWAP orders: a slice every 30 s as an IOC with bounded slippage, made by the chain (all-zero hash). */
import type { Lots, MicroUsd, Ticks } from '../../domain/money.ts';
import { mix32 } from './arithmetic.ts';
import { CHAIN_CAUSE } from './execution.ts';
import { marginVerdict } from './margin.ts';
import { matchAndRest, newOrder } from './placement.ts';
import type { TwapRecord, TwapState, TwapTrigger } from './records.ts';
import type { Account, Market, State, Twap } from './state.ts';
import { slippedPx } from './triggers.ts';

export function twapState(twap: Twap): TwapState {
  return {
    twapId: twap.id,
    user: twap.account.address,
    coin: twap.market,
    side: twap.isBuy ? 'B' : 'A',
    sz: twap.sz,
    executedSz: twap.executedSz as Lots,
    executedNtl: twap.executedNtl as MicroUsd,
    minutes: twap.minutes,
    reduceOnly: twap.reduceOnly,
    randomize: twap.randomize,
    timestamp: twap.start,
    stopPx: twap.stopPx,
    trigger: twap.trigger,
  };
}

function tellTwap(
  s: State,
  twap: Twap,
  status: TwapRecord['status'],
  description: string | null = null,
): void {
  const record: TwapRecord = { state: twapState(twap), status, description, time: s.time };
  s.events.twaps.push(record);
  twap.account.twaps.push(record);
}

interface TwapSpec {
  readonly market: Market;
  readonly isBuy: boolean;
  readonly sz: Lots;
  readonly reduceOnly: boolean;
  readonly minutes: number;
  readonly randomize: boolean;
  readonly stopPx?: Ticks | null;
  readonly trigger?: TwapTrigger | null;
}

/** @returns the twap's id, or the error text. */
export function startTwap(s: State, account: Account, spec: TwapSpec): number | string {
  const rules = s.rules.twap;
  const { market, isBuy, sz, minutes } = spec;
  if (!Number.isInteger(minutes) || minutes < rules.minMinutes || minutes > rules.maxMinutes)
    return `Invalid TWAP duration: ${minutes} min(s)`;
  if (market.delisted || market.halted || s.allHalted) return 'Trading is halted.';
  if (!Number.isSafeInteger(sz * market.mark)) return 'Order has invalid size.';
  if (sz * market.mark < rules.minUsd) return 'TWAP order value too small. Min is $100.';
  const szi = account.positions.get(market.index)?.szi ?? 0;
  if (spec.reduceOnly && (szi === 0 || szi > 0 === isBuy))
    return 'Reduce-only TWAP order would increase position.';
  const twap: Twap = {
    id: s.nextTwapId++,
    account,
    market,
    isBuy,
    sz,
    executedSz: 0,
    executedNtl: 0,
    minutes,
    reduceOnly: spec.reduceOnly,
    randomize: spec.randomize,
    start: s.time,
    slice: 0,
    slices: Math.max(1, Math.round((minutes * 60_000) / rules.sliceMs)),
    nextAt: s.time + rules.sliceMs,
    stopPx: spec.stopPx ?? null,
    trigger: spec.trigger ?? null,
  };
  s.twaps.set(twap.id, twap);
  const waits = twap.trigger !== null && !isReached(twap.trigger, market);
  if (waits) twap.nextAt = Number.POSITIVE_INFINITY;
  tellTwap(s, twap, waits ? 'waitingForTrigger' : 'activated');
  return twap.id;
}

const isReached = ({ px, above }: TwapTrigger, { mark }: Market): boolean =>
  above ? mark >= px : mark <= px;

/** After the marks moved: starts the orders whose trigger they reached, ends those that they drove past their stop. */
export function watchTwaps(s: State): void {
  for (const twap of [...s.twaps.values()]) {
    const { stopPx, trigger, market, isBuy } = twap;
    if (stopPx !== null && (isBuy ? market.mark >= stopPx : market.mark <= stopPx)) {
      s.twaps.delete(twap.id);
      tellTwap(s, twap, 'stopped');
    } else if (trigger !== null && twap.nextAt === Number.POSITIVE_INFINITY && isReached(trigger, market)) {
      twap.start = s.time;
      twap.nextAt = s.time + s.rules.twap.sliceMs;
      tellTwap(s, twap, 'activated');
    }
  }
}

/** @returns null, or the error text. */
export function cancelTwap(s: State, account: Account, id: number): string | null {
  const twap = s.twaps.get(id);
  if (twap === undefined || twap.account !== account)
    return 'TWAP was never placed, already canceled, or filled.';
  s.twaps.delete(id);
  tellTwap(s, twap, 'terminated');
  return null;
}

export function endTwapsOf(s: State, which: (twap: Twap) => boolean): void {
  for (const twap of [...s.twaps.values()]) if (which(twap)) cancelTwap(s, twap.account, twap.id);
}

export function nextTwapAt(s: State): number {
  let next = Number.POSITIVE_INFINITY;
  for (const twap of s.twaps.values()) next = Math.min(next, twap.nextAt);
  return next;
}

export function runTwaps(s: State): void {
  for (const twap of [...s.twaps.values()]) if (twap.nextAt <= s.time) runSlice(s, twap);
}

/** The size that brings the execution back to schedule, at most the catch-up multiple of an even slice. */
function sliceSize(s: State, twap: Twap): number {
  const even = twap.sz / twap.slices;
  let due = Math.ceil((twap.sz * twap.slice) / twap.slices) - twap.executedSz;
  if (twap.randomize && twap.slice < twap.slices)
    due = Math.ceil((due * (800 + (mix32(twap.id, twap.slice) % 401))) / 1000);
  return Math.min(due, twap.sz - twap.executedSz, Math.ceil(even * s.rules.twap.catchUp));
}

function runSlice(s: State, twap: Twap): void {
  const { account, market, isBuy } = twap;
  twap.slice += 1;
  twap.nextAt = s.time + s.rules.twap.sliceMs;
  let size = sliceSize(s, twap);
  if (twap.reduceOnly) {
    const szi = account.positions.get(market.index)?.szi ?? 0;
    size = szi === 0 || szi > 0 === isBuy ? 0 : Math.min(size, Math.abs(szi));
  }
  const signed = isBuy ? size : -size;
  if (
    size > 0 &&
    !market.halted &&
    !s.allHalted &&
    marginVerdict(s, account, market, signed, market.mark, 0) === 'ok'
  ) {
    const px = slippedPx(market.mark, isBuy, s.rules.twapSlippageE3);
    const spec = {
      market,
      isBuy,
      px,
      sz: size as Lots,
      reduceOnly: twap.reduceOnly,
      tif: 'Ioc' as const,
      trigger: null,
      cloid: null,
      builder: null,
      isPositionTpsl: false,
    };
    const placed = matchAndRest(s, newOrder(s, account, spec, size as Lots, twap.id), CHAIN_CAUSE);
    if (placed.kind === 'filled') {
      twap.executedSz += placed.size;
      twap.executedNtl += placed.notional;
    }
  }
  if (twap.executedSz < twap.sz && twap.slice < twap.slices) return;
  s.twaps.delete(twap.id);
  tellTwap(s, twap, 'finished');
}
