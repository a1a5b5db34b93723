/** A vitest reporter that counts, so that `npm test` can end with one plain line. */
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Where the counts go; tools/test.ts reads it. */
export const COUNTS_VARIABLE = 'TEST_COUNTS_FILE';

/** A file that could not be loaded, and an error outside any test, count as one failed test each. */
export function count(modules: readonly TestModule[], errors: number): TestCounts {
  const counts = { passed: 0, failed: errors, skipped: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') counts.passed += 1;
      else if (state === 'skipped') counts.skipped += 1;
      else counts.failed += 1;
    }
    counts.failed += module.errors().length;
  }
  return counts;
}

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const path = process.env[COUNTS_VARIABLE];
    if (path) writeFileSync(path, JSON.stringify(count(modules, errors.length)));
  }
}
