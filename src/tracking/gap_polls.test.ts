import { expect, test } from 'vitest';
import { ChangeColumns, EXACT } from '../domain/change_columns.ts';
import { CoinTable } from '../domain/listed_coin.ts';
import { TradeColumns } from '../domain/trade_columns.ts';
import { POLL_PRIORITY, type PollRequest } from '../store/audits.ts';
import { GapPolls } from './gap_polls.ts';
import { PositionBook } from './position_book.ts';

const BTC = 1;
const CL = 2;
const WATCHED = 700;

/** Traders from..to-1 bought at `time` from trader 1, who is never seeded; all others are exact by then. */
function open(book: PositionBook, coin: number, from: number, to: number, time: number): void {
  const rows = new TradeColumns();
  for (let trader = from; trader < to; trader++) rows.push(coin, time, trader, 100, 1, trader, 1, true, time);
  book.applyFrame(rows, 0, rows.length, new ChangeColumns(), 1);
  for (let trader = from; trader < to; trader++) book.mark(book.slot(trader, coin), EXACT, time, 1);
}

function parts() {
  const coins = new CoinTable();
  coins.add({ id: BTC, dex: '', name: 'BTC', symbol: 'BTC', sizeDecimals: 2 });
  coins.add({ id: CL, dex: 'xyz', name: 'CL', symbol: 'xyz:CL', sizeDecimals: 2 });
  return { book: new PositionBook(), coins, watched: () => new Set([WATCHED]) };
}

function drain(polls: GapPolls): { asked: PollRequest[]; done: [number, number][]; largest: number } {
  const asked: PollRequest[] = [];
  const done: [number, number][] = [];
  let largest = 0;
  for (let page = polls.next(); page !== undefined; page = polls.next()) {
    asked.push(...page.polls);
    done.push(...page.done);
    largest = Math.max(largest, page.polls.length);
  }
  return { asked, done, largest };
}

test('everybody whose position a gap made stale is asked for, in small pages, watched traders first', () => {
  const given = parts();
  open(given.book, BTC, 2, 2_002, 10);
  open(given.book, CL, 5, 15, 10);
  // Verified after the gap, and closed before it.
  open(given.book, BTC, 3_000, 3_010, 60);
  const closed = new TradeColumns();
  closed.push(BTC, 11, 1, 100, 1, 1, 4, true, 11);
  given.book.applyFrame(closed, 0, 1, new ChangeColumns(), 1);
  given.book.gap(BTC, 50);
  given.book.gap(CL, 40);
  const polls = new GapPolls(given);
  polls.add(BTC, 50);
  polls.add(CL, 40);
  const { asked, done, largest } = drain(polls);
  expect(asked[0]).toEqual({
    traderId: WATCHED,
    dex: '',
    priority: POLL_PRIORITY.watchedAnomaly,
    reason: 'feed gap',
  });
  const others = new Set(asked.filter(({ priority }) => priority === POLL_PRIORITY.stale));
  expect([...others].filter(({ dex }) => dex === '').map((one) => one.traderId)).toEqual(
    Array.from({ length: 2_000 }, (_, i) => i + 2).filter((id) => id !== 4 && id !== WATCHED),
  );
  expect([...others].filter(({ dex }) => dex === 'xyz')).toHaveLength(10);
  expect(largest).toBeLessThanOrEqual(500);
  expect(done).toEqual([
    [BTC, 50],
    [CL, 40],
  ]);
  expect(polls.next()).toBeUndefined();
});

test('a gap that comes while another is worked on has a pass of its own', () => {
  const given = parts();
  open(given.book, BTC, 2, 1_002, 10);
  given.book.gap(BTC, 50);
  const polls = new GapPolls(given);
  polls.add(BTC, 50);
  polls.next();
  expect(polls.next()?.polls).toHaveLength(500);
  // Found right meanwhile, and hit again.
  for (let trader = 2; trader < 102; trader++) given.book.mark(given.book.slot(trader, BTC), EXACT, 60, 1);
  given.book.gap(BTC, 70);
  polls.add(BTC, 70);
  const { asked, done } = drain(polls);
  expect(asked.filter(({ traderId }) => traderId < 102)).toHaveLength(100);
  expect(done).toEqual([
    [BTC, 50],
    [BTC, 70],
  ]);
});
