/**
 * What must hold on every page, in both themes, at a desk and on a phone: no accessibility finding, no violation of the
 * content security policy, no error, nothing beside the page. Made-up data; a file of its own because it takes longest.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations, findChromium, openPage } from './browser.ts';
import { type FixtureApi, LINK_CODE } from './fixture_api.ts';
import { type FixtureBrowser, startFixtureBrowser } from './fixture_browser.ts';

const chromium = findChromium();
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } as const;

describe.skipIf(chromium === null)('every page', () => {
  let fixture: FixtureBrowser | undefined;
  let browser: Browser;
  let api: FixtureApi;

  beforeAll(async () => {
    fixture = await startFixtureBrowser(chromium ?? '');
    ({ browser, api } = fixture);
  });
  afterAll(() => fixture?.close());

  it.each([
    ['dark', 1440, {}],
    ['light', 1440, {}],
    ['dark', 390, PHONE],
    ['light', 390, PHONE],
  ] as const)(
    '%s, %s px wide: no accessibility finding, nothing beside it',
    async (colorScheme, width, options) => {
      const { page, violations, errors, close } = await openPage(browser, { colorScheme, ...options });
      await page.goto(`${api.origin}/sign-in#${LINK_CODE}`);
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      const trader = api.world.rows[0]?.address ?? '';
      for (const path of ['/', '/leaderboard', '/traders', `/traders/${trader}`, '/live', '/system']) {
        await page.goto(api.origin + path);
        await page.getByText('SIMULATED EXCHANGE').waitFor();
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.getByTestId('feed-state').getByText('feed').waitFor();
        expect(await axeViolations(page), path).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBe(width);
      }
      expect(violations).toEqual([]);
      expect(errors).toEqual([]);
      await close();
    },
  );
});
