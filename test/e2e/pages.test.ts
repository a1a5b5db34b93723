/** The pages Trader, Live and System in a real browser, against made-up data. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../until.ts';
import { axeViolations, findChromium, openPage, type WatchedPage } from './browser.ts';
import { type FixtureApi, LINK_CODE } from './fixture_api.ts';
import { type FixtureBrowser, startFixtureBrowser } from './fixture_browser.ts';

const chromium = findChromium();

describe.skipIf(chromium === null)('pages of tracking', () => {
  let fixture: FixtureBrowser | undefined;
  let browser: Browser;
  let api: FixtureApi;
  let watched: WatchedPage;
  let trader: string;

  beforeAll(async () => {
    fixture = await startFixtureBrowser(chromium ?? '');
    ({ browser, api } = fixture);
    trader = api.world.rows.find((row) => api.world.book.positions(row.address).length > 1)?.address ?? '';
  });
  afterAll(() => fixture?.close());
  beforeEach(async () => {
    watched = await openPage(browser, { colorScheme: 'dark' });
    await watched.page.goto(`${api.origin}/sign-in#${LINK_CODE}`);
    await watched.page.getByRole('heading', { name: 'Overview' }).waitFor();
  });
  afterEach(async () => {
    api.failures.clear();
    expect(watched.violations).toEqual([]);
    expect(watched.errors).toEqual([]);
    await watched.close();
  });

  const region = (name: string) => watched.page.getByRole('region', { name, exact: true });

  describe('Trader', () => {
    it('shows positions with how they are known, and new changes without a reload', async () => {
      const { page } = watched;
      await page.goto(`${api.origin}/traders/${trader}`);
      const positions = region('Open positions').locator('tbody tr');
      await positions.first().waitFor();
      expect(await positions.first().textContent()).toMatch(/exact|estimated|stale|quarantined/);
      const changes = region('Position changes').locator('tbody tr').first();
      await changes.waitFor();
      const before = await changes.textContent();
      api.world.book.change(trader, Date.now());
      await until(async () => (await changes.textContent()) !== before, 'the newest change');
    });
    it.each(['traders', 'live'])('cuts no figure of a change under /%s', async (path) => {
      const { page } = watched;
      await page.goto(`${api.origin}/${path === 'traders' ? `traders/${trader}` : path}`);
      const table = region('Table of position changes').locator('table');
      await table.waitFor();
      api.world.book.change(trader, Date.now() - 6_331, 6_331);
      await table.getByText('6,331 ms').waitFor();
      for (const width of [1440, 1200, 1024, 768]) {
        await page.setViewportSize({ width, height: 900 });
        const cut = await table.evaluate((element) =>
          [...element.querySelectorAll('td, th')]
            .filter((cell) => cell.scrollWidth > cell.clientWidth)
            .map((cell) => cell.textContent),
        );
        expect(cut, `${width} px`).toEqual([]);
      }
    });
    it('asks how positions are known without a change, and at once after a gap in the feed', async () => {
      const { page } = watched;
      api.world.book.mark(trader, 'exact');
      // No change comes, whose positions the page would ask for anyway.
      api.refuseFollows({ code: 'UNAVAILABLE', message: 'The event log cannot be read just now.' });
      try {
        const answer = () =>
          page.waitForResponse((response) => response.url().endsWith(`/${trader}/positions`));
        await page.goto(`${api.origin}/traders/${trader}`);
        const known = region('Open positions').locator('tbody tr');
        await known.first().waitFor();
        // Once it asks by itself, after a long pause, the next would be 10 s later.
        for (let asked = Date.now(), pause = 0; pause < 8_000; asked = Date.now()) {
          await answer();
          pause = Date.now() - asked;
        }
        api.world.book.mark(trader, 'stale');
        api.world.gaps++;
        await known.filter({ hasText: 'stale' }).nth(1).waitFor({ timeout: 7_000 });
        api.world.book.mark(trader, 'quarantined');
        await known.filter({ hasText: 'quarantined' }).nth(1).waitFor();
      } finally {
        api.refuseFollows(null);
      }
    });
    it('draws the account value, and gives the same figures as a table', async () => {
      const { page } = watched;
      await page.goto(`${api.origin}/traders/${trader}`);
      const card = region('Account value and drawdown');
      await card.locator('canvas').first().waitFor();
      await card.getByText(/deepest drawdown \u2212\d/).waitFor();
      await card.getByText('1 gap left open').waitFor();
      await card.getByRole('button', { name: 'Table' }).click();
      expect(await card.locator('tbody tr').count()).toBeGreaterThan(50);
      expect(await axeViolations(page)).toEqual([]);
    });
    it('watches and stops watching', async () => {
      const { page } = watched;
      await page.goto(`${api.origin}/traders/${trader}`);
      await page.getByRole('button', { name: /^Watch / }).click();
      await page.getByRole('button', { name: /^Stop watching / }).waitFor();
      expect(api.world.detail(trader)?.watched).toBe(true);
      await page.getByRole('button', { name: /^Stop watching / }).click();
      await page.getByRole('button', { name: /^Watch / }).waitFor();
      expect(api.world.detail(trader)?.watched).toBe(false);
    });
    it('says that an unknown address has not been seen, without zeros', async () => {
      const { page } = watched;
      await page.goto(`${api.origin}/traders/0x${'1'.repeat(40)}`);
      await page.getByText('This address has not been seen trading').waitFor();
      expect(await page.getByText('Open positions').count()).toBe(0);
    });
    it('keeps the rest of the page when one part fails', async () => {
      const { page } = watched;
      const path = `GET /api/v1/traders/${trader}/account-value`;
      api.failures.set(path, { status: 400, code: 'REQUEST_INVALID', message: 'from is after to' });
      await page.goto(`${api.origin}/traders/${trader}`);
      await page.getByText('The account value could not be loaded. from is after to').waitFor();
      await region('Open positions').locator('tbody tr').first().waitFor();
    });
  });

  describe('Live', () => {
    const rows = () => region('Changes').locator('tbody tr');
    it('moves, holds under the pointer and says how many wait', async () => {
      const { page } = watched;
      await page.goto(`${api.origin}/live`);
      await rows().first().waitFor();
      const first = await rows().first().textContent();
      await until(async () => (await rows().first().textContent()) !== first, 'a newer change');
      // The table, not a row: a row moves until the pointer holds it.
      await region('Changes')
        .locator('tbody')
        .hover({ position: { x: 40, y: 40 } });
      await page.getByRole('button', { name: /\d+ new\. Show/ }).waitFor();
      const held = await rows().first().textContent();
      await page.getByRole('button', { name: /[3-9] new\. Show|\d\d new\. Show/ }).waitFor();
      expect(await rows().first().textContent()).toBe(held);
      await page.getByRole('heading', { name: 'Live' }).hover();
      await until(async () => (await rows().first().textContent()) !== held, 'the list to go on');
    });
    it('says that it is not live while the log cannot be read, and goes on by itself', async () => {
      const { page } = watched;
      api.refuseFollows({ code: 'UNAVAILABLE', message: 'The event log cannot be read just now.' });
      try {
        await page.goto(`${api.origin}/live`);
        await page.getByText('Not live: position changes do not come in just now').waitFor();
        expect(await page.getByText('Loading position changes').count()).toBe(0);
        expect(await axeViolations(page)).toEqual([]);
      } finally {
        api.refuseFollows(null);
      }
      await rows().first().waitFor();
      expect(await page.getByText('Not live').count()).toBe(0);
    });
    it('goes on when left and opened again at once', async () => {
      const { page } = watched;
      await page.goto(`${api.origin}/live`);
      await rows().first().waitFor();
      await page.getByRole('link', { name: 'Overview' }).first().click();
      await page.goBack();
      await rows().first().waitFor();
      const first = await rows().first().textContent();
      await until(async () => (await rows().first().textContent()) !== first, 'a newer change');
    });
    it('filters by the address bar', async () => {
      const { page } = watched;
      await page.goto(`${api.origin}/live?coin=ETH&kinds=opened,closed`);
      await rows().first().waitFor();
      for (const text of await rows().allTextContents()) expect(text).toMatch(/ETH.*(Opened|Closed)/);
      await page.getByRole('button', { name: 'closed' }).click();
      await page.waitForURL(/kinds=opened$/);
      await page.getByRole('combobox', { name: 'Least notional' }).selectOption('10000');
      await page.waitForURL(/least=10000/);
      await page.reload();
      await rows().first().waitFor();
      for (const text of await rows().allTextContents()) expect(text).toMatch(/ETH.*Opened.*\$\d{2,},\d{3}/);
    });
  });

  describe('System', () => {
    it('shows services, weight, sweep, tasks and findings', async () => {
      const { page } = watched;
      await page.goto(`${api.origin}/system`);
      await region('Services').getByText('scheduler').waitFor();
      await region('API weight by lane').locator('canvas').waitFor();
      await region('Age of the last audit').getByText('95 % within').waitFor();
      await region('Tasks').getByText('failed').waitFor();
      await region('Drift').getByText('missed trades').waitFor();
      await region('Feed gaps').getByText('reconnect').waitFor();
      await region('API weight by lane').getByRole('button', { name: 'Table' }).click();
      expect(await axeViolations(page)).toEqual([]);
    });
    it('keeps a silent service in the list and puts it first', async () => {
      const { page } = watched;
      api.world.silent = 'worker';
      try {
        await page.goto(`${api.origin}/system`);
        await region('Services').getByText('no report').waitFor();
        expect(await region('Services').locator('tbody tr').first().textContent()).toContain('worker');
      } finally {
        api.world.silent = null;
      }
    });
  });
});
