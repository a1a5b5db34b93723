import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest_first.ts';

// Vitest alone would leave one processor idle: on two, every file would wait for the one before it.
const processors = Math.max(2, availableParallelism());
// Files that talk to servers and processes wait more than they work.
const waiting = { maxWorkers: processors + 1, sequence: { groupOrder: 1 } };

// Three projects, one runner: unit tests beside their file, integration tests over real sockets and a real
// database, end-to-end tests in a real browser.
export default defineConfig({
  test: {
    pool: 'threads',
    isolate: false,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          globalSetup: ['test/global_setup.ts'],
          include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'tools/**/*.test.ts', 'bench/**/*.test.ts'],
          maxWorkers: processors,
          // No unit test comes near it: only a machine that stands still does.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          globalSetup: ['test/global_setup.ts'],
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          ...waiting,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          globalSetup: ['test/global_setup.ts'],
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          // A browser works while it waits: more of them than processors, or servers beside them, and pages crawl.
          maxWorkers: processors,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
