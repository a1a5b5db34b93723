/** How one execution moves an account: position, cost basis, raw USD, fees. Sums to zero over both sides and the fee pot. */
import type { Lots, MicroUsd, Ticks } from '../../domain/money.ts';
import { applyRateE9, ceilDiv, entryTicks, mulDiv } from './arithmetic.ts';
import { type Account, leverageOf, type Market, type Position, potOf, type State } from './state.ts';

function positionFor(s: State, account: Account, market: Market): Position {
  const held = account.positions.get(market.index);
  if (held) return held;
  const set = leverageOf(s, account, market);
  const pot = potOf(account, market.dexIndex);
  const position: Position = {
    market,
    pot,
    szi: 0 as Lots,
    cost: 0 as MicroUsd,
    leverage: set.leverage,
    isolated: !set.isCross,
    isolatedUsd: 0 as MicroUsd,
    fundingSinceOpen: 0,
    fundingSinceChange: 0,
    liquidationCooldownUntil: 0,
  };
  account.positions.set(market.index, position);
  pot.positions.push(position);
  return position;
}

export function dropPosition(account: Account, position: Position): void {
  account.positions.delete(position.market.index);
  const list = position.pot.positions;
  const index = list.indexOf(position);
  if (index >= 0) list.splice(index, 1);
}

/**
 * @returns realised PnL as fills state it, gross of fees: against the average entry cut to a whole tick, so up to one
 *   tick on the closed size beside the cash, which moves by the exact price.
 */
function closePart(position: Position, size: number, px: Ticks): number {
  const held = Math.abs(position.szi);
  const sign = position.szi > 0 ? 1 : -1;
  const entry = entryTicks(position.cost, held);
  // What stays is cut, not what goes: then a partial close never moves the average's whole tick.
  const costClosed = position.cost - mulDiv(position.cost, held - size, held);
  const proceeds = sign * size * px;
  const pot = position.pot;
  if (position.isolated) {
    const marginBefore = position.isolatedUsd + position.cost;
    position.isolatedUsd = (position.isolatedUsd + proceeds) as MicroUsd;
    const marginLeft = size === held ? 0 : marginBefore - mulDiv(marginBefore, size, held);
    // A full close gives everything back; a partial one its share plus the gain, never more margin than was there.
    const target = size === held ? 0 : -(position.cost - costClosed) + marginLeft;
    const released = size === held ? position.isolatedUsd : Math.max(0, position.isolatedUsd - target);
    position.isolatedUsd = (position.isolatedUsd - released) as MicroUsd;
    pot.usd = (pot.usd + released) as MicroUsd;
  } else pot.usd = (pot.usd + proceeds) as MicroUsd;
  position.cost = (position.cost - costClosed) as MicroUsd;
  position.szi = (position.szi - sign * size) as Lots;
  return sign * (px - entry) * size;
}

function openPart(position: Position, signed: number, px: Ticks): void {
  const notional = signed * px;
  const pot = position.pot;
  if (position.isolated) {
    const margin = ceilDiv(Math.abs(notional), position.leverage);
    pot.usd = (pot.usd - margin) as MicroUsd;
    position.isolatedUsd = (position.isolatedUsd + margin - notional) as MicroUsd;
  } else pot.usd = (pot.usd - notional) as MicroUsd;
  position.cost = (position.cost + notional) as MicroUsd;
  position.szi = (position.szi + signed) as Lots;
}

export interface Applied {
  readonly start: Lots;
  readonly closedPnl: MicroUsd;
}

/** Trades `signed` lots (positive buys) at `px` for the account, without fees. */
export function applyExecution(
  s: State,
  account: Account,
  market: Market,
  signed: number,
  px: Ticks,
): Applied {
  const position = positionFor(s, account, market);
  const start = position.szi;
  let rest = signed;
  let pnl = 0;
  if (start !== 0 && start > 0 !== signed > 0) {
    const size = Math.min(Math.abs(start), Math.abs(signed));
    pnl = closePart(position, size, px);
    rest = signed > 0 ? signed - size : signed + size;
    if (position.szi === 0) {
      position.fundingSinceOpen = 0;
      position.liquidationCooldownUntil = 0;
    }
  }
  if (rest !== 0) openPart(position, rest, px);
  position.fundingSinceChange = 0;
  if (position.szi === 0) dropPosition(account, position);
  market.openInterest += Math.max(0, start + signed) - Math.max(0, start);
  position.pot.examineAt = -1;
  s.events.touched.add(account.address);
  return { start, closedPnl: (pnl === 0 ? 0 : pnl) as MicroUsd };
}

/** The venue's display text for what a fill did. */
export function directionText(start: number, signed: number): string {
  const after = start + signed;
  if (start === 0 || start > 0 === signed > 0) return signed > 0 ? 'Open Long' : 'Open Short';
  if (after === 0 || after > 0 === start > 0) return start > 0 ? 'Close Long' : 'Close Short';
  return start > 0 ? 'Long > Short' : 'Short > Long';
}

interface FeeCharge {
  readonly fee: MicroUsd;
  readonly builderFee: MicroUsd | null;
}

/** Builder dexs: rate * (1 + scale), or * 2 * scale from 1; growth mode a tenth. A rebate stays what it is. */
export function builderDexRate(rate: number, feeScaleE2: number, growthMode: boolean): number {
  if (rate <= 0) return rate;
  const scaled = Math.trunc((rate * (feeScaleE2 < 100 ? 100 + feeScaleE2 : 2 * feeScaleE2)) / 100);
  return growthMode ? Math.trunc(scaled / 10) : scaled;
}

/** The deployer's part of a fee on its dex. */
export const deployerShare = (fee: number, feeScaleE2: number): number =>
  fee > 0 ? mulDiv(fee, feeScaleE2, 100 + feeScaleE2) : 0;

/** Fee of one side before any builder's part; negative is a rebate. */
export function exchangeFee(
  s: State,
  account: Account,
  market: Market,
  notional: number,
  isTaker: boolean,
): number {
  let rate = isTaker ? account.takerE9 : account.makerE9;
  if (market.dexIndex > 0)
    rate = builderDexRate(rate, s.dexes[market.dexIndex]?.feeScaleE2 ?? 0, market.growthMode);
  return applyRateE9(notional, rate);
}

/** Takes the fee from the account and books it: builder and deployer get theirs, the rest is the venue's. */
export function chargeFee(
  s: State,
  account: Account,
  market: Market,
  notional: number,
  isTaker: boolean,
  builder: { readonly account: Account; readonly tenthsBp: number } | null,
): FeeCharge {
  const pot = potOf(account, market.dexIndex);
  const dex = s.dexes[market.dexIndex];
  const base = exchangeFee(s, account, market, notional, isTaker);
  const builderFee = builder ? applyRateE9(notional, builder.tenthsBp * 10_000) : 0;
  pot.usd = (pot.usd - base - builderFee) as MicroUsd;
  let kept = base;
  if (dex?.deployer && base > 0) {
    const share = deployerShare(base, dex.feeScaleE2);
    const deployerPot = potOf(dex.deployer, 0);
    deployerPot.usd = (deployerPot.usd + share) as MicroUsd;
    kept -= share;
  }
  s.fees += BigInt(kept);
  if (builder && builderFee > 0) {
    const builderPot = potOf(builder.account, 0);
    builderPot.usd = (builderPot.usd + builderFee) as MicroUsd;
  }
  return {
    fee: (base + builderFee) as MicroUsd,
    builderFee: builder && builderFee > 0 ? (builderFee as MicroUsd) : null,
  };
}
