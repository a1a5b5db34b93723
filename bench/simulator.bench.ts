/**
 * The simulated venue in-process: orders through the signed-request entry (everything but the signature), and
 * virtual days of the small world (200 traders, 20 coins, about 50,000 orders a day).
 */
import { type Address, parseAddress } from '../src/domain/address.ts';
import { formatLots, formatTicks, type MicroUsd } from '../src/domain/money.ts';
import { seededRandom } from '../src/runtime/random.ts';
import { gridPx } from '../src/simulator/agents/market_makers.ts';
import { SimulatedWorld, smallWorldOptions } from '../src/simulator/agents/world.ts';
import { COIN_SEEDS } from '../src/simulator/venue/coin_table.ts';
import { LogHash } from '../src/simulator/venue/log_hash.ts';
import type { Market } from '../src/simulator/venue/state.ts';
import { SimulatedVenue } from '../src/simulator/venue/venue.ts';
import type { BenchResult, RunBench } from './result.ts';
import { populationHistory } from './simulator/population_history.ts';
import { signedOrders } from './simulator/signed_orders.ts';

const START = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;
const TRADERS = 200;
const PER_BLOCK = 500;

const ADDRESSES: readonly Address[] = Array.from({ length: TRADERS }, (_, i) =>
  parseAddress(`0x${(i + 1).toString(16).padStart(40, '0')}`),
);
const trader = (i: number): Address => ADDRESSES[i] as Address;

/**
 * Seconds of processor time, garbage collection included: what one core needs, whoever else uses the machine. Wall
 * time is reported beside it.
 */
function stopwatch(): () => { readonly cpu: number; readonly wall: number } {
  const before = process.cpuUsage();
  const started = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { cpu: (user + system) / 1e6, wall: (performance.now() - started) / 1000 };
  };
}

function newVenue(): SimulatedVenue {
  const coins = COIN_SEEDS.filter((c) => !c.delisted && c.dex === '').slice(0, 20);
  // Budgets and nonce windows are on; the accounts are rich enough that neither ends the run.
  const venue = new SimulatedVenue({ seed: 1, startTime: START, coins });
  for (let i = 0; i < TRADERS; i++) {
    venue.control.deposit(trader(i), (3_000_000_000 * 1e6) as MicroUsd);
    venue.control.setActionBudget(trader(i), -1_000_000_000);
  }
  venue.produceBlock(START + 70);
  return venue;
}

/** Half of the orders rest near the touch, half take: about every taker matches. */
function matchedOrders(orders: number): {
  readonly perCpuSecond: number;
  readonly perSecond: number;
  readonly matched: number;
} {
  const venue = newVenue();
  const random = seededRandom('bench/orders');
  const { markets } = venue.state;
  let matched = 0;
  venue.onBlock((events) => {
    for (const fill of events.fills) if (fill.crossed) matched += 1;
  });
  const stop = stopwatch();
  for (let sent = 0; sent < orders; sent += PER_BLOCK) {
    const nonce = venue.time;
    for (let i = 0; i < PER_BLOCK; i++) {
      const market = markets[random.int(markets.length)] as Market;
      const isBuy = random.next() < 0.5;
      const takes = i % 2 === 1;
      const away = (takes ? 1 : -1) * (0.0002 + random.next() * 0.002);
      const px = gridPx(market, market.mark * (isBuy ? 1 + away : 1 - away), isBuy);
      const size = Math.max(1, Math.floor(((100 + random.next() * 5000) * 1e6) / px));
      venue.submit(
        {
          signer: trader(random.int(TRADERS)),
          action: {
            type: 'order',
            grouping: 'na',
            orders: [
              {
                a: market.assetId,
                b: isBuy,
                p: formatTicks(px, market.szDecimals),
                s: formatLots(size as never, market.szDecimals),
                r: false,
                t: { limit: { tif: takes ? 'Ioc' : 'Gtc' } },
              },
            ],
          },
          nonce: nonce + i,
          vaultAddress: null,
          expiresAfter: null,
        },
        () => {},
      );
    }
    venue.produceBlock(venue.time + PER_BLOCK);
  }
  const { cpu, wall } = stop();
  if (venue.conservation().difference !== 0n) throw new Error('the venue lost money');
  return { perCpuSecond: orders / cpu, perSecond: orders / wall, matched };
}

function virtualDay(seed: string): { readonly cpu: number; readonly wall: number; readonly orders: number } {
  const stop = stopwatch();
  const world = new SimulatedWorld(smallWorldOptions(seed, START));
  const log = new LogHash();
  world.venue.onBlock(log.sink);
  world.advanceTo(START + DAY_MS);
  if (world.venue.conservation().difference !== 0n) throw new Error('the world lost money');
  return { ...stop(), orders: log.orders };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export const run: RunBench = async ({ quick, say }) => {
  // First: a cold start is what a newcomer waits for.
  const history = populationHistory(say);
  const rounds = quick ? 3 : 7;
  const orders = quick ? 40_000 : 150_000;
  const rates: { readonly cpu: number; readonly wall: number }[] = [];
  const days: { readonly cpu: number; readonly wall: number }[] = [];
  let perDay = 0;
  // The compiler warms up outside the measurement.
  matchedOrders(10_000);
  for (let round = 0; round < rounds; round++) {
    const { perCpuSecond, perSecond, matched } = matchedOrders(orders);
    rates.push({ cpu: perCpuSecond, wall: perSecond });
    say(
      `round ${round + 1}: ${Math.round(perCpuSecond)} orders/CPU s, ${Math.round(perSecond)} orders/s, ${matched} matches`,
    );
    const day = virtualDay(`bench/${round}`);
    days.push(day);
    perDay = day.orders;
    say(
      `round ${round + 1}: a day of ${day.orders} orders in ${day.cpu.toFixed(2)} CPU s, ${day.wall.toFixed(2)} s`,
    );
  }
  const seconds = median(days.map((day) => day.cpu));
  const wall = median(days.map((day) => day.wall));
  const results: BenchResult[] = [
    ...history,
    {
      name: 'orders executed in-process, one core',
      value: Math.round(median(rates.map((rate) => rate.cpu))),
      unit: 'orders/CPU s',
      target: '>= 20000',
    },
    {
      name: 'the same by the wall clock',
      value: Math.round(median(rates.map((rate) => rate.wall))),
      unit: 'orders/s',
    },
    {
      name: 'virtual day of the small world',
      value: Number(seconds.toFixed(2)),
      unit: 'CPU s',
      target: '<= 5',
    },
    { name: 'the same by the wall clock', value: Number(wall.toFixed(2)), unit: 's' },
    { name: 'simulated days', value: Number((60 / wall).toFixed(1)), unit: 'days/min' },
    { name: 'orders in that day', value: perDay, unit: 'orders' },
    ...(await signedOrders(quick ? 8_000 : 40_000)),
  ];
  return results;
};
