/** The leaderboard and the ranking of one trader in a real browser, against made-up standings. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../until.ts';
import { axeViolations, findChromium, openPage, type WatchedPage } from './browser.ts';
import { type FixtureApi, LINK_CODE } from './fixture_api.ts';
import { type FixtureBrowser, startFixtureBrowser } from './fixture_browser.ts';

const chromium = findChromium();

describe.skipIf(chromium === null)('the leaderboard', () => {
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
    watched = await openPage(browser, { colorScheme: 'light' });
    await watched.page.goto(`${api.origin}/sign-in#${LINK_CODE}`);
    await watched.page.getByRole('heading', { name: 'Overview' }).waitFor();
  });
  afterEach(async () => {
    expect(watched.violations).toEqual([]);
    expect(watched.errors).toEqual([]);
    await watched.close();
  });

  const rows = () => watched.page.locator('[role=row][aria-rowindex]:has([role=gridcell])');
  const open = async (query = '') => {
    await watched.page.goto(`${api.origin}/leaderboard${query}`);
    await rows().first().waitFor();
  };

  it('shows rank, evidence in a word, gates, and how far the histories are', async () => {
    await open();
    const { page } = watched;
    const progress = page.getByRole('region', { name: 'How far the histories are' });
    await progress.getByRole('img', { name: 'Histories read: 412 of 900' }).waitFor();
    await progress.getByText('the rest takes about').waitFor();
    expect(await rows().first().textContent()).toMatch(/^\D*1.*Strong.*none/);
    expect(await axeViolations(page)).toEqual([]);
  });

  it('keeps board, window, order, filters and columns in the address', async () => {
    await open();
    const { page } = watched;
    await page.getByRole('combobox', { name: 'Window' }).selectOption('30d');
    await page.waitForURL(/window=30d/);
    await page.getByRole('combobox', { name: 'Board' }).selectOption('classic');
    await page.waitForURL(/board=classic/);
    await page.getByRole('columnheader', { name: 'Win rate' }).click();
    await page.waitForURL(/sort=winRate/);
    await page.getByRole('button', { name: 'Add filter' }).click();
    await page.getByRole('textbox', { name: 'At least, %' }).fill('60');
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.waitForURL(/filter=winRate/);
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('checkbox', { name: 'Volume', exact: true }).check();
    await page.keyboard.press('Escape');
    await page.waitForURL(/columns=.*volume/);
    await page.reload();
    await page.getByText('Win rate \u2265 60.00%').waitFor();
    await page.getByRole('columnheader', { name: 'Volume' }).waitFor();
    await page.getByRole('button', { name: 'Remove the filter Win rate' }).click();
    await until(() => !page.url().includes('filter='), 'the filter to leave the address');
  });

  it('says so when a list has as many filters as it can have', async () => {
    const eight = ['winRate', 'netPnl', 'equity', 'drawdown', 'volume', 'ageDays', 'cost', 'sharpe']
      .map((metric) => `${metric}:-9:`)
      .join();
    await open(`?filter=${eight}`);
    const { page } = watched;
    const shown = await page.getByRole('button', { name: /^Remove the filter/ }).count();
    await page.getByRole('button', { name: 'Add filter' }).click();
    await page.getByRole('combobox', { name: 'Metric' }).selectOption('sortino');
    await page.getByRole('textbox', { name: 'At least' }).fill('1');
    expect(shown).toBe(8);
    await page.getByRole('alert').getByText('at most 8 filters').waitFor();
    expect(await page.getByRole('button', { name: 'Filter', exact: true }).isDisabled()).toBe(true);
    // One that stands can still be changed.
    await page.getByRole('combobox', { name: 'Metric' }).selectOption('volume');
    expect(await page.getByRole('button', { name: 'Filter', exact: true }).isEnabled()).toBe(true);
    expect(await axeViolations(page)).toEqual([]);
  });

  it('shows any metric as a column, and sorts and filters by it', async () => {
    await open();
    const { page } = watched;
    await page.getByRole('button', { name: 'Columns' }).click();
    const dialog = page.getByRole('dialog', { name: 'Columns' });
    expect(await axeViolations(page)).toEqual([]);
    // By keyboard alone: past the search and the way back to the choice.
    await dialog.getByRole('searchbox', { name: 'Search columns' }).focus();
    await page.keyboard.type('sortino');
    await dialog.getByText('1 of').waitFor();
    await dialog.getByText('Mean over deviation of losing days, a year').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.waitForURL(/columns=.*sortino/);
    expect(await dialog.getByRole('checkbox', { name: 'Sortino' }).isChecked()).toBe(true);
    await page.keyboard.press('Escape');
    await until(() => api.boardQueries().at(-1)?.includes('metrics=sortino') === true, 'the API to be asked');

    const header = page.getByRole('columnheader', { name: 'Sortino' });
    expect(await header.getAttribute('data-tip')).toBe('Mean over deviation of losing days, a year');
    const place = await header.getAttribute('aria-colindex');
    const values = async () => {
      const texts = await page.locator(`[role=gridcell][aria-colindex="${place}"]`).allTextContents();
      return texts.slice(0, 12).map((text) => Number(text.replace('\u2212', '-')));
    };
    await until(async () => (await values()).some((value) => Number.isFinite(value)), 'values of the column');
    for (const order of ['desc', 'asc']) {
      await header.click();
      await page.waitForURL(order === 'asc' ? /order=asc/ : /sort=sortino/);
      const sign = order === 'asc' ? 1 : -1;
      await until(async () => {
        const shown = await values();
        return shown.length === 12 && shown.every((x, i) => i === 0 || sign * (x - (shown[i - 1] ?? 0)) >= 0);
      }, `the order to be ${order}`);
    }
    await page.getByRole('button', { name: 'Add filter' }).click();
    await page.getByRole('combobox', { name: 'Metric' }).selectOption('sortino');
    await page.getByRole('textbox', { name: 'At least' }).fill('1.5');
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.waitForURL(/filter=sortino/);
    await page.reload();
    await page.getByText('Sortino \u2265 1.50').waitFor();
    await until(async () => {
      const shown = await values();
      return shown.length > 0 && shown.every((value) => value >= 1.5);
    }, 'only those above the bound');
    expect(await axeViolations(page)).toEqual([]);
  });

  it('shows chosen columns on a phone too, and the percentile in words', async () => {
    await watched.page.setViewportSize({ width: 390, height: 844 });
    await open();
    const { page } = watched;
    expect(await page.getByRole('columnheader', { name: 'Drawdown' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('checkbox', { name: 'Percentile' }).check();
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await rows().first().getByText('97.94%').waitFor();
    const tip = rows().first().locator('[data-tip*="better than 97 % of eligible traders"]');
    expect(await tip.count()).toBe(1);
  });

  it('says why seven days rank nobody for followers, and leads to a window that does', async () => {
    const { page } = watched;
    await page.goto(`${api.origin}/leaderboard?window=7d&filter=winRate:0.6:`);
    await page.getByText('Nobody is ranked on 7 days').waitFor();
    await page.getByText('a rank takes at least 20').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Show 90 days' }).click();
    await rows().first().waitFor();
    expect(page.url()).not.toContain('window=');
    await page.getByRole('combobox', { name: 'Board' }).selectOption('classic');
    await page.getByRole('combobox', { name: 'Window' }).selectOption('7d');
    await rows().first().waitFor();
  });

  it('says so where even the first is not believed to earn a follower money', async () => {
    const { page } = watched;
    const word = page.getByText('nobody here is believed to earn a follower money');
    await page.goto(`${api.origin}/leaderboard?window=30d`);
    await word.waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('combobox', { name: 'Window' }).selectOption('90d');
    await rows().first().waitFor();
    await word.waitFor({ state: 'hidden' });
    await page.goto(`${api.origin}/leaderboard?window=30d&order=asc`);
    await rows().first().waitFor();
    expect(await word.count()).toBe(0);
  });

  it('ranks for my equity, fee and delay, and keeps them in the address', async () => {
    await open();
    const { page } = watched;
    await page.getByRole('button', { name: 'For my equity' }).click();
    const dialog = page.getByRole('dialog', { name: 'Rank for me' });
    await dialog.getByRole('textbox', { name: 'My equity' }).fill('2500');
    await dialog.getByRole('textbox', { name: 'My delay' }).fill('2.5');
    expect(await axeViolations(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Rank for me' }).click();
    await page.waitForURL(/equity=2500&latencyMs=2500|latencyMs=2500&equity=2500/);
    await page.getByText('Delay 2.5 s').waitFor();
    await until(
      () => api.boardQueries().at(-1)?.includes('equity=2500') === true,
      'the API to be asked for it',
    );
    await page.reload();
    for (const name of ['Copy ratio', 'Reproduced', 'Scale'])
      await page.getByRole('columnheader', { name }).waitFor();
    await rows().first().getByRole('link').click();
    const card = page.getByRole('region', { name: 'For my equity' });
    await card.getByText('$2.50K, 4.5 bps, 2.5 s').waitFor();
    await card.getByText('12.50%').waitFor();
    await card.getByText('Copy ratio by how late the copy comes').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await card.getByRole('button', { name: 'Change' }).click();
    const terms = page.getByRole('dialog', { name: 'My terms' });
    await terms.getByRole('textbox', { name: 'My equity' }).fill('10000');
    await terms.getByRole('button', { name: 'Use these terms' }).click();
    await card.getByText('50.00%').waitFor();
    await card.getByText('less than you have').waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Remove My equity, USD' }).click();
    await until(() => !page.url().includes('equity='), 'the equity to leave the address');
  });

  it('compares up to four', async () => {
    await open();
    const { page } = watched;
    const boxes = page.getByRole('checkbox', { name: /^Compare 0x/ });
    for (const place of [0, 1, 2, 3]) await boxes.nth(place).click();
    expect(await boxes.nth(4).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Compare 4' }).click();
    const dialog = page.getByRole('dialog', { name: 'Compare traders' });
    await dialog
      .getByRole('row', { name: /Win rate/ })
      .getByText('best')
      .waitFor();
    expect(await dialog.getByRole('columnheader').count()).toBe(5);
    expect(await axeViolations(page)).toEqual([]);
  });

  it('explains a trader: evidence, failed gates, reasons, metrics with n, ranks', async () => {
    await open();
    const { page } = watched;
    await rows().first().getByRole('link').click();
    const card = page.getByRole('region', { name: 'Ranking' });
    await card.getByText('Fell 64 % from a peak; the limit is 60 %').waitFor();
    await card.getByText('Won in 9 of 11 weeks').waitFor();
    await card.getByText('better than 97 % of eligible traders').waitFor();
    await card.getByRole('row', { name: /Win rate 61\.00% 212/ }).waitFor();
    await card.getByText('not on the board').waitFor();
    await card.getByText('Gates: 1 of 2 passed').waitFor();
    await page.getByRole('region', { name: 'PnL calendar' }).first().waitFor();
    await page.getByText(/a follower .* after costs and delay/).waitFor();
    const decay = page.getByRole('region', { name: 'Decay with delay' });
    await decay.getByText('Nothing is left for a copy that comes').waitFor();
    await decay
      .getByText("within 1 min the price ran 7.5 bps a round trip the trader's way (24 changes)")
      .waitFor();
    await decay.getByText('Measured on fewer than 30 changes').waitFor();
    await decay.getByRole('button', { name: 'Table' }).click();
    await decay.getByRole('row', { name: /^1 min 0\.0 bps \+2\.3 bps \+7\.5 bps 24/ }).waitFor();
    await page.getByRole('row', { name: /Together/ }).waitFor();
    const closed = page.getByRole('region', { name: 'Closed positions' }).first();
    await closed.getByText('not counted: trades are missing in it').waitFor();
    await closed.getByRole('button', { name: '5 more' }).click();
    await closed.getByRole('button', { name: 'Fewer' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });
});
