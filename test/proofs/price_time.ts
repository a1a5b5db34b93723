/** Property: the venue's book trades exactly as the reference book, order by order. */
import fc from 'fast-check';
import { type Address, parseAddress } from '../../src/domain/address.ts';
import type { Lots, MicroUsd, Ticks } from '../../src/domain/money.ts';
import { COIN_SEEDS } from '../../src/simulator/venue/coin_table.ts';
import { updateLeverage } from '../../src/simulator/venue/leverage_actions.ts';
import { cancelOrder } from '../../src/simulator/venue/order_book_keeping.ts';
import { placeOrder } from '../../src/simulator/venue/placement.ts';
import type { State } from '../../src/simulator/venue/state.ts';
import { CLASS_PASSIVE, SimulatedVenue } from '../../src/simulator/venue/venue.ts';
import { ReferenceBook, type ReferenceTrade } from './reference_book.ts';

const OWNERS = 4;
const START = Date.UTC(2026, 0, 5);
const owner = (i: number): Address => parseAddress(`0x${(i + 1).toString(16).padStart(40, '0')}`);

interface Step {
  readonly owner: number;
  readonly isBuy: boolean;
  /** Steps of 10 USD around 113,000. */
  readonly offset: number;
  readonly size: number;
  readonly kind: 'gtc' | 'ioc' | 'alo' | 'cancel';
  readonly target: number;
}

/** Few prices, and three orders of four on their own side of the middle, so that queues grow long. */
const step: fc.Arbitrary<Step> = fc
  .record({
    owner: fc.nat(OWNERS - 1),
    crosses: fc.constantFrom(false, false, false, true),
    offset: fc.integer({ min: -3, max: 3 }),
    size: fc.integer({ min: 1, max: 50 }),
    kind: fc.constantFrom<Step['kind']>('gtc', 'gtc', 'gtc', 'gtc', 'ioc', 'alo', 'cancel'),
    target: fc.nat(60),
  })
  .map(({ crosses, ...at }) => ({ ...at, isBuy: at.offset < 0 !== crosses }));

function runVenue(s: State, steps: readonly Step[]): ReferenceTrade[] {
  const market = s.markets[0];
  if (market === undefined) throw new Error('no market');
  const oids = new Map<number, number>();
  const placed: number[] = [];
  for (const [i, { kind, ...at }] of steps.entries()) {
    const account = s.accounts.get(owner(at.owner));
    if (account === undefined) throw new Error('no account');
    if (kind === 'cancel') {
      const oid = placed[at.target % Math.max(1, placed.length)];
      for (const candidate of s.accountList) {
        const order = oid === undefined ? undefined : candidate.open.get(oid);
        if (order) cancelOrder(s, order, 'canceled');
      }
      placed.push(-1);
      continue;
    }
    const oid = s.nextOid;
    oids.set(oid, i);
    placed.push(oid);
    placeOrder(s, account, {
      market,
      isBuy: at.isBuy,
      px: (1_130_000 + at.offset * 100) as Ticks,
      sz: (at.size * 1000) as Lots,
      reduceOnly: false,
      tif: kind === 'gtc' ? 'Gtc' : kind === 'ioc' ? 'Ioc' : 'Alo',
      trigger: null,
      cloid: null,
      builder: null,
      isPositionTpsl: false,
    });
  }
  const trades: ReferenceTrade[] = [];
  const fills = s.events.fills;
  for (let i = 0; i + 1 < fills.length; i += 2) {
    const taker = fills[i];
    const maker = fills[i + 1];
    if (taker === undefined || maker === undefined) continue;
    trades.push({
      maker: oids.get(maker.oid) ?? -1,
      taker: oids.get(taker.oid) ?? -1,
      px: taker.px,
      size: taker.sz,
    });
  }
  return trades;
}

function runReference(steps: readonly Step[]): ReferenceTrade[] {
  const book = new ReferenceBook();
  const placed: number[] = [];
  const trades: ReferenceTrade[] = [];
  for (const [id, { kind, ...at }] of steps.entries()) {
    if (kind === 'cancel') {
      const target = placed[at.target % Math.max(1, placed.length)];
      if (target !== undefined) book.cancel(target);
      placed.push(-1);
      continue;
    }
    placed.push(id);
    const order = {
      id,
      owner: at.owner,
      isBuy: at.isBuy,
      px: 1_130_000 + at.offset * 100,
      size: at.size * 1000,
    };
    if (kind === 'alo' && book.wouldMatch(order)) continue;
    trades.push(...book.place(order, kind === 'ioc'));
  }
  return trades;
}

/** Throws fast-check's report, with the smallest sequence, on the first difference. */
export function provePriceTime(sequences: number, seed?: number): void {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }), (steps) => {
      const coins = COIN_SEEDS.filter((c) => c.name === 'BTC');
      const venue = new SimulatedVenue({ seed: 1, startTime: START, coins });
      for (let i = 0; i < OWNERS; i++) venue.control.deposit(owner(i), (2_000_000_000 * 1e6) as MicroUsd);
      venue.enqueue(CLASS_PASSIVE, (s) => {
        for (const account of s.accountList) updateLeverage(s, account, s.markets[0], true, 20);
      });
      venue.produceBlock(START + 70);
      let actual: ReferenceTrade[] = [];
      venue.enqueue(CLASS_PASSIVE, (s) => {
        actual = runVenue(s, steps);
      });
      venue.produceBlock(START + 140);
      const expected = runReference(steps);
      const differs = JSON.stringify(actual) !== JSON.stringify(expected);
      if (differs) throw new Error(`trades ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
    }),
    { numRuns: sequences, ...(seed === undefined ? {} : { seed }) },
  );
}
