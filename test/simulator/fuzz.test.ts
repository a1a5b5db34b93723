import { expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';

/** A small share of what `node --import tsx test/simulator/fuzz.ts` sends. */
// Each request has a limit of its own; the whole may take as long as the machine needs.
it('4,000 fuzzed requests over every entry point get typed answers', { timeout: 900_000 }, async () => {
  const report = await fuzz(4000, 'test');
  expect(report.problems).toEqual([]);
  expect(Object.keys(report.answers)).toEqual(
    expect.arrayContaining(['http 200', 'http 422', 'frame pong', 'frame post', 'control 200', 'raw 400']),
  );
});
