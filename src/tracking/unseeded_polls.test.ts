import { expect, test } from 'vitest';
import { UnseededPolls } from './unseeded_polls.ts';

test('asks once per trader and dex, for a bounded number, and again for those that led to nothing', () => {
  const polls = new UnseededPolls();
  expect(polls.ask(1, '', 0)).toBe(true);
  expect(polls.ask(1, '', 0)).toBe(false);
  expect(polls.ask(1, 'xyz', 0)).toBe(true);
  for (let trader = 2; trader < 200; trader++) expect(polls.ask(trader, '', 1000)).toBe(true);
  expect(polls.ask(500, '', 1000)).toBe(false);
  polls.seeded(7, '');
  expect(polls.ask(500, '', 1000)).toBe(true);
  expect(polls.ask(501, '', 599_000)).toBe(false);
  expect(polls.ask(501, '', 600_000)).toBe(true);
  expect(polls.ask(1, '', 600_000)).toBe(true);
});
