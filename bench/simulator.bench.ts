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

const START = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;
const TRADERS = 200;
const PER_BLOCK = 500;

const trader = (i: number): Address => parseAddress(`0x${(i + 1).toString(16).padStart(40, '0')}`);

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
function matchedOrders(orders: number): { readonly perSecond: number; readonly matched: number } {
  const venue = newVenue();
  const random = seededRandom('bench/orders');
  const { markets } = venue.state;
  let matched = 0;
  venue.onBlock((events) => {
    for (const fill of events.fills) if (fill.crossed) matched += 1;
  });
  const started = performance.now();
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
  const seconds = (performance.now() - started) / 1000;
  if (venue.conservation().difference !== 0n) throw new Error('the venue lost money');
  return { perSecond: orders / seconds, matched };
}

function virtualDay(seed: string): { readonly seconds: number; readonly orders: number } {
  const started = performance.now();
  const world = new SimulatedWorld(smallWorldOptions(seed, START));
  const log = new LogHash();
  world.venue.onBlock(log.sink);
  world.advanceTo(START + DAY_MS);
  if (world.venue.conservation().difference !== 0n) throw new Error('the world lost money');
  return { seconds: (performance.now() - started) / 1000, orders: log.orders };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export const run: RunBench = async ({ quick, say }) => {
  const rounds = quick ? 3 : 7;
  const orders = quick ? 40_000 : 150_000;
  const rates: number[] = [];
  const days: number[] = [];
  let perDay = 0;
  for (let round = 0; round < rounds; round++) {
    const { perSecond, matched } = matchedOrders(orders);
    rates.push(perSecond);
    say(`round ${round + 1}: ${Math.round(perSecond)} orders/s, ${matched} matches of ${orders} orders`);
    const day = virtualDay(`bench/${round}`);
    days.push(day.seconds);
    perDay = day.orders;
    say(`round ${round + 1}: a day of ${day.orders} orders in ${day.seconds.toFixed(2)} s`);
  }
  const seconds = median(days);
  const results: BenchResult[] = [
    {
      name: 'orders executed in-process',
      value: Math.round(median(rates)),
      unit: 'orders/s',
      target: '>= 20000',
    },
    { name: 'virtual day of the small world', value: Number(seconds.toFixed(2)), unit: 's', target: '<= 5' },
    { name: 'simulated days', value: Number((60 / seconds).toFixed(1)), unit: 'days/min' },
    { name: 'orders in that day', value: perDay, unit: 'orders' },
  ];
  return results;
};
