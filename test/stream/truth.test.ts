import { afterEach, expect, test } from 'vitest';
import { EXACT } from '../../src/domain/change_columns.ts';
import { createTestDatabase } from '../database.ts';
import { MemoryStore } from '../proofs/memory_store.ts';
import { proveTruth, type TruthOptions } from '../proofs/truth_proof.ts';
import { databaseStore } from '../proofs/truth_store.ts';
import type { VirtualStream } from '../proofs/truth_stream.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Time is virtual here: how long it takes is for the machine to say. */
const PATIENCE_MS = 600_000;

const SHARE = {
  hours: 0.3,
  faults: { dropped: 0.01, duplicated: 0.01, late: 0.01, malformed: 0.0005 },
  actsPerDay: 800,
  turnsPerDay: 0,
  clockSkewMs: 0,
  flushEveryMs: 10_000,
};

test.each([0, -3_600_000, 3_600_000])(
  'no exact mark stands on a wrong position through cuts, kills and lost frames, clock off by %d ms',
  async (clockSkewMs) => {
    const db = await createTestDatabase();
    closers.push(() => db.close());
    const store = databaseStore(db.database);
    const report = await proveTruth({ ...SHARE, store, seed: `share ${clockSkewMs}`, clockSkewMs });
    expect(report.quietPoints).toBeGreaterThan(0);
    expect(report.compared).toBeGreaterThan(500);
  },
  PATIENCE_MS,
);

const DENSE: Omit<TruthOptions, 'store'> = {
  ...SHARE,
  seed: 'dense',
  hours: 1,
  faults: { dropped: 0.02, duplicated: 0.02, late: 0.02, malformed: 0.002 },
  turnsPerDay: 20_000,
};

test(
  'a dense hour in memory is proven with every kind of fault',
  async () => {
    const report = await proveTruth({ ...DENSE, store: new MemoryStore() });
    expect(report.gaps).toBeGreaterThan(0);
    expect(report.kills).toBeGreaterThan(0);
    expect(report.drifts).toBeGreaterThan(0);
    expect(report.foundByAudit).toBeGreaterThan(0);
    expect(report.unprinted).toBeGreaterThan(0);
    expect(report.compared).toBeGreaterThan(5_000);
  },
  PATIENCE_MS,
);

/** Every so many calls do something else. */
const every = (calls: number) => {
  let count = 0;
  return () => ++count % calls === 0;
};

const BREAKAGES: [string, (stream: VirtualStream) => void, RegExp][] = [
  [
    'nothing is recognised as a duplicate',
    ({ pipeline }) => {
      pipeline.memory.add = () => 'new';
    },
    /marked exact|stored twice/,
  ],
  [
    'a gap leaves the marks as they are',
    ({ pipeline }) => {
      pipeline.book.gap = () => undefined;
    },
    /marked exact/,
  ],
  [
    'a gap is not recorded',
    ({ pipeline }) => {
      pipeline.gap = (gap) => pipeline.book.gap(gap.coin, gap.to);
    },
    /neither stored nor in a gap/,
  ],
  [
    'a frame is applied twice',
    ({ pipeline: { book } }) => {
      const apply = book.applyFrame.bind(book);
      const isDue = every(300);
      book.applyFrame = (rows, from, to, changes, next) => {
        const after = apply(rows, from, to, changes, next);
        return isDue() ? apply(rows, from, to, changes, after) : after;
      };
    },
    /marked exact|two changes of one side/,
  ],
  [
    'a frame is taken in but not applied',
    ({ pipeline: { book } }) => {
      const apply = book.applyFrame.bind(book);
      const isDue = every(300);
      book.applyFrame = (rows, from, to, changes, next) =>
        isDue() ? next : apply(rows, from, to, changes, next);
    },
    /marked exact|in no change/,
  ],
  [
    'a frame is lost between the feed and the pipeline',
    ({ pipeline }) => {
      const take = pipeline.trades.bind(pipeline);
      const isDue = every(300);
      pipeline.trades = (rows) => !isDue() && take(rows);
    },
    /marked exact|neither stored/,
  ],
  [
    'drift leaves the mark exact',
    ({ pipeline: { book } }) => {
      const mark = book.mark.bind(book);
      book.mark = (slot, _known, verifiedAt, next) => mark(slot, EXACT, verifiedAt, next);
    },
    /without a word/,
  ],
  [
    'an audit does not correct',
    ({ pipeline: { book } }) => {
      book.correct = (_slot, _to, _changes, next) => next;
    },
    /an audit left|marked exact/,
  ],
  [
    'a correction is not logged',
    ({ pipeline: { book } }) => {
      const correct = book.correct.bind(book);
      book.correct = (slot, to, changes, next) => {
        const before = changes.length;
        correct(slot, to, changes, next);
        changes.length = before;
        return next;
      };
    },
    /the log/,
  ],
];

test.each(BREAKAGES)(
  'the proof notices when %s',
  async (_name, sabotage, complaint) => {
    await expect(proveTruth({ ...DENSE, store: new MemoryStore(), sabotage })).rejects.toThrow(complaint);
  },
  PATIENCE_MS,
);
