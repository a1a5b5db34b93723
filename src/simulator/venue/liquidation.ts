/**
 * Liquidation at mark (protocol reference 4.9): market orders first, a fifth of a large position before all of it,
 * backstop by the liquidator below two thirds of maintenance, auto-deleveraging where equity is gone.
 */
import type { Lots, MicroUsd, Ticks } from '../../domain/money.ts';
import { wireDecimal, wireUsd } from './arithmetic.ts';
import { type Cause, nextTransaction, transferPosition } from './execution.ts';
import { recordLedger } from './ledger.ts';
import {
  type CrossMargin,
  crossMargin,
  isolatedEquity,
  maintenanceOf,
  notionalOf,
  perpEquity,
} from './margin.ts';
import { cancelAll } from './order_book_keeping.ts';
import { match, newOrder } from './placement.ts';
import { dropPosition } from './positions.ts';
import type { Account, Position, Pot, State } from './state.ts';

/** The most that `movesE9` may grow before a pot is examined again, whatever its slack. */
const FAR_E9 = 300_000_000;

interface Claim {
  readonly pot: Pot;
  readonly positions: readonly Position[];
  readonly isolated: boolean;
  readonly equity: number;
  readonly maintenance: number;
}

/** Examines every pot that the marks may have brought under maintenance since it was last safe. */
export function examineAll(s: State): void {
  for (const account of s.accountList) {
    if (!account.ordinary) continue;
    for (const pot of account.pots)
      if (pot.positions.length > 0 && (pot.examineAt <= s.movesE9 || account.forcedLiquidation !== null))
        examine(s, pot);
  }
}

function examine(s: State, pot: Pot): void {
  const forced = pot.account.forcedLiquidation;
  pot.account.forcedLiquidation = null;
  const margin = crossMargin(pot);
  let slackE9 = slackOf(margin.equity - margin.maintenance, margin.notional);
  const crossHeld = pot.positions.some((p) => !p.isolated);
  if (crossHeld && (forced !== null || margin.equity < margin.maintenance)) {
    liquidate(s, crossClaim(pot, margin), forced);
    slackE9 = 0;
  } else forgetCooldowns(pot.positions.filter((p) => !p.isolated));
  for (const position of pot.positions.filter((p) => p.isolated)) {
    const equity = isolatedEquity(position);
    const maintenance = maintenanceOf(position.market, notionalOf(position));
    if (equity < maintenance || (forced !== null && !crossHeld)) {
      liquidate(s, { pot, positions: [position], isolated: true, equity, maintenance }, forced);
      slackE9 = 0;
    } else {
      forgetCooldowns([position]);
      slackE9 = Math.min(slackE9, slackOf(equity - maintenance, notionalOf(position)));
    }
  }
  pot.examineAt = s.movesE9 + slackE9;
}

/** Whoever is safe again begins with a fifth the next time. */
function forgetCooldowns(positions: readonly Position[]): void {
  for (const position of positions) position.liquidationCooldownUntil = 0;
}

/**
 * How far the marks may move in sum (1e-9) before `slack` can be used up. Value and maintenance together change by
 * less than twice the sum of relative moves while that sum is below 0.3.
 */
function slackOf(slack: number, notional: number): number {
  if (notional === 0) return FAR_E9;
  return Math.max(0, Math.min(FAR_E9, Math.floor((slack / (2 * notional)) * 1e9)));
}

const crossClaim = (pot: Pot, margin: CrossMargin): Claim => ({
  pot,
  positions: pot.positions.filter((p) => !p.isolated),
  isolated: false,
  equity: margin.equity,
  maintenance: margin.maintenance,
});

function liquidate(s: State, claim: Claim, forced: 'market' | 'backstop' | null): void {
  const { pot } = claim;
  const { account } = pot;
  nextTransaction(s);
  const markets = new Set(claim.positions.map((p) => p.market));
  cancelAll(s, account, 'liquidatedCanceled', (o) => (claim.isolated ? markets.has(o.market) : true));
  const { backstopNumerator, backstopDenominator } = s.rules.liquidation;
  if (claim.equity < 0) deleverage(s, claim);
  else if (
    forced === 'backstop' ||
    claim.equity * backstopDenominator < claim.maintenance * backstopNumerator
  )
    backstop(s, claim);
  else marketLiquidate(s, claim, forced !== null);
  pot.examineAt = -1;
  coverDebt(s, pot);
}

/** Takes down what is about to be liquidated; call the result to tell it, once something was. */
function noticeOf(s: State, claim: Claim, liquidator: Account): () => void {
  const { account } = claim.pot;
  let notional = 0;
  for (const position of claim.positions) notional += notionalOf(position);
  const accountValue = perpEquity(account);
  const liquidatedPositions = claim.positions.map((p) => ({
    coin: p.market.symbol,
    szi: wireDecimal(p.szi, p.market.szDecimals),
  }));
  return () => {
    s.events.liquidations.push({
      lid: s.nextLiquidationId++,
      liquidator: liquidator.address,
      liquidatedUser: account.address,
      liquidatedNtlPos: notional as MicroUsd,
      accountValue: accountValue as MicroUsd,
    });
    recordLedger(s, account, {
      type: 'liquidation',
      liquidatedNtlPos: wireUsd(notional),
      accountValue: wireUsd(accountValue),
      leverageType: claim.isolated ? 'Isolated' : 'Cross',
      liquidatedPositions,
    });
  };
}

/** Largest maintenance first, until the account is above it again. */
function marketLiquidate(s: State, claim: Claim, forced: boolean): void {
  const { account } = claim.pot;
  const byNeed = [...claim.positions].sort(
    (a, b) => notionalOf(b) - notionalOf(a) || a.market.index - b.market.index,
  );
  const notice = noticeOf(s, claim, account);
  let sold = 0;
  for (const position of byNeed) {
    if (position.szi === 0) continue;
    if (!forced && sold > 0 && isSafe(claim)) break;
    const rules = s.rules.liquidation;
    const large = notionalOf(position) > rules.partialAboveUsd;
    const waits = rules.duringCooldown === 'nothing';
    const cooling = s.time < position.liquidationCooldownUntil;
    if (large && cooling && waits) continue;
    const partial = large && (waits ? position.liquidationCooldownUntil === 0 : !cooling);
    const held = Math.abs(position.szi);
    const size = partial ? Math.max(1, Math.floor((held * rules.partialShareE2) / 100)) : held;
    const part = sellAtMarket(s, position, size as Lots, claim);
    sold += part;
    if (partial && part > 0) position.liquidationCooldownUntil = s.time + rules.cooldownMs;
  }
  if (sold > 0) notice();
}

function isSafe(claim: Claim): boolean {
  if (claim.isolated) {
    const p = claim.positions[0];
    return p === undefined || p.szi === 0 || isolatedEquity(p) >= maintenanceOf(p.market, notionalOf(p));
  }
  const margin = crossMargin(claim.pot);
  return margin.equity >= margin.maintenance;
}

/** Never worse than the price that would leave no equity, so a market liquidation cannot make bad debt. */
function sellAtMarket(s: State, position: Position, size: Lots, claim: Claim): number {
  const { market } = position;
  const isBuy = position.szi < 0;
  const equity = claim.isolated ? isolatedEquity(position) : crossMargin(claim.pot).equity;
  const feeReserve = Math.ceil((size * market.mark * claim.pot.account.takerE9 * 2) / 1e9);
  const room = Math.max(0, Math.floor((equity - feeReserve) / size));
  const px = Math.max(1, isBuy ? market.mark + room : market.mark - room) as Ticks;
  const account = claim.pot.account;
  const order = newOrder(
    s,
    account,
    {
      market,
      isBuy,
      px,
      sz: size,
      reduceOnly: true,
      tif: 'LiquidationMarket',
      trigger: null,
      cloid: null,
      builder: null,
      isPositionTpsl: false,
    },
    size,
  );
  const cause: Cause = {
    byChain: true,
    liquidation: { liquidatedUser: account.address, markPx: market.mark, method: 'market' },
  };
  return match(s, order, cause).size;
}

/** The liquidator takes positions and margin; the maintenance margin is not returned. */
function backstop(s: State, claim: Claim): void {
  const liquidator = s.liquidator;
  if (liquidator === null || liquidator === claim.pot.account) {
    marketLiquidate(s, claim, true);
    return;
  }
  noticeOf(s, claim, liquidator)();
  const { pot } = claim;
  const mode = claim.isolated ? 'Isolated' : 'Cross';
  for (const position of claim.positions) {
    const { market, szi } = position;
    const px = market.mark;
    const isolatedLeft = position.isolated ? isolatedEquity(position) : 0;
    const text = {
      from: `Liquidated ${mode} ${szi > 0 ? 'Long' : 'Short'}`,
      to: szi > 0 ? 'Open Long' : 'Open Short',
    };
    transferPosition(s, pot.account, liquidator, market, -szi, px, text, {
      liquidatedUser: pot.account.address,
      markPx: px,
      method: 'backstop',
    });
    if (isolatedLeft !== 0) moveUsd(pot, liquidator, isolatedLeft, market.dexIndex);
  }
  if (!claim.isolated) moveUsd(pot, liquidator, pot.usd, pot.dexIndex);
}

function moveUsd(from: Pot, to: Account, usd: number, dexIndex: number): void {
  const target = to.pots[dexIndex] ?? to.pots[0];
  if (target === undefined) return;
  from.usd = (from.usd - usd) as MicroUsd;
  target.usd = (target.usd + usd) as MicroUsd;
}

/** Rank of a position for ADL: (mark / entry) * (notional / account value), on the winning side first. */
function adlRank(position: Position): number {
  const equity = Math.max(1, perpEquity(position.pot.account));
  const entry = Math.max(1, Math.abs(position.cost));
  const gain = position.szi > 0 ? notionalOf(position) / entry : entry / Math.max(1, notionalOf(position));
  return gain * (notionalOf(position) / equity);
}

/** Closes the claim's positions against the best-ranked opposite sides, at the previous mark. */
function deleverage(s: State, claim: Claim): void {
  noticeOf(s, claim, claim.pot.account)();
  for (const position of claim.positions)
    if (position.szi !== 0)
      deleveragePosition(s, position, Math.abs(position.szi), position.market.previousMark);
}

/** @returns lots that no counterparty could take (zero while open interest balances). */
export function deleveragePosition(s: State, position: Position, size: number, px: Ticks): number {
  const { market } = position;
  const account = position.pot.account;
  const long = position.szi > 0;
  const ranked: { readonly other: Position; readonly rank: number }[] = [];
  for (const candidate of s.accountList) {
    const other = candidate.positions.get(market.index);
    if (candidate !== account && other && other.szi > 0 !== long)
      ranked.push({ other, rank: adlRank(other) });
  }
  ranked.sort((a, b) => b.rank - a.rank || a.other.pot.account.id - b.other.pot.account.id);
  const liquidation = { liquidatedUser: account.address, markPx: px, method: 'market' as const };
  let left = size;
  for (const { other } of ranked) {
    if (left === 0) break;
    const part = Math.min(left, Math.abs(other.szi));
    const text = { from: 'Auto-Deleveraging', to: 'Auto-Deleveraging' };
    transferPosition(s, account, other.pot.account, market, long ? -part : part, px, text, liquidation);
    left -= part;
  }
  return left;
}

/** What a liquidated account still owes is paid by the insurance fund. */
function coverDebt(s: State, pot: Pot): void {
  for (const position of [...pot.positions]) if (position.szi === 0) dropPosition(pot.account, position);
  if (pot.positions.some((p) => !p.isolated) || pot.usd >= 0) return;
  s.insurance += BigInt(pot.usd);
  pot.usd = 0 as MicroUsd;
}
