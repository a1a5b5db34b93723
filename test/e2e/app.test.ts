/**
 * The app in a real browser against made-up data: what the real system shows only rarely, no violation of the content
 * security policy, everything by keyboard.
 */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { until } from '../until.ts';
import { axeViolations, findChromium, openPage, type WatchedPage } from './browser.ts';
import { type FixtureApi, LINK_CODE } from './fixture_api.ts';
import { type FixtureBrowser, startFixtureBrowser } from './fixture_browser.ts';

const chromium = findChromium();

describe.skipIf(chromium === null)('the app in a browser', () => {
  let fixture: FixtureBrowser | undefined;
  let browser: Browser;
  let api: FixtureApi;
  let watched: WatchedPage;

  beforeAll(async () => {
    fixture = await startFixtureBrowser(chromium ?? '');
    ({ browser, api } = fixture);
  });
  afterAll(() => fixture?.close());
  beforeEach(async () => {
    watched = await openPage(browser, { colorScheme: 'dark' });
  });
  afterEach(async () => {
    api.setOffline(false);
    api.setSilent(false);
    api.failures.clear();
    expect(watched.violations).toEqual([]);
    expect(watched.errors).toEqual([]);
    await watched.close();
  });

  const signIn = async (path = '/') => {
    const { page } = watched;
    await page.goto(`${api.origin}/sign-in#${LINK_CODE}`);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    if (path !== '/') await page.goto(api.origin + path);
  };

  describe('signing in', () => {
    it('explains the link to those who are not signed in', async () => {
      const { page } = watched;
      await page.goto(`${api.origin}/traders`);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      expect(await page.getByText('autotrade link').count()).toBe(1);
      expect(await axeViolations(page)).toEqual([]);
    });
    it('takes the code out of the address and opens the overview', async () => {
      await signIn();
      expect(watched.page.url()).toBe(`${api.origin}/`);
      expect(await watched.page.evaluate(() => document.cookie)).toBe('');
    });
    it('says why a used link does not work', async () => {
      const { page } = watched;
      await page.goto(`${api.origin}/sign-in#wrong-code-0123456789`);
      await page.getByText('used before or is older').waitFor();
      expect(page.url()).toBe(`${api.origin}/sign-in`);
    });
  });

  describe('live figures', () => {
    it('move without a reload on the overview', async () => {
      await signIn();
      const { page } = watched;
      const firstRow = page.getByRole('region', { name: 'Trades', exact: true }).locator('tbody tr').first();
      await firstRow.waitFor();
      const before = await firstRow.textContent();
      await until(async () => (await firstRow.textContent()) !== before, 'another newest trade');
    });
    it('cut nothing in the tape at a desk, the longest name of a coin included', async () => {
      await signIn();
      const tape = watched.page.getByRole('region', { name: 'Trades', exact: true });
      await tape.getByText('xyz:XYZ100').first().waitFor();
      const cut = await tape.evaluate((region) =>
        [...region.querySelectorAll('td, th')]
          .filter((cell) => cell.scrollWidth > cell.clientWidth)
          .map((cell) => cell.textContent),
      );
      expect(cut).toEqual([]);
    });
    it('pause and go on, and say how many wait', async () => {
      await signIn();
      const { page } = watched;
      const rows = page.getByRole('region', { name: 'Trades', exact: true }).locator('tbody');
      await rows.locator('tr').first().waitFor();
      await page.keyboard.press('.');
      const button = page.getByRole('button', { name: /Paused/ });
      await button.getByText(/\d+ new/).waitFor();
      const before = await rows.textContent();
      await page.getByRole('button', { name: /[3-9] new|\d\d new/ }).waitFor();
      expect(await rows.textContent()).toBe(before);
      await button.click();
      await until(async () => (await rows.textContent()) !== before, 'the tape to go on');
    });
    it('hold the order of traders under the pointer and offer to apply it', async () => {
      await signIn('/traders');
      const { page } = watched;
      const addresses = () => page.locator('[role=row] [data-column="0"] a').allTextContents();
      await page.getByRole('gridcell').first().waitFor();
      await page.getByRole('gridcell').nth(8).hover();
      await page.getByRole('button', { name: /would move\. Apply/ }).waitFor();
      const before = await addresses();
      await page.getByRole('button', { name: /[2-9]\d* rows would move\. Apply/ }).waitFor();
      expect(await addresses()).toEqual(before);
      await page.getByRole('button', { name: /would move\. Apply/ }).click();
      await until(async () => (await addresses()).join() !== before.join(), 'the new order');
    });
  });

  describe('the address bar', () => {
    it('keeps filter and sort through reload and Back', async () => {
      await signIn('/traders');
      const { page } = watched;
      await page.getByRole('columnheader', { name: 'Trades' }).click();
      await page.waitForURL(/\?sort=trades$/);
      const start = (api.world.rows[5]?.address ?? '').slice(0, 6);
      await page.getByRole('searchbox', { name: 'Filter by address' }).fill(start);
      await page.waitForURL(new RegExp(`q=${start}`));
      await page.reload();
      await page.getByRole('columnheader', { name: 'Trades', exact: false }).first().waitFor();
      expect(await page.getByRole('searchbox', { name: 'Filter by address' }).inputValue()).toBe(start);
      await page.locator('[role=row] a').first().click();
      await page.waitForURL(/traders\/0x/);
      await page.goBack();
      await page.waitForURL(new RegExp(`q=${start}`));
    });
    it('reaches the last of all rows', async () => {
      await signIn('/traders?sort=address');
      const { page } = watched;
      await page
        .getByRole('gridcell')
        .first()
        .click({ position: { x: 2, y: 2 }, trial: true });
      await page.getByRole('gridcell').first().focus();
      const total = api.world.rows.length;
      await until(async () => {
        await page.keyboard.press('Control+End');
        const shown = (await page.getByText(/^Rows .+ of /).textContent()) ?? '';
        return Number(/\u2013([\d,]+)/.exec(shown)?.[1]?.replaceAll(',', '')) >= total;
      }, 'the last row');
    });
  });

  describe('the keyboard', () => {
    it('goes to pages, finds the search, moves in the table and opens a trader', async () => {
      await signIn();
      const { page } = watched;
      await page.keyboard.press('g');
      await page.keyboard.press('t');
      await page.waitForURL(/\/traders$/);
      await until(
        () => page.evaluate(() => document.activeElement?.tagName === 'H1'),
        'focus on the heading',
      );
      await page.keyboard.press('/');
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
        'Find a trader by address',
      );
      await page.getByRole('gridcell').first().waitFor();
      await page.getByRole('gridcell').first().focus();
      const place = () =>
        page.evaluate(() => {
          const at = document.activeElement;
          return [Number(at?.getAttribute('data-row')), Number(at?.getAttribute('data-column'))];
        });
      // The list moves until a cell has the focus: the first one may have gone down meanwhile.
      const [row = Number.NaN, column = Number.NaN] = await place();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowRight');
      await until(
        async () => (await place()).join('/') === `${row + 1}/${column + 1}`,
        'focus on the next cell of the next row',
      );
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/traders\/0x[0-9a-f]{40}$/);
    });
    it('explains itself, and can be turned off', async () => {
      await signIn();
      const { page } = watched;
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
      expect(await axeViolations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Settings' }).press('Enter');
      await page.getByRole('menuitemcheckbox', { name: 'Single-key shortcuts' }).press('Enter');
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      expect(await page.getByRole('dialog').count()).toBe(0);
    });
  });

  describe('themes', () => {
    it('switch at once and are remembered', async () => {
      await signIn();
      const { page } = watched;
      const canvas = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      expect(await canvas()).toBe('rgb(11, 14, 19)');
      await page.getByRole('button', { name: 'Settings' }).click();
      await page.getByRole('menuitemradio', { name: 'Light' }).click();
      expect(await canvas()).toBe('rgb(245, 247, 250)');
      await page.reload();
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      expect(await canvas()).toBe('rgb(245, 247, 250)');
    });
  });

  describe('when things go wrong', () => {
    it('says that the data is stale over an open connection, and loses green', async () => {
      await signIn();
      const { page } = watched;
      await page.getByTestId('feed-state').getByText('feed').waitFor();
      api.setSilent(true);
      await page
        .getByTestId('feed-state')
        .getByText(/^stale \d/)
        .waitFor();
    });
    it('says that the server is gone, keeps the last figures, and comes back by itself', async () => {
      await signIn();
      const { page } = watched;
      const known = page.getByText('Traders known').locator('xpath=following-sibling::dd[1]');
      await until(async () => /\d/.test((await known.textContent()) ?? ''), 'the number of traders');
      api.setOffline(true);
      await page.getByText('No connection to the server').waitFor();
      await page
        .getByTestId('feed-state')
        .getByText(/^offline/)
        .waitFor();
      expect(await known.textContent()).toMatch(/\d/);
      expect(await axeViolations(page)).toEqual([]);
      api.setOffline(false);
      await page.getByText('No connection to the server').waitFor({ state: 'detached' });
      await page.getByTestId('feed-state').getByText('feed').waitFor();
    });
    it('says what failed and tries again on request', async () => {
      api.failures.set('GET /api/v1/traders', {
        status: 400,
        code: 'REQUEST_INVALID',
        message: 'limit is odd',
      });
      await signIn('/traders');
      const { page } = watched;
      await page.getByText('The traders could not be loaded. limit is odd').waitFor();
      await page.getByText('Request fixture-1').waitFor();
      api.failures.clear();
      await page.getByRole('button', { name: 'Retry' }).click();
      await page.getByRole('gridcell').first().waitFor();
    });
    it('asks to load again when the server runs another version', async () => {
      api.world.version = '99.0.0';
      try {
        await signIn();
        await watched.page.getByText('The server runs another version than this page').waitFor();
      } finally {
        api.world.version = packageJson.version;
      }
    });
    it('leaves the empty table with a reason and one action', async () => {
      await signIn('/traders?q=0x0000000000');
      const { page } = watched;
      await page.getByText('No known trader begins with 0x0000000000').waitFor();
      await page.getByRole('button', { name: 'Show all traders' }).click();
      await page.getByRole('gridcell').first().waitFor();
    });
  });
});
