/**
 * The position book at the size of the whole venue: 1,000,000 traders with three positions each. Figures: position
 * updates a second (a trade is two), every change made; bytes per position, index included.
 */
import { ChangeColumns } from '../src/domain/change_columns.ts';
import { TradeColumns } from '../src/domain/trade_columns.ts';
import { seededRandom } from '../src/runtime/random.ts';
import { PositionBook } from '../src/tracking/position_book.ts';
import type { RunBench } from './result.ts';

const TRADERS = 1_000_000;
const COINS_PER_TRADER = 3;
const COINS = 200;
const FRAME_ROWS = 4;
/** Changes are handed on every so many, as a flush would. */
const FLUSH_CHANGES = 10_000;

/** The three coins of a trader. */
const coinOf = (trader: number, which: number): number => 1 + ((trader * 7 + which * 61) % COINS);

function fill(book: PositionBook): void {
  const rows = new TradeColumns();
  const changes = new ChangeColumns();
  let offset = 1;
  for (let which = 0; which < COINS_PER_TRADER; which++) {
    for (let trader = 1; trader <= TRADERS; trader++) {
      // Neighbours 200 apart have the same coins.
      const seller = trader <= TRADERS - COINS ? trader + COINS : trader - COINS;
      rows.clear();
      rows.push(coinOf(trader, which), 1_000 + which, trader, 100, 10, trader, seller, true, 0);
      offset = book.applyFrame(rows, 0, 1, changes, offset);
      if (changes.length > FLUSH_CHANGES) changes.clear();
    }
  }
}

export const run: RunBench = async ({ quick, say }) => {
  const book = new PositionBook({ expected: 1024 });
  const before = process.memoryUsage();
  fill(book);
  const after = process.memoryUsage();
  const positions = book.pairs.size;
  const grown = after.arrayBuffers - before.arrayBuffers;
  say(`${positions} positions, ${(grown / positions).toFixed(0)} bytes each`);

  const random = seededRandom('book');
  const rows = new TradeColumns();
  const trades = quick ? 1_000_000 : 4_000_000;
  let time = 10_000;
  for (let n = 0; n < trades; n++) {
    if (n % FRAME_ROWS === 0) time++;
    const trader = 1 + random.int(TRADERS - COINS);
    const which = random.int(COINS_PER_TRADER);
    const buys = random.next() < 0.5;
    const other = trader + COINS;
    rows.push(
      coinOf(trader, which),
      time,
      n,
      90 + random.int(20),
      1 + random.int(20),
      buys ? trader : other,
      buys ? other : trader,
      true,
      0,
    );
  }
  const changes = new ChangeColumns();
  let offset = 10_000_000;
  let made = 0;
  // CPU time of this process, which is never less than the time it would take alone on the machine.
  const cpu = process.cpuUsage();
  for (let from = 0; from < rows.length; from += FRAME_ROWS) {
    offset = book.applyFrame(rows, from, Math.min(rows.length, from + FRAME_ROWS), changes, offset);
    if (changes.length < FLUSH_CHANGES) continue;
    made += changes.length;
    changes.clear();
    book.dirty.take(FLUSH_CHANGES);
  }
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (user + system) / 1e6;
  say(`${made + changes.length} changes in ${seconds.toFixed(2)} s of CPU`);
  return [
    {
      name: 'updates at 1,000,000 traders',
      value: (trades * 2) / seconds,
      unit: 'updates/CPU-s',
      target: '>= 400000',
    },
    { name: 'memory per position', value: grown / positions, unit: 'bytes', target: '<= 150' },
    { name: 'positions', value: positions, unit: 'positions' },
  ];
};
