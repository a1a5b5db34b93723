/**
 * What a takeover cost, reckoned backwards like everything else of a past. Pure. Positions that no fill tells are closed
 * at mark; beyond that the account loses the margin that the liquidator kept: what it was worth just before, less what
 * its positions and its cash, as everything later explains it, come to. Where it held no other positions, and fills tell
 * the marks or those were all long or all short, that is exact to the micro-USD: the ledger says value and notional. Else
 * hourly prices stand for marks, and the loss is an estimate within what the venue's rules allow.
 */
import { orderFills } from '../domain/episodes/chain.ts';
import type { Fill } from '../domain/episodes/fill.ts';
import { type MicroUsd, microUsd, ticks } from '../domain/money.ts';
import type { Takeover } from '../hyperliquid/takeovers.ts';
import type { ExternalFlow, FundingPayment } from '../hyperliquid/venue_history.ts';

/** What an account lost in a coin beside its fills (negative: debt that was forgiven), micro-USD. */
export interface Forfeit {
  readonly time: number;
  readonly coin: number;
  readonly amount: MicroUsd;
}

/**
 * Most that the backstop can keep of a notional: it takes over below two thirds of maintenance, which is half of the
 * initial margin at three times leverage, the lowest that the venue has.
 */
const MOST_KEPT = (2 / 3) * (1 / 6);

/** Of a past (see Past), what the reckoning needs. */
interface Surroundings {
  readonly takeovers: readonly Takeover[];
  readonly fundings: readonly FundingPayment[];
  readonly flows: readonly ExternalFlow[];
  readonly state: { readonly cash: number; readonly positions: ReadonlyMap<number, number> };
  readonly markAt: (coin: number, time: number) => number | null;
}

/** All fills, also those that nobody told, in order of execution; and what was lost beside them. */
export function settleTakeovers(
  told: readonly Fill[],
  past: Surroundings,
): { readonly fills: readonly Fill[]; readonly forfeits: readonly Forfeit[] } {
  if (past.takeovers.length === 0) return { fills: told, forfeits: [] };
  const priced = past.takeovers.map((takeover) => ({ takeover, marks: marksOf(takeover, told, past) }));
  const unfilled = priced.flatMap(({ takeover, marks }) =>
    takeover.unfilled.map((fill) => {
      const mark = marks.get(fill.coin) ?? fill.price;
      return { ...fill, price: ticks(Math.max(1, Math.round(mark))) };
    }),
  );
  const fills = orderFills([...told, ...unfilled]).fills;
  const forfeits: Forfeit[] = [];
  // The newest first: what an account had after an earlier one depends on what a later one took.
  for (const { takeover, marks } of priced.reverse())
    forfeits.push(...lossesOf(takeover, marks, fills, forfeits, past));
  return { fills, forfeits };
}

/** Ticks by coin: as fills tell them; else hourly prices (or the last one traded), drawn to the ledger's notional. */
function marksOf(takeover: Takeover, fills: readonly Fill[], { markAt }: Surroundings): Map<number, number> {
  const { time, notional, positions, marks, unfilled } = takeover;
  const known = new Map(marks);
  const guesses = positions
    .filter(({ coin }) => !marks.has(coin))
    .map(({ coin, size }) => ({
      coin,
      size: Math.abs(size),
      price:
        markAt(coin, time) ??
        fills.findLast((fill) => fill.coin === coin && fill.time <= time)?.price ??
        unfilled[0]?.price ??
        1,
    }));
  let left: number = notional;
  for (const { coin, size } of positions) left -= Math.abs(size) * (marks.get(coin) ?? 0);
  const worth = guesses.reduce((sum, { size, price }) => sum + size * price, 0);
  const drawn = worth > 0 && left > 0 ? left / worth : 1;
  for (const { coin, price } of guesses) known.set(coin, price * drawn);
  return known;
}

function lossesOf(
  takeover: Takeover,
  marks: ReadonlyMap<number, number>,
  fills: readonly Fill[],
  later: readonly Forfeit[],
  past: Surroundings,
): Forfeit[] {
  const { accountValue, notional, positions } = takeover;
  if (accountValue === null) return [];
  const { cash, others } = justBefore(takeover, fills, later, past);
  const longs = positions.filter(({ size }) => size > 0).length;
  const signed = positions.reduce((sum, { coin, size }) => sum + size * (marks.get(coin) ?? 0), 0);
  const oneSided = longs === 0 || longs === positions.length;
  const worth = oneSided && notional > 0 ? Math.sign(signed) * notional : Math.round(signed);
  const lost = accountValue - worth - Math.round(others ?? 0) - cash;
  const most = others === null ? accountValue : Math.min(accountValue, Math.round(MOST_KEPT * notional));
  // Fills of whole ticks may miss the notional by as much as their lots.
  const rounding = takeover.unfilled.reduce((sum, { size }) => sum + Math.abs(size), 0);
  const bounded = Math.min(
    Math.max(0, most) + rounding,
    Math.max(Math.min(0, accountValue) - rounding, lost),
  );
  return shared(takeover, marks, bounded);
}

/** Cash as it must have been if nothing was lost beside the fills, and what else was held (null: nothing), by the hour. */
function justBefore(
  { time, positions }: Takeover,
  fills: readonly Fill[],
  later: readonly Forfeit[],
  { state, fundings, flows, markAt }: Surroundings,
): { readonly cash: number; readonly others: number | null } {
  let cash = state.cash;
  const sizes = new Map(state.positions);
  for (const fill of fills) {
    if (fill.time < time) continue;
    sizes.set(fill.coin, (sizes.get(fill.coin) ?? 0) - fill.size);
    cash += fill.size * fill.price + fill.fee;
  }
  for (const payment of fundings) if (payment.time >= time) cash -= payment.amount;
  for (const flow of flows) if (flow.time > time) cash -= flow.amount;
  for (const lost of later) cash += lost.amount;
  for (const { coin, size } of positions) sizes.set(coin, (sizes.get(coin) ?? 0) - size);
  const held = [...sizes].filter(([, size]) => size !== 0);
  const worth = held.reduce((sum, [coin, size]) => sum + size * (markAt(coin, time) ?? 0), 0);
  return { cash, others: held.length === 0 ? null : worth };
}

/** The loss on the positions that were taken, by their worth. */
function shared(
  { time, positions, taken }: Takeover,
  marks: ReadonlyMap<number, number>,
  loss: number,
): Forfeit[] {
  if (loss === 0) return [];
  const parts = positions
    .filter(({ coin }) => taken.has(coin))
    .map(({ coin, size }) => ({ coin, worth: Math.abs(size) * (marks.get(coin) ?? 0) }));
  const whole = parts.reduce((sum, { worth }) => sum + worth, 0);
  let passed = 0;
  let given = 0;
  return parts.map(({ coin, worth }) => {
    passed += worth;
    const amount = Math.round(loss * (passed / whole)) - given;
    given += amount;
    return { time, coin, amount: microUsd(amount) };
  });
}
