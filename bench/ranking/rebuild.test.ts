import { describe, expect, it } from 'vitest';
import { compare, incremental, randomLog, rebuilt } from './rebuild.ts';

describe('incremental metrics equal a rebuild from the log', () => {
  it.each(['a', 'b', 'c'])(
    'seed %s, 15,000 events with 15 restarts (the benchmark runs a million)',
    (seed) => {
      const log = randomLog(seed, 15_000);
      expect(compare(incremental(log, 1_000).days, rebuilt(log))).toEqual([]);
    },
  );
  it('notices a lost event', () => {
    const log = randomLog('d', 2_000);
    expect(compare(incremental(log.slice(0, -3), 500).days, rebuilt(log))).not.toEqual([]);
  });
});
