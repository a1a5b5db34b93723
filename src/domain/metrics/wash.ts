/** Volume that a trader undoes at once: bought and sold back, or sold and bought back, within seconds at one price. */

const WASH_MS = 2_000;
/** Prices are the same within this fraction. */
const WASH_PRICE = 1e-4;

/** What is left of a fill that none of the other side has undone yet. */
interface Leg {
  /** ms UTC. */
  readonly time: number;
  readonly price: number;
  /** Value, micro-USD. */
  left: number;
}

/** One coin's fills of the last seconds, oldest first: an order may have been filled in many pieces. */
export interface RecentLegs {
  readonly bought: Leg[];
  readonly sold: Leg[];
}

export const noLegs = (): RecentLegs => ({ bought: [], sold: [] });

/** What can still be undone at `now`, as a copy. */
export const legsAt = ({ bought, sold }: RecentLegs, now: number): RecentLegs => ({
  bought: bought.filter(({ time }) => now - time <= WASH_MS).map((leg) => ({ ...leg })),
  sold: sold.filter(({ time }) => now - time <= WASH_MS).map((leg) => ({ ...leg })),
});

/** Takes in the next fill. @returns the value of it that undoes earlier ones, which is as much of theirs. */
export function washedBy(
  legs: RecentLegs,
  fill: { readonly time: number; readonly price: number; readonly size: number },
  value: number,
): number {
  const own = fill.size > 0 ? legs.bought : legs.sold;
  const other = fill.size > 0 ? legs.sold : legs.bought;
  forget(own, fill.time);
  forget(other, fill.time);
  let left = value;
  for (const leg of other) {
    if (Math.abs(fill.price - leg.price) > WASH_PRICE * leg.price) continue;
    const undone = Math.min(left, leg.left);
    leg.left -= undone;
    left -= undone;
    if (left === 0) break;
  }
  const latest = own[own.length - 1];
  if (left === 0) return value;
  if (latest?.time === fill.time && latest.price === fill.price) latest.left += left;
  else own.push({ time: fill.time, price: fill.price, left });
  return value - left;
}

/** Legs that are too old at the front go; one that is undone inside goes with its age. */
function forget(legs: Leg[], now: number): void {
  let gone = 0;
  for (const leg of legs) {
    if (now - leg.time <= WASH_MS && leg.left > 0) break;
    gone++;
  }
  if (gone > 0) legs.splice(0, gone);
}
