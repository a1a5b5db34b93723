/** One real Chromium for the end-to-end tests, and what they watch in every page: policy violations and errors. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of an installed browser; null, with a printed reason, where there is none. */
export function findChromium(): string | null {
  const named = process.env['CHROMIUM_PATH'];
  const found = [...(named === undefined ? [] : [named]), ...CANDIDATES].find((path) => existsSync(path));
  if (found === undefined) {
    console.warn(`skipped: no Chromium at ${CANDIDATES.join(', ')}; install it or set CHROMIUM_PATH`);
    return null;
  }
  return found;
}

export const launchChromium = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

export interface WatchedPage {
  readonly page: Page;
  /** Violations of the content security policy, as the browser reported them. */
  readonly violations: string[];
  /** Uncaught exceptions and error lines of the console, expected network failures left out. */
  readonly errors: string[];
  close(): Promise<void>;
}

const EXPECTED = /Failed to load resource|WebSocket connection to .* failed/;

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  // Half of what a test has: on two processors that do other work too, the default of 30 s says little.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const violations: string[] = [];
  const errors: string[] = [];
  await page.exposeFunction('reportViolation', (text: string) => violations.push(text));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report = (globalThis as unknown as { reportViolation: (text: string) => void }).reportViolation;
      report(
        `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`,
      );
    });
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) violations.push(message.text());
    else if (message.type() === 'error' && !EXPECTED.test(message.text())) errors.push(message.text());
  });
  return { page, violations, errors, close: () => context.close() };
}

let axeSource: string | null = null;

/** Accessibility violations of the page as it stands, WCAG 2.2 A and AA plus best practices. */
export async function axeViolations(page: Page): Promise<string[]> {
  axeSource ??= await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Evaluated by the debugger, which the page's policy does not govern: nothing is added to the document.
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    interface Finding {
      id: string;
      nodes: { target: unknown[]; failureSummary?: string }[];
    }
    const { axe } = globalThis as unknown as {
      axe: { run: (where: Document, options: object) => Promise<{ violations: Finding[] }> };
    };
    // Every rule; only the details of what passed are left out, which take as long as the rules.
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap((one) =>
      one.nodes.map((node) => `${one.id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
    );
  });
}
