import { describe, expect, it } from 'vitest';
import { type RotationFigures, type RotationPlan, type Span, VirtualRotation } from './virtual_rotation.ts';

const TRADERS = 1_000;
/** At 600 polls a minute. */
const IDEAL_MS = 100_000;

interface Surroundings {
  readonly wireMs: Span;
  readonly storeMs: Span;
  readonly handOverMs: Span;
}

/** A near venue and idle servers; a far venue on a machine that has much else to do. */
const QUIET: Surroundings = { wireMs: [5, 40], storeMs: [0, 3], handOverMs: [300, 1_200] };
const BUSY: Surroundings = { wireMs: [100, 600], storeMs: [5, 100], handOverMs: [1_000, 3_500] };

/** Two changes of runs after the window has filled. */
const run = (plan: Partial<RotationPlan> & Surroundings): Promise<RotationFigures> =>
  new VirtualRotation({ seed: 'rotation', workers: 1, traders: TRADERS, ...plan }).run(75_000, 150_000);

function expectWithinBudget(figures: RotationFigures): void {
  expect(figures.refused).toEqual({ sliding: 0, fixed: 0 });
  expect(figures.mostWeightInAMinute).toBeLessThanOrEqual(1200);
}

// A few seconds of processor time each.
describe('the rotation in virtual time', { timeout: 240_000 }, () => {
  it.each([
    ['one worker, everything slow', 1, BUSY],
    ['eight workers', 8, QUIET],
    ['eight workers, everything slow', 8, BUSY],
  ])('%s: uses the budget, is never refused, and lets nobody wait', async (_title, workers, surroundings) => {
    const figures = await run({ workers, ...surroundings });
    expectWithinBudget(figures);
    // Of 1200 with the reserve of repairs kept free, which nobody asked for.
    expect(figures.statesPerMinute).toBeGreaterThanOrEqual(0.95 * 600);
    expect(figures.longestWaitMs).toBeLessThanOrEqual(1.1 * IDEAL_MS);
  });

  it.each([
    ['one worker', 1],
    ['four workers', 4],
  ])('keeps half of the polls while requests never end: %s', async (_title, workers) => {
    const figures = await run({
      workers,
      ...QUIET,
      traders: TRADERS / 2,
      backlog: true,
      urgentPerMinute: 10,
    });
    expectWithinBudget(figures);
    expect(figures.statesPerMinute).toBeGreaterThanOrEqual(0.95 * 600);
    // As if half of the traders had all of it; beside the urgent ones.
    expect(figures.longestWaitMs).toBeLessThanOrEqual(1.15 * IDEAL_MS);
    expect(figures.longestUrgentMs).toBeLessThanOrEqual(6_000);
  });

  it('loses neither weight nor traders to a worker that freezes for good', async () => {
    const figures = await run({ workers: 4, ...QUIET, stops: { worker: 2, at: 100_000 } });
    expectWithinBudget(figures);
    expect(figures.statesPerMinute).toBeGreaterThanOrEqual(0.95 * 600);
    // What it held is free when its lease of 20 s has run out.
    expect(figures.longestWaitMs).toBeLessThanOrEqual(1.1 * IDEAL_MS + 20_000);
  });

  it('uses what a reserve leaves, and answers urgent polls within seconds', async () => {
    const figures = await run({
      workers: 4,
      ...QUIET,
      reserve: { orders: 200, repairs: 60 },
      urgentPerMinute: 30,
    });
    expectWithinBudget(figures);
    expect(figures.statesPerMinute).toBeGreaterThanOrEqual(0.95 * 500);
    expect(figures.longestUrgentMs).toBeLessThanOrEqual(6_000);
  });

  it.each([
    ['short answers', 10, QUIET],
    ['short answers, a far venue', 10, { ...BUSY, handOverMs: QUIET.handOverMs }],
    ['long answers', 200, QUIET],
  ])(
    'lets the stream close the gaps of a reconnect while all weight is in use: %s',
    async (_title, rows, surroundings) => {
      const coins = 40;
      const figures = await run({ workers: 4, ...surroundings, reconnect: { at: 100_000, coins, rows } });
      expectWithinBudget(figures);
      expect(figures.gaps).toEqual({ closed: coins, recorded: 0 });
    },
  );
});
