/**
 * `npm test`: every test that can run here, then the line `N passed, N failed, N skipped`. Arguments go to vitest:
 * `npm test -- src/domain/money.test.ts`. Tests of what is not installed (an external PostgreSQL, Redis) skip
 * themselves and say so; the browser tests are left out where there is no Chromium.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { COUNTS_VARIABLE, type TestCounts } from './test_counts.ts';

const root = join(import.meta.dirname, '..');
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function readCounts(path: string): TestCounts | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as TestCounts;
  } catch {
    return undefined;
  }
}

function main(): number {
  const folder = mkdtempSync(join(tmpdir(), 'test-counts-'));
  const countsPath = join(folder, 'counts.json');
  const args = ['run', '--reporter=default', `--reporter=${join(root, 'tools/test_counts.ts')}`];
  if (!BROWSERS.some(isInstalled)) {
    console.log(
      'No Chromium here: the browser tests (test/e2e) are left out. Debian: apt-get install chromium',
    );
    args.push('--project=!e2e');
  }
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const { status, signal } = spawnSync(process.execPath, [vitest, ...args, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, [COUNTS_VARIABLE]: countsPath },
  });
  const counts = readCounts(countsPath);
  rmSync(folder, { recursive: true, force: true });
  if (counts === undefined) {
    console.log(`vitest ended without a result (${signal ?? `exit code ${status}`})`);
    console.log('0 passed, 1 failed, 0 skipped');
    return 1;
  }
  const { passed, failed, skipped } = counts;
  // Vitest may object to something that is no test, such as an unhandled rejection after the last one.
  const missed = status !== 0 && failed === 0 ? 1 : 0;
  console.log(`${passed} passed, ${failed + missed} failed, ${skipped} skipped`);
  return status === 0 && failed === 0 ? 0 : 1;
}

process.exit(main());
