/** What must hold in the venue after every block, whatever happened. Each check throws with what it found. */
import { accountValue } from '../../src/simulator/venue/equity.ts';
import type { BlockEvents, FillRecord } from '../../src/simulator/venue/records.ts';
import type { Account, Market } from '../../src/simulator/venue/state.ts';
import type { SimulatedVenue } from '../../src/simulator/venue/venue.ts';

function fail(message: string): never {
  throw new Error(message);
}

/** Decimal text of up to 10 decimals as an exact integer of 1e-10. */
function exact(text: string): bigint {
  const negative = text.startsWith('-');
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const value = BigInt(whole + fraction.padEnd(10, '0'));
  return negative ? -value : value;
}

export class Invariants {
  readonly #venue: SimulatedVenue;
  readonly #reduceOnly = new Set<number>();
  readonly #folded = new Map<string, number>();
  /** Cash of fills less fees plus funding, micro-USD, by user. */
  readonly #cash = new Map<string, number>();
  /** Exact cost of each position as a ratio: what `size` lots cost, magnitudes. */
  readonly #bases = new Map<string, { cost: bigint; size: bigint }>();
  readonly #liquidated = new Set<string>();
  #residue = 0n;

  constructor(venue: SimulatedVenue) {
    this.#venue = venue;
    venue.onBlock((events) => this.#onBlock(events));
  }

  /** After each block. */
  check(): void {
    const { venue } = { venue: this.#venue };
    const report = venue.conservation();
    if (report.difference !== 0n) fail(`conservation is off by ${report.difference} micro-USD`);
    for (const market of venue.state.markets) {
      this.#balanced(market);
      sound(market);
    }
    for (const account of venue.state.accountList) {
      this.#positionsAreFills(account);
      waitsForSomething(account);
      this.#valueIsHistory(account);
      for (const dex of venue.query.dexNames()) identities(venue, account, dex);
    }
  }

  #onBlock(events: BlockEvents): void {
    for (const { order } of events.orders) if (order.reduceOnly) this.#reduceOnly.add(order.oid);
    for (const fill of events.fills) this.#fold(fill);
    for (const row of events.funding) this.#earn(row.user, row.usdc);
    for (const { liquidatedUser } of events.liquidations) this.#liquidated.add(liquidatedUser);
    let paid = 0n;
    for (const row of events.funding) paid += BigInt(row.usdc);
    const residue = this.#venue.state.residue;
    if (events.funding.length > 0 && paid + (residue - this.#residue) !== 0n)
      fail(`funding of ${paid} micro-USD does not sum to zero with its rounding`);
    if (events.funding.length > 0) {
      const rounding = residue - this.#residue;
      if (rounding > BigInt(events.funding.length) || rounding < -BigInt(events.funding.length))
        fail(`funding rounding of ${rounding} micro-USD over ${events.funding.length} payments`);
    }
    this.#residue = residue;
  }

  #fold(fill: FillRecord): void {
    const key = `${fill.user}/${fill.coin.symbol}`;
    const before = this.#folded.get(key) ?? 0;
    if (before !== fill.startPosition)
      fail(`${key}: a fill starts at ${fill.startPosition}, the fills so far make ${before}`);
    const after = before + (fill.side === 'B' ? fill.sz : -fill.sz);
    if (fill.sz <= 0) fail(`${key}: a fill of ${fill.sz}`);
    if (this.#reduceOnly.has(fill.oid)) {
      const flipped = after !== 0 && after > 0 !== before > 0;
      if (flipped || Math.abs(after) >= Math.abs(before))
        fail(`${key}: reduce-only went from ${before} to ${after}`);
    }
    const signed = after - before;
    this.#earn(fill.user, -signed * fill.px - fill.fee);
    this.#pnlIsCutEntry(key, fill, before, signed);
    this.#folded.set(key, after);
  }

  /** `closedPnl` is the closed size times price less the average entry, which is cut to a whole tick. */
  #pnlIsCutEntry(key: string, fill: FillRecord, before: number, signed: number): void {
    const opposite = before !== 0 && before > 0 !== signed > 0;
    const closed = opposite ? Math.min(Math.abs(before), Math.abs(signed)) : 0;
    const basis = this.#bases.get(key) ?? { cost: 0n, size: 0n };
    const gross = (entry: bigint) => Number((BigInt(fill.px) - entry) * BigInt(closed * Math.sign(before)));
    const entry = closed === 0 ? 0n : basis.cost / basis.size;
    // The venue keeps its cost in whole micro-USD, so its average may be just below a tick that the ratio reaches.
    if (fill.closedPnl !== gross(entry) && fill.closedPnl !== gross(entry - 1n))
      fail(`${key}: closedPnl ${fill.closedPnl} of ${closed} at ${fill.px}, entry ${entry}`);
    const held = Math.abs(before) - closed;
    const opened = Math.abs(signed) - closed;
    if (held + opened === 0) this.#bases.delete(key);
    else if (opened > 0) {
      const kept = held === 0 ? 0n : (basis.cost * BigInt(held)) / basis.size;
      this.#bases.set(key, {
        cost: kept + BigInt(opened) * BigInt(fill.px),
        size: BigInt(held + opened),
      });
    }
  }

  #earn(user: string, usd: number): void {
    this.#cash.set(user, (this.#cash.get(user) ?? 0) + usd);
  }

  /** What came in, went over the counter and is still held makes the account's value, to the micro-USD. */
  #valueIsHistory(account: Account): void {
    // A liquidated account gave its margin away; the venue's own accounts receive such things.
    if (!account.ordinary || this.#liquidated.has(account.address)) return;
    let open = 0;
    for (const position of account.positions.values()) open += position.szi * position.market.mark;
    const expected = account.netFlow + (this.#cash.get(account.address) ?? 0) + open;
    const value = accountValue(account);
    if (value !== expected) fail(`${account.address} is worth ${value}, its history makes ${expected}`);
  }

  #positionsAreFills(account: Account): void {
    for (const market of this.#venue.state.markets) {
      const held = account.positions.get(market.index)?.szi ?? 0;
      const folded = this.#folded.get(`${account.address}/${market.symbol}`) ?? 0;
      if (held !== folded)
        fail(`${account.address} holds ${held} ${market.symbol}, its fills make ${folded}`);
      for (const order of account.reduceOnly.get(market.index) ?? [])
        if (order.sz > Math.abs(held))
          fail(`reduce-only order ${order.oid} of ${order.sz} over a position of ${held}`);
    }
  }

  /** Longs and shorts of a coin balance, and make the open interest. */
  #balanced(market: Market): void {
    let sum = 0;
    let long = 0;
    for (const account of this.#venue.state.accountList) {
      const szi = account.positions.get(market.index)?.szi ?? 0;
      sum += szi;
      long += Math.max(0, szi);
    }
    if (sum !== 0) fail(`positions in ${market.symbol} sum to ${sum}`);
    if (long !== market.openInterest)
      fail(`open interest of ${market.symbol} is ${market.openInterest}, longs ${long}`);
  }
}

/** Nothing waits for an order that is over, and what waits is shown in what it waits for. */
function waitsForSomething(account: Account): void {
  for (const order of account.open.values()) {
    if (order.place !== 'waiting') continue;
    const { parent } = order;
    if (parent === null || parent.place === 'none') fail(`order ${order.oid} waits for what is over`);
    if (!parent.children.includes(order)) fail(`order ${order.oid} is none of its parent's`);
  }
}

/** Levels add up, nothing rests with a size below one, the sides do not cross. */
function sound(market: Market): void {
  for (const side of [market.book.bids, market.book.asks]) {
    let previous: number | undefined;
    for (const level of side.levels()) {
      let size = 0;
      let count = 0;
      for (let order = level.head; order !== null; order = order.next) {
        if (order.sz <= 0 || order.sz > Math.max(order.origSz, order.sz))
          fail(`order ${order.oid} rests with ${order.sz}`);
        size += order.sz;
        count += 1;
      }
      if (size !== level.size || count !== level.count || count === 0)
        fail(`level ${level.px} of ${market.symbol} is off`);
      const ordered = previous === undefined || (side.isBuy ? level.px < previous : level.px > previous);
      if (!ordered) fail(`levels of ${market.symbol} are out of order at ${level.px}`);
      previous = level.px;
    }
  }
  const bid = market.book.bids.best;
  const ask = market.book.asks.best;
  if (bid && ask && bid.px >= ask.px) fail(`${market.symbol} is crossed: ${bid.px} >= ${ask.px}`);
}

/** Protocol reference 2.3, on the texts that are served. */
function identities(venue: SimulatedVenue, account: Account, dex: string): void {
  if (account.abstraction === 'unifiedAccount' || !account.ordinary) return;
  const state = venue.query.clearinghouseState(account.address, dex);
  let value = 0n;
  let initial = 0n;
  let notional = 0n;
  for (const { position } of state.assetPositions) {
    const signed = exact(position.szi) < 0n ? -exact(position.positionValue) : exact(position.positionValue);
    value += signed;
    notional += exact(position.positionValue);
    initial += exact(position.marginUsed);
    const implied = signed - exact(position.unrealizedPnl);
    const entry = (exact(position.entryPx) * exact(position.szi)) / 10_000_000_000n;
    const tolerance = exact(position.szi) < 0n ? -exact(position.szi) : exact(position.szi);
    const gap = implied - entry < 0n ? entry - implied : implied - entry;
    if (gap > tolerance + 10_000n) fail(`entry price of ${position.coin} is off: ${entry} for ${implied}`);
    if (position.leverage.type === 'cross') {
      const expected = exact(position.positionValue) / BigInt(position.leverage.value);
      const off = exact(position.marginUsed) - expected;
      if (off < 0n || off > 10_000n) fail(`cross margin of ${position.coin} is off by ${off}`);
    }
  }
  const summary = state.marginSummary;
  if (exact(summary.accountValue) !== exact(summary.totalRawUsd) + value)
    fail(
      `account value ${summary.accountValue} is not raw USD ${summary.totalRawUsd} and positions ${value}`,
    );
  if (exact(summary.totalNtlPos) !== notional) fail('totalNtlPos is not the sum of position values');
  if (exact(summary.totalMarginUsed) !== initial) fail('totalMarginUsed is not the sum of margins');
  const cross = state.crossMarginSummary;
  const tenth = exact(cross.totalNtlPos) / 10n;
  const need = exact(cross.totalMarginUsed) > tenth ? exact(cross.totalMarginUsed) : tenth;
  const free = exact(cross.accountValue) - need;
  const off = exact(state.withdrawable) - (free > 0n ? free : 0n);
  if (off > 10_000n || off < -10_000n) fail(`withdrawable ${state.withdrawable} is off by ${off}`);
}
