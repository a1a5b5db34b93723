/** The app in a real browser against the real API on a real database. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSignInLink } from '../../src/api/access.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { addCoins, addressOf, addTraders, addTrades } from '../api/market.ts';
import { type ApiRig, startApi } from '../api/rig.ts';
import { until } from '../until.ts';
import { axeViolations, findChromium, launchChromium, openPage, type WatchedPage } from './browser.ts';
import { builtApp } from './built_app.ts';

const chromium = findChromium();

describe.skipIf(chromium === null)('the app on the real API', () => {
  let browser: Browser;
  let rig: ApiRig;
  let watched: WatchedPage;
  let nextSeq = 1;

  /** Trades as the stream role commits them, of now. */
  const trade = async (count: number) => {
    await addTrades(rig.test.database, nextSeq, count, systemClock.now());
    nextSeq += count;
  };

  beforeAll(async () => {
    const webRoot = await builtApp();
    [browser, rig] = await Promise.all([launchChromium(chromium ?? ''), startApi({ webRoot })]);
    await addCoins(rig.test.database, ['BTC', 'ETH']);
    await addTraders(
      rig.test.database,
      Array.from({ length: 300 }, (_, index) => ({ id: index + 1 })),
    );
    await trade(20);
    watched = await openPage(browser);
  });
  afterAll(async () => {
    await watched?.close();
    await browser?.close();
    await rig?.close();
  });

  it('signs in by a link that works once', async () => {
    const { page } = watched;
    const { url } = await createSignInLink(rig.test.database, systemClock, { baseUrl: rig.api.url });
    await page.goto(url.reveal());
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(page.url()).toBe(`${rig.api.url}/`);
    const second = await openPage(browser);
    await second.page.goto(url.reveal());
    await second.page.getByRole('alert').waitFor();
    await second.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(second.violations).toEqual([]);
    await second.close();
  });

  it('shows each new trade on the overview without a reload', async () => {
    const { page } = watched;
    const newest = page.getByRole('region', { name: 'Trades', exact: true }).locator('tbody tr').first();
    await newest.waitFor();
    const before = nextSeq - 1;
    await trade(3);
    const total = page.getByText(/[\d,]+ committed/);
    await until(
      async () => (await total.textContent())?.includes(String(before + 3)),
      'the number of trades',
    );
    await page.getByText('SIMULATED EXCHANGE').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('lists, sorts and finds traders, and moves their figures', async () => {
    const { page } = watched;
    await page.goto(`${rig.api.url}/traders?sort=trades`);
    await page.getByText(/^Rows 1\u2013\d+ of 300$/).waitFor();
    const first = page.locator('[role=row][aria-rowindex="2"]');
    await until(
      async () => (await first.textContent())?.includes('300'),
      'the trader with most trades first',
    );
    // The buyer of every trade climbs from the list's far end to its first row. Twice, because the first figure may
    // still come with the list that is loaded again once the stream is open; the second comes by the stream alone.
    for (const [figure, shown] of [
      [4321, '4,321'],
      [5432, '5,432'],
    ] as const) {
      await rig.test.database.query(
        'UPDATE traders SET trade_count = $1, last_seen_at = $2 WHERE trader_id = 1',
        [figure, systemClock.now()],
      );
      await trade(1);
      await first
        .filter({ has: page.locator(`a[href$="${addressOf(1)}"]`) })
        .getByRole('gridcell', { name: shown, exact: true })
        .waitFor();
    }
    await page.getByRole('searchbox', { name: 'Filter by address' }).fill(addressOf(42).slice(0, 6));
    await page.waitForURL(/q=0x002a/);
    await page.locator(`[role=row] a[href$="${addressOf(42)}"]`).click();
    await page.waitForURL(/traders\/0x002a/);
    await page.getByText('Notional traded').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('signs out', async () => {
    const { page } = watched;
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goto(`${rig.api.url}/traders`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(watched.violations).toEqual([]);
    expect(watched.errors).toEqual([]);
  });
});
