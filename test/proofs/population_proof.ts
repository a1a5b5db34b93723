/**
 * The past of a world is conserved and consistent: money, positions, every fill, payment, portfolio point and candle.
 * A small share runs with the tests; CONTRIBUTING names the command for many seeds of the default world.
 */
import type { PopulatedWorld } from '../../src/simulator/population/populated_world.ts';
import { clearinghouseView } from '../../src/simulator/venue/account_views.ts';
import type { CoinSeed } from '../../src/simulator/venue/coin_table.ts';
import { proveCandles, proveFills, proveOrders, provePortfolio } from './population_answers.ts';
import { insist, ReplayVenue } from './population_replay.ts';

export interface PastFigures {
  readonly accounts: number;
  /** Fills that the venue's rules computed again, and funding payments. */
  readonly fills: number;
  readonly payments: number;
  /** Fills that the wire serves, each chained to the one before. */
  readonly served: number;
  /** Points of the grid that are the equity of the replay; points told before a fast actor's opening state. */
  readonly points: number;
  readonly pointsBefore: number;
  /** Points that the wire shows, over all windows. */
  readonly shown: number;
  readonly candles: number;
}

/** Before the first block of the world. @throws Error that says what does not hold */
export function provePast({ world, past }: PopulatedWorld, coins: readonly CoinSeed[]): PastFigures {
  const { state, query } = world.venue;
  const { difference } = world.venue.conservation();
  insist(difference === 0n, () => `money appeared or vanished: ${difference} micro-USD`);
  proveBalance(world);
  const figures = { fills: 0, payments: 0, served: 0, points: 0, pointsBefore: 0, shown: 0 };
  const venue = new ReplayVenue(past, coins, state);
  for (const each of past.accounts) {
    const { account, fills, payments, points, pointsBefore } = venue.replay(each);
    for (const dex of state.dexes) {
      const now = JSON.stringify(query.clearinghouseState(each.member.address, dex.name));
      const then = JSON.stringify(clearinghouseView(venue.state, account, venue.state.dexes[dex.index]));
      insist(
        now === then,
        () => `${each.member.address} on "${dex.name}" is ${now}, its history folds to ${then}`,
      );
    }
    figures.fills += fills;
    figures.payments += payments;
    figures.points += points;
    figures.pointsBefore += pointsBefore;
    figures.served += proveFills(query, each);
    proveOrders(query, each);
    figures.shown += provePortfolio(query, past, each);
  }
  return { accounts: past.accounts.length, ...figures, candles: proveCandles(query, past) };
}

/** Longs and shorts of every coin are equal, and are its open interest. */
function proveBalance(world: PopulatedWorld['world']): void {
  const { state } = world.venue;
  for (const market of state.markets) {
    let sum = 0;
    let longs = 0;
    for (const account of state.accountList) {
      const szi = account.positions.get(market.index)?.szi ?? 0;
      sum += szi;
      longs += Math.max(0, szi);
    }
    insist(sum === 0, () => `${market.symbol}: longs and shorts differ by ${sum} lots`);
    insist(
      market.openInterest === longs,
      () => `${market.symbol}: open interest ${market.openInterest}, not ${longs}`,
    );
  }
}
