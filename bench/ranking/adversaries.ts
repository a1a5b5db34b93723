/**
 * Traders made to fool a ranking, among an honest population. None may reach the top tenth; each is told why. What the
 * gates ask of other wallets and of the market is found, in the crowd of all of them, from what everybody trades.
 */
import { DAY_MS } from '../../src/domain/metrics/day.ts';
import { Board } from '../../src/ranking/board.ts';
import { DEFAULT_COPY_TERMS } from '../../src/ranking/copy_returns.ts';
import type { Details } from '../../src/ranking/details.ts';
import { type FeatureContext, featuresOf } from '../../src/ranking/features.ts';
import { explain } from '../../src/ranking/reasons.ts';
import { surroundingsOf } from '../../src/ranking/surroundings.ts';
import { judgeWallets, type WalletFindings } from '../../src/ranking/wallet_links.ts';
import { CAST_DAYS, type Cast, castAdversaries } from './adversary_cast.ts';
import { runExperiment } from './experiment.ts';
import { makeMarket, START_MS } from './market.ts';
import { PLAIN } from './population.ts';
import type { TapeTrade } from './stage.ts';

const NOW = START_MS + CAST_DAYS * DAY_MS;

export interface Verdict {
  readonly name: string;
  /** Whether a follower is meant to see it; else it only helps. */
  readonly shown: boolean;
  /** Place from the top among the eligible, 0 best to 1 worst; null when off the board. */
  readonly place: number | null;
  /** Gates that tripped. */
  readonly gates: readonly string[];
  /** Gates and what else speaks against it, in words. */
  readonly reasons: readonly string[];
}

export interface Judgement {
  readonly verdicts: readonly Verdict[];
  /** Honest traders who were taken for a leg of a hedge or for a part of a ring. */
  readonly wronged: number;
}

export async function judgeAdversaries(seed: string, honest: number): Promise<Judgement> {
  const market = makeMarket(seed, CAST_DAYS + 1, 12);
  const cast = await castAdversaries(market);
  const kept = new Map<number, Details>(cast.wallets.map(({ id, details }) => [id, details.details()]));
  const actors = cast.wallets.length;
  const population = runExperiment({
    seed,
    variant: PLAIN,
    traders: honest,
    trainDays: CAST_DAYS,
    blind: true,
    keep: (index, _, details) => kept.set(actors + 1 + index, details),
  });
  const { surroundings } = judgeWallets(sightings(cast, kept));
  const board = new Board(honest + actors);
  population.subjects.forEach(({ features }, i) => {
    board.set(i, features);
  });
  const features = featuresOfCast(cast, kept, surroundings, {
    now: NOW,
    terms: DEFAULT_COPY_TERMS,
    bitcoin: market.bitcoin,
    ether: market.ether,
  });
  features.forEach((one, k) => {
    board.set(honest + k, one);
  });
  board.rank();
  const places = new Map<number, number>();
  board.copyOrder.subarray(0, board.copyRanked).forEach((row, place) => {
    places.set(row, place / board.copyRanked);
  });
  const verdicts = features.map((one, k): Verdict => {
    const { gates, against } = explain(one);
    return {
      name: cast.wallets[k]?.trick ?? '',
      shown: cast.wallets[k]?.shown ?? false,
      place: places.get(honest + k) ?? null,
      gates: gates.map(({ code }) => code),
      reasons: [...gates, ...against].map(({ code, text }) => `${code}: ${text}`),
    };
  });
  return { verdicts, wronged: surroundings.filter(({ traderId }) => traderId > actors).length };
}

function featuresOfCast(
  { wallets }: Cast,
  kept: ReadonlyMap<number, Details>,
  surroundings: WalletFindings['surroundings'],
  context: FeatureContext,
) {
  const found = new Map(surroundings.map((one) => [one.traderId, one]));
  return wallets.map(({ id, history }) => {
    const details = { base: kept.get(id) ?? null, seen: null };
    return featuresOf(history, null, context, surroundingsOf(details, found.get(id)));
  });
}

/** What the database would tell of them. */
function sightings(cast: Cast, kept: ReadonlyMap<number, Details>) {
  const minutes = [...kept].map(([traderId, details]) => ({ traderId, minutes: details.minutes }));
  const linked = new Set(cast.subAccounts.flat().map(({ id }) => id));
  return {
    ledger: cast.subAccounts.map(([{ id: a }, { id: b }]) => ({ a, b, kind: 'subAccount' })),
    minutes,
    linkedMinutes: minutes.filter(({ traderId }) => linked.has(traderId)),
    together: tradedTogether(cast.tape.filter(({ time }) => time > NOW - DAY_MS)),
  };
}

/** As `readTradedTogether` asks it of the database. */
function tradedTogether(tape: readonly TapeTrade[]) {
  const volume = new Map<number, number>();
  const pairs = new Map<string, { a: number; b: number; notional: number; n: number }>();
  for (const { buyer, seller, size, price } of tape) {
    const usd = (size * price) / 1e6;
    for (const id of [buyer, seller]) volume.set(id, (volume.get(id) ?? 0) + usd);
    const [a, b] = [Math.min(buyer, seller), Math.max(buyer, seller)];
    const pair = pairs.get(`${a}:${b}`) ?? { a, b, notional: 0, n: 0 };
    pair.notional += usd;
    pair.n++;
    pairs.set(`${a}:${b}`, pair);
  }
  return [...pairs.values()]
    .filter(({ n }) => n >= 10)
    .map(({ a, b, notional }) => ({
      a,
      b,
      notional,
      volumeA: volume.get(a) ?? 0,
      volumeB: volume.get(b) ?? 0,
    }));
}
