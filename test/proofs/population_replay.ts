/**
 * One account's past executed again by the venue's own rules, in a venue of its own: every fill, payment and transfer
 * in order. What the fold says of each must be what the venue computes, and so must every portfolio point.
 */

import type { Address } from '../../src/domain/address.ts';
import { MAKER } from '../../src/simulator/population/fill_columns.ts';
import { answer, Fold } from '../../src/simulator/population/fold.ts';
import { dexFlow, type Flow, signedFlow } from '../../src/simulator/population/life.ts';
import type { CoinHistory } from '../../src/simulator/population/market_history.ts';
import type { AccountPast, Past } from '../../src/simulator/population/past.ts';
import { rowList } from '../../src/simulator/population/past_records.ts';
import type { CoinSeed } from '../../src/simulator/venue/coin_table.ts';
import { applyExecution, chargeFee } from '../../src/simulator/venue/positions.ts';
import { type Account, type Market, newAccount, potOf, type State } from '../../src/simulator/venue/state.ts';
import { SimulatedVenue } from '../../src/simulator/venue/venue.ts';

const BUILDER = `0x${'b'.repeat(40)}` as Address;

export function insist(holds: boolean, what: () => string): void {
  if (!holds) throw new Error(what());
}

export interface Replayed {
  readonly account: Account;
  readonly fills: number;
  readonly payments: number;
  /** Portfolio points that are the equity of the replay, and those older than the opening state of a fast actor. */
  readonly points: number;
  readonly pointsBefore: number;
}

/** A venue in which accounts live again, with the marks of the world that begins. */
export class ReplayVenue {
  readonly state: State;
  readonly #past: Past;
  readonly #builder: Account;

  constructor(past: Past, coins: readonly CoinSeed[], present: State) {
    this.state = new SimulatedVenue({ seed: 1, startTime: past.market.end, coins }).state;
    this.#past = past;
    this.state.markets.forEach((market, index) => {
      market.mark = (present.markets[index] as Market).mark;
    });
    this.state.time = present.time;
    this.#builder = newAccount(this.state, BUILDER, 'user');
  }

  replay(each: AccountPast): Replayed {
    return new Replay(this.state, this.#past, each, this.#builder).run();
  }
}

class Replay {
  readonly #s: State;
  readonly #past: Past;
  readonly #each: AccountPast;
  readonly #builder: Account;
  readonly #account: Account;
  readonly #fold: Fold;
  readonly #flows: readonly Flow[];
  #nextFlow = 0;
  #payments = 0;
  #points = 0;

  constructor(s: State, past: Past, each: AccountPast, builder: Account) {
    this.#s = s;
    this.#past = past;
    this.#each = each;
    this.#builder = builder;
    const { member, opening } = each;
    const account = newAccount(s, member.address, 'user');
    if (member.terms.unified) account.abstraction = 'unifiedAccount';
    account.takerE9 = member.terms.takerE9;
    account.makerE9 = member.terms.makerE9;
    const { terms } = member;
    for (const market of s.markets) {
      const isCross = !terms.isolated && market.marginMode === null;
      const leverage = Math.min(isCross ? terms.leverage : terms.isolatedLeverage, market.maxLeverage);
      account.leverage.set(market.index, { leverage, isCross });
    }
    this.#account = account;
    this.#flows = each.flows.filter((flow) => flow.time >= opening.time);
    this.#open();
    this.#fold = new Fold(past.market, terms, opening.time, past.grid.times);
    this.#fold.onFunding = (holding, hour, usd) => this.#pay(holding.coin, hour, usd);
    this.#fold.onSample = (sample, value) => this.#sample(sample, value);
  }

  /** An account that is older than what is told opens with its state; a newer one with its first transfers. */
  #open(): void {
    const { member, opening } = this.#each;
    const paidIn = opening.time === member.start && this.#flows.some((flow) => flow.time === member.start);
    const pot = potOf(this.#account, 0);
    if (!paidIn) {
      pot.usd = (opening.usd - member.dexEquity) as typeof pot.usd;
      if (member.dexEquity > 0) potOf(this.#account, 1).usd = member.dexEquity as typeof pot.usd;
    } else while (this.#flows[this.#nextFlow]?.time === opening.time) this.#flow();
  }

  #flow(): void {
    const flow = this.#flows[this.#nextFlow++] as Flow;
    const pot = potOf(this.#account, 0);
    const across = dexFlow(flow);
    pot.usd = (pot.usd + signedFlow(flow) - across) as typeof pot.usd;
    if (across === 0) return;
    const there = potOf(this.#account, 1);
    there.usd = (there.usd + across) as typeof pot.usd;
  }

  /** The venue's formula, size * oracle * rate toward zero, in exact arithmetic. */
  #pay(coin: CoinHistory, hour: number, told: number): void {
    const { market } = this.#past;
    const time = market.hourTime(hour);
    this.#flowsBefore(time);
    const position = this.#account.positions.get(coin.index);
    insist(position !== undefined, () => `funding without a position at ${time}`);
    if (position === undefined) return;
    const mark = market.markAt(coin, time);
    const exact =
      -(BigInt(position.szi) * BigInt(mark) * BigInt(coin.ratesE10[hour] as number)) / 10_000_000_000n;
    insist(Number(exact) === told, () => `funding of ${coin.seed.name} at ${time}: ${told}, not ${exact}`);
    if (position.isolated)
      position.isolatedUsd = (position.isolatedUsd + told) as typeof position.isolatedUsd;
    else position.pot.usd = (position.pot.usd + told) as typeof position.pot.usd;
    position.fundingSinceOpen -= told;
    position.fundingSinceChange -= told;
    const { fundingAllTime } = this.#account;
    fundingAllTime.set(coin.index, (fundingAllTime.get(coin.index) ?? 0) - told);
    this.#payments += 1;
  }

  #flowsBefore(time: number): void {
    while ((this.#flows[this.#nextFlow]?.time ?? Number.POSITIVE_INFINITY) < time) this.#flow();
  }

  /** The portfolio point is what the replayed account is worth at the marks of that moment. */
  #sample(sample: number, _value: number): void {
    const { grid, market } = this.#past;
    const time = grid.times[sample] as number;
    this.#flowsBefore(time);
    let equity = 0;
    for (const pot of this.#account.pots) equity += pot.usd;
    for (const position of this.#account.positions.values()) {
      const coin = market.byIndex[position.market.index] as CoinHistory;
      equity += position.isolatedUsd + position.szi * market.markAt(coin, time);
    }
    const told = this.#each.values[sample];
    insist(told === equity, () => `${this.#each.member.address} at ${time}: ${told}, not ${equity}`);
    this.#points += 1;
  }

  run(): Replayed {
    const { member, values, opening } = this.#each;
    const { rows, market, grid } = this.#past;
    const list = rowList(this.#each);
    for (let i = 0; i < list.length; i++) {
      const row = list.at(i);
      const time = rows.time[row] as number;
      this.#fold.advance(time);
      // Transfers of the same millisecond come first or last: no answer tells which.
      while ((this.#flows[this.#nextFlow]?.time ?? Number.POSITIVE_INFINITY) <= time) this.#flow();
      answer(this.#fold, member.index, rows, row);
      this.#execute(row);
    }
    this.#fold.advance(market.end);
    while (this.#nextFlow < this.#flows.length) this.#flow();
    let pointsBefore = 0;
    grid.times.forEach((time, k) => {
      if (time < opening.time && !Number.isNaN(values[k])) pointsBefore += 1;
    });
    return {
      account: this.#account,
      fills: list.length,
      payments: this.#payments,
      points: this.#points,
      pointsBefore,
    };
  }

  #execute(row: number): void {
    const { rows } = this.#past;
    const { member } = this.#each;
    const own = rows.owner[row] === member.index;
    const size = rows.size[row] as number;
    const signed = own ? size : -size;
    const px = rows.px[row] as number;
    const isTaker = own !== (((rows.flags[row] as number) & MAKER) !== 0);
    const market = this.#s.markets[rows.coin[row] as number] as Market;
    const applied = applyExecution(this.#s, this.#account, market, signed, px as never);
    const { builderTenthsBp: tenthsBp } = member.terms;
    const builder = tenthsBp === 0 ? null : { account: this.#builder, tenthsBp };
    const charge = chargeFee(this.#s, this.#account, market, Math.abs(signed) * px, isTaker, builder);
    const fold = this.#fold;
    insist(
      fold.start === applied.start &&
        fold.closedPnl === applied.closedPnl &&
        fold.fee === charge.fee &&
        (fold.builderFee === 0 ? null : fold.builderFee) === charge.builderFee,
      () => `${member.address}, row ${row}: the venue computes ${JSON.stringify({ ...applied, ...charge })}`,
    );
  }
}
