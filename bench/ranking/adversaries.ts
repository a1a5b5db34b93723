/** Traders made to fool a ranking, among an honest population. None may reach the top tenth; each is told why. */
import { DAY_MS } from '../../src/domain/metrics/day.ts';
import { TraderHistory } from '../../src/domain/metrics/history.ts';
import { Board } from '../../src/ranking/board.ts';
import { capacityShare } from '../../src/ranking/capacity.ts';
import { DEFAULT_COPY_TERMS } from '../../src/ranking/copy_returns.ts';
import { groupEntities, type Link, oppositeTwins, washRings } from '../../src/ranking/entities.ts';
import { ALONE, type FeatureContext, featuresOf, type Surroundings } from '../../src/ranking/features.ts';
import { explain } from '../../src/ranking/reasons.ts';
import { Account } from './account.ts';
import { Draw } from './draw.ts';
import { runExperiment } from './experiment.ts';
import { type Market, makeMarket, START_MS } from './market.ts';
import { tradeMartingale } from './martingale.ts';
import { PLAIN } from './population.ts';

const DAYS = 90;

export interface Verdict {
  readonly name: string;
  /** Place from the top among the eligible, 0 best to 1 worst; null when off the board. */
  readonly place: number | null;
  readonly reasons: readonly string[];
}

/** A trader whose every trade is scripted: gains per round trip instead of market prices. */
interface Script {
  readonly name: string;
  readonly tripsPerDay: number;
  readonly holdHours: number;
  /** Return of the position in a round trip. */
  readonly gain: (draw: Draw, trip: number) => number;
  readonly leverage: number;
  /** Deposits this share of equity every day. */
  readonly depositDaily?: number;
  readonly slippageBp?: number;
  readonly around?: Surroundings;
}

function perform(script: Script, market: Market, index: number): TraderHistory {
  const draw = new Draw(`adversary ${script.name} ${index}`);
  const history = new TraderHistory({ slippageBp: () => script.slippageBp ?? 3 });
  const account = new Account({
    history,
    market,
    draw,
    equityUsd: 20_000,
    startMs: START_MS,
    onMidnight: () => undefined,
  });
  const coin = account.coin(5);
  const gap = DAY_MS / script.tripsPerDay;
  for (let trip = 0; trip < DAYS * script.tripsPerDay; trip++) {
    const open = Math.floor(START_MS + trip * gap + 0.1 * gap);
    const close = Math.min(
      open + Math.floor(script.holdHours * 3_600_000),
      Math.floor(START_MS + (trip + 1) * gap) - 10,
    );
    if (script.depositDaily !== undefined && trip % script.tripsPerDay === 0)
      account.planDeposit(open - 1_000, script.depositDaily);
    account.advance(open);
    const price = coin.ticks[0] ?? 1;
    const lots = Math.floor((account.cash * script.leverage) / price);
    const side = draw.uniform() < 0.5 ? 1 : -1;
    account.newOrder();
    account.trade(open, coin, side * lots, price, false);
    account.newOrder();
    const exit = Math.max(1, Math.round(price * (1 + side * script.gain(draw, trip))));
    account.trade(close, coin, -side * lots, exit, false);
  }
  account.advance(START_MS + DAYS * DAY_MS);
  return history;
}

const ring = washRings(
  [{ a: 1, b: 2, notional: 9e6 }],
  new Map([
    [1, 1e7],
    [2, 1e7],
  ]),
);
const ringLinked = groupEntities(ring).has(1);

/** The two legs move by opposite amounts in the same minutes: found, not assumed. */
function hedgeLinked(): boolean {
  const changes = Array.from({ length: 60 }, (_, k) => [
    { trader: 1, coin: 3, minute: 7 * k, notional: (k % 2 === 0 ? 1 : -1) * (1_000 + k) },
    { trader: 2, coin: 3, minute: 7 * k, notional: (k % 2 === 0 ? -1 : 1) * (1_000 + k) },
  ]).flat();
  const links: Link[] = oppositeTwins(changes).map(({ a, b }) => ({ a, b, kind: 'twin' }));
  return groupEntities(links).get(2) === 1;
}

const steady = (mean: number, spread: number) => (draw: Draw) => mean + spread * draw.normal();

const SCRIPTS: readonly Script[] = [
  {
    name: 'wash ring',
    tripsPerDay: 2,
    holdHours: 5,
    gain: steady(0.006, 0.004),
    leverage: 1,
    around: { ...ALONE, ring: ringLinked ? 1 : 0 },
  },
  {
    name: 'deposit pumping',
    tripsPerDay: 2,
    holdHours: 5,
    gain: steady(0.0004, 0.02),
    leverage: 1,
    depositDaily: 0.03,
  },
  {
    name: 'two-wallet hedge',
    tripsPerDay: 2,
    holdHours: 6,
    gain: steady(0.008, 0.015),
    leverage: 1,
    around: { ...ALONE, hedged: hedgeLinked() ? 1 : 0 },
  },
  {
    name: 'one lucky day',
    tripsPerDay: 2,
    holdHours: 5,
    gain: (draw, trip) => (trip === 100 ? 0.9 : 0.0005 + 0.004 * draw.normal()),
    leverage: 1,
  },
  {
    name: 'pump and dump',
    tripsPerDay: 1,
    holdHours: 3,
    gain: steady(0.012, 0.006),
    leverage: 1,
    slippageBp: 120,
    around: {
      ...ALONE,
      capacityShare: capacityShare(
        Array.from({ length: 40 }, () => ({ notionalUsd: 20_000, minuteVolumeUsd: 25_000 })),
        1,
      ),
    },
  },
];

/** A martingale gentle enough to have survived: nineteen wins in twenty. */
function survivor(market: Market, index: number): TraderHistory {
  const draw = new Draw(`survivor ${index}`);
  const history = new TraderHistory({ slippageBp: () => 3 });
  const account = new Account({
    history,
    market,
    draw,
    equityUsd: 20_000,
    startMs: START_MS,
    onMidnight: () => undefined,
  });
  const plan = { base: 0.02, takeProfit: 0.25, step: 0.6, adds: 5, coins: [2, 3, 4, 6], makerRatio: 0.5 };
  tradeMartingale(account, plan, draw, 0, DAYS * 288);
  return history;
}

export function judgeAdversaries(seed: string, honest: number): Verdict[] {
  const population = runExperiment({ seed, variant: PLAIN, traders: honest, trainDays: DAYS });
  const market = makeMarket(seed, DAYS + 1, 12);
  const context: FeatureContext = {
    now: START_MS + DAYS * DAY_MS,
    terms: DEFAULT_COPY_TERMS,
    bitcoin: market.bitcoin,
    ether: market.ether,
  };
  const cast = [
    ...SCRIPTS.flatMap((script) =>
      [0, 1, 2].map((k) => ({
        name: script.name,
        around: script.around ?? ALONE,
        history: perform(script, market, k),
      })),
    ),
    ...[0, 1, 2].map((k) => ({
      name: 'martingale with 95 % wins',
      around: ALONE,
      history: survivor(market, k),
    })),
  ];
  const board = new Board(honest + cast.length);
  population.subjects.forEach(({ features }, i) => {
    board.set(i, features);
  });
  const features = cast.map(({ history, around }) => featuresOf(history, null, context, around));
  features.forEach((f, k) => {
    board.set(honest + k, f);
  });
  board.rank();
  const places = new Map<number, number>();
  board.copyOrder.subarray(0, board.copyRanked).forEach((row, place) => {
    places.set(row, place / board.copyRanked);
  });
  return cast.map(({ name }, k) => {
    const f = features[k];
    const told = f ? explain(f) : { gates: [], against: [] };
    return {
      name,
      place: places.get(honest + k) ?? null,
      reasons: [...told.gates, ...told.against].map(({ code, text }) => `${code}: ${text}`),
    };
  });
}
