/** What a newcomer sees: the whole product started by its one command, in a real browser. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../free_ports.ts';
import { signInLinkOf } from '../sign_in_link.ts';
import { until } from '../until.ts';
import { axeViolations, findChromium, launchChromium, openPage, type WatchedPage } from './browser.ts';

const chromium = findChromium();
const START_MS = 120_000;
/** It takes about a minute alone; here other browsers are at work. */
const RANKED_MS = 200_000;
const command = fileURLToPath(new URL('../../bin/autotrade.mjs', import.meta.url));

const numberIn = async (place: Locator): Promise<number> =>
  Number(/[\d,]+/.exec((await place.textContent()) ?? '')?.[0]?.replaceAll(',', '') ?? Number.NaN);

describe.skipIf(chromium === null)('the whole product in a browser', () => {
  let folder: string;
  let manager: ChildProcess;
  let output = '';
  let origin: string;
  let browser: Browser;
  let watched: WatchedPage;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'autotrade-e2e-'));
    const [port, simulatorPort] = await freePorts(2);
    origin = `http://127.0.0.1:${port}`;
    await writeFile(
      join(folder, '.env'),
      `PORT=${port}\nSIMULATOR_PORT=${simulatorPort}\nSIMULATOR_TRADERS=200\n`,
    );
    manager = spawn(process.execPath, [command, 'start'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    manager.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    browser = await launchChromium(chromium ?? '');
    watched = await openPage(browser);
  }, START_MS);

  afterAll(async () => {
    await watched?.close();
    await browser?.close();
    manager?.kill('SIGTERM');
    await until(() => manager.exitCode !== null || manager.signalCode !== null, 'the manager to end').finally(
      () => manager.kill('SIGKILL'),
    );
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('signs in by a link of the command line', { timeout: START_MS + 30_000 }, async () => {
    await until(
      () => {
        if (manager.exitCode !== null) throw new Error(`it ended with ${manager.exitCode}:\n${output}`);
        return output.includes(`Open ${origin} in a browser`);
      },
      'the word that it can be opened',
      START_MS,
    ).catch((error: unknown) => {
      throw new Error(`not in what it printed:\n${output}`, { cause: error });
    });
    await watched.page.goto(await signInLinkOf(folder));
    await watched.page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(watched.page.url()).toBe(`${origin}/`);
  });

  it('shows moving trades, traders and healthy services, all of them simulated', async () => {
    const { page } = watched;
    await page.getByText('SIMULATED EXCHANGE: prices and fills are generated').waitFor();
    const committed = page.getByText(/[\d,]+ committed/);
    const before = await until(
      async () => (await numberIn(committed)) || undefined,
      'the first trades',
      60_000,
    );
    await until(async () => (await numberIn(committed)) > before, 'more trades');
    const services = page.getByRole('region', { name: 'Services', exact: true });
    await until(
      async () => /stream[^ ]*ready/.test((await services.textContent()) ?? ''),
      'the stream',
      60_000,
    );
    expect(await axeViolations(page)).toEqual([]);
  });

  it('lists the traders that the trades reveal', async () => {
    const { page } = watched;
    await page.goto(`${origin}/traders`);
    const known = page.getByText(/[\d,]+ known/);
    const before = await until(async () => (await numberIn(known)) || undefined, 'the first traders');
    await until(async () => (await numberIn(known)) > before, 'a new trader', 180_000);
    await page.getByRole('gridcell').first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('shows position changes as they happen, and the trader behind them', async () => {
    const { page } = watched;
    await page.goto(`${origin}/live`);
    const rows = page.getByRole('region', { name: 'Changes', exact: true }).locator('tbody tr');
    await rows.first().waitFor();
    const before = await rows.first().textContent();
    await until(async () => (await rows.first().textContent()) !== before, 'the next change');
    // Rows move on several times a second, from under a click too: the link is read and followed.
    const link = await rows.first().getByRole('link').getAttribute('href');
    await page.goto(`${origin}${link}`);
    await page.waitForURL(/\/traders\/0x[0-9a-f]{40}$/);
    await page.getByText('Notional traded').waitFor();
    await page
      .getByRole('region', { name: 'Position changes', exact: true })
      .locator('tbody tr')
      .first()
      .waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('ranks traders whose pasts it has read by itself, and says why the first one is there', async () => {
    const { page } = watched;
    await page.goto(`${origin}/leaderboard`);
    const first = page.locator('[role=row][aria-rowindex]:has([role=gridcell])').first();
    await first.filter({ hasText: /^1\s*0x/ }).waitFor({ timeout: RANKED_MS });
    expect(await axeViolations(page)).toEqual([]);
    await first.getByRole('link').first().click();
    const card = page.getByRole('region', { name: 'Ranking' });
    await card.getByText('Gates: 13 of 13 passed').waitFor();
    await card.getByRole('row', { name: /^Win rate \d/ }).waitFor();
  });

  it('shows the system without a violation of its own policy', async () => {
    const { page } = watched;
    await page.goto(`${origin}/system`);
    await page.getByRole('region', { name: 'Position book', exact: true }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(watched.violations).toEqual([]);
    expect(watched.errors).toEqual([]);
  });
});
