/** Margin arithmetic of the protocol reference, 2.3 and 4.9. All amounts micro-USD, all prices marks. */
import type { Lots } from '../../domain/money.ts';
import { ceilDiv, mulDiv } from './arithmetic.ts';
import type { MarginTier } from './coin_table.ts';
import {
  type Account,
  leverageOf,
  type Market,
  type Position,
  type Pot,
  potOf,
  type State,
  type TierRule,
} from './state.ts';

const USD = 1_000_000;

/** Adds to each tier the deduction that makes maintenance margin continuous at its lower bound. */
export function tierRules(tiers: readonly MarginTier[]): readonly TierRule[] {
  const rules: TierRule[] = [];
  let deduction = 0;
  let previous: MarginTier | undefined;
  for (const tier of tiers) {
    const lowerBound = tier.lowerBoundUsd * USD;
    if (previous !== undefined) {
      const gap = previous.maxLeverage - tier.maxLeverage;
      deduction += mulDiv(lowerBound, gap, 2 * tier.maxLeverage * previous.maxLeverage);
    }
    rules.push({ lowerBound, maxLeverage: tier.maxLeverage, deduction });
    previous = tier;
  }
  return rules;
}

export function tierOf(market: Market, notional: number): TierRule {
  const tiers = market.tiers;
  for (let i = tiers.length - 1; i > 0; i--) {
    const tier = tiers[i] as TierRule;
    if (notional >= tier.lowerBound) return tier;
  }
  return tiers[0] as TierRule;
}

export function maintenanceOf(market: Market, notional: number): number {
  const tier = tierOf(market, notional);
  return ceilDiv(notional, 2 * tier.maxLeverage) - tier.deduction;
}

export const initialOf = (notional: number, leverage: number): number => ceilDiv(notional, leverage);
export const notionalOf = (position: Position): number => Math.abs(position.szi) * position.market.mark;
export const isolatedEquity = (position: Position): number =>
  position.isolatedUsd + position.szi * position.market.mark;

/** An isolated position's own margin is all that it holds. */
export const marginUsedOf = (position: Position): number =>
  position.isolated
    ? Math.max(0, isolatedEquity(position))
    : initialOf(notionalOf(position), position.leverage);

export interface CrossMargin {
  equity: number;
  notional: number;
  initial: number;
  maintenance: number;
}

/** The cross part of a pot: raw USD and every cross position at mark. */
export function crossMargin(pot: Pot): CrossMargin {
  const margin: CrossMargin = { equity: pot.usd, notional: 0, initial: 0, maintenance: 0 };
  for (const position of pot.positions) {
    if (position.isolated) continue;
    const value = notionalOf(position);
    margin.equity += position.szi * position.market.mark;
    margin.notional += value;
    margin.initial += initialOf(value, position.leverage);
    margin.maintenance += maintenanceOf(position.market, value);
  }
  return margin;
}

/** Equity of a pot with its isolated positions. */
export function potEquity(pot: Pot): number {
  let equity: number = pot.usd;
  for (const position of pot.positions) equity += position.isolatedUsd + position.szi * position.market.mark;
  return equity;
}

export function perpEquity(account: Account): number {
  let equity = 0;
  for (const pot of account.pots) equity += potEquity(pot);
  return equity;
}

/** What may leave a pot: equity over the larger of initial margin and a tenth of the notional. */
export function withdrawableOf(pot: Pot): number {
  const margin = crossMargin(pot);
  return Math.max(0, margin.equity - Math.max(margin.initial, ceilDiv(margin.notional, 10)));
}

/** Cross equity that is free for new initial margin. */
export function availableOf(pot: Pot): number {
  const margin = crossMargin(pot);
  return margin.equity - margin.initial;
}

type MarginVerdict = 'ok' | 'insufficient' | 'overTier';

/**
 * May the account's position in the market change by `signed` lots at price `px`? Closing always may. The loss of
 * trading worse than the mark counts, the gain of trading better does not.
 */
export function marginVerdict(
  s: State,
  account: Account,
  market: Market,
  signed: number,
  px: number,
  fee: number,
): MarginVerdict {
  const position = account.positions.get(market.index);
  const before = position?.szi ?? 0;
  const after = before + signed;
  if (Math.abs(after) <= Math.abs(before) && (after === 0 || after > 0 === before > 0)) return 'ok';
  const set = position
    ? { leverage: position.leverage, isCross: !position.isolated }
    : leverageOf(s, account, market);
  const value = Math.abs(after) * market.mark;
  if (set.leverage > tierOf(market, value).maxLeverage) return 'overTier';
  const margin = crossMargin(potOf(account, market.dexIndex));
  const loss = Math.min(0, signed * (market.mark - px)) - fee;
  if (!set.isCross) {
    const opened = before !== 0 && after > 0 === before > 0 ? Math.abs(signed) : Math.abs(after);
    // Isolated margin is posted at the traded price; a loss against the mark is the position's own.
    const need = ceilDiv(opened * px, set.leverage) + fee;
    if (opened * px > 0 && -loss >= need) return 'insufficient';
    return margin.equity - margin.initial >= need ? 'ok' : 'insufficient';
  }
  const released = position ? initialOf(notionalOf(position), position.leverage) : 0;
  const free = margin.equity + loss - (margin.initial - released);
  return free >= initialOf(value, set.leverage) ? 'ok' : 'insufficient';
}

/** Largest size on one side that `marginVerdict` allows at the mark, in lots. For activeAssetData. */
export function maxTradeSize(s: State, account: Account, market: Market, isBuy: boolean): Lots {
  const { leverage } = leverageOf(s, account, market);
  const position = account.positions.get(market.index);
  const szi = position?.szi ?? 0;
  const closing = szi !== 0 && szi > 0 !== isBuy ? Math.abs(szi) : 0;
  const own =
    position && closing > 0 && !position.isolated ? initialOf(notionalOf(position), position.leverage) : 0;
  const free = Math.max(0, availableOf(potOf(account, market.dexIndex)) + own);
  return (closing + Math.floor(mulDiv(free, leverage, 1) / market.mark)) as Lots;
}

/** Distance to liquidation as a price in 10^-(priceDecimals + 4) USD, or null where no price liquidates. */
export function liquidationPrice(position: Position): bigint | null {
  const market = position.market;
  const value = notionalOf(position);
  const tier = tierOf(market, value);
  const available = position.isolated
    ? isolatedEquity(position) - maintenanceOf(market, value)
    : (() => {
        const margin = crossMargin(position.pot);
        return margin.equity - margin.maintenance;
      })();
  const side = position.szi > 0 ? 1 : -1;
  const double = 2 * tier.maxLeverage;
  const scale = 10_000n;
  const move =
    (BigInt(side * available) * BigInt(double) * scale) /
    (BigInt(Math.abs(position.szi)) * BigInt(double - side));
  const price = BigInt(market.mark) * scale - move;
  return price > 0n ? price : null;
}
