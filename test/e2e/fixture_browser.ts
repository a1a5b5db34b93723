/** A real browser and the app's API with made-up data: what every test of pages begins with. */
import type { Browser } from 'playwright-core';
import packageJson from '../../package.json' with { type: 'json' };
import { launchChromium } from './browser.ts';
import { builtApp } from './built_app.ts';
import { type FixtureApi, startFixtureApi } from './fixture_api.ts';

export interface FixtureBrowser {
  readonly browser: Browser;
  /** Says the version that the page has. */
  readonly api: FixtureApi;
  close(): Promise<void>;
}

export async function startFixtureBrowser(chromium: string): Promise<FixtureBrowser> {
  const root = await builtApp();
  const browser = await launchChromium(chromium);
  const api = await startFixtureApi(root);
  api.world.version = packageJson.version;
  return {
    browser,
    api,
    async close() {
      await browser.close();
      await api.close();
    },
  };
}
