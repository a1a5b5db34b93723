/**
 * The one file of the web app that touches the browser's clock, timers, randomness, storage, network and page
 * visibility. Everything else takes these as arguments or calls them here, so that it can be tested without a page.
 */

export interface Timer {
  /** Safe to call twice. */
  cancel(): void;
}

/** What timed code of the app needs. Times in ms. */
export interface WebClock {
  /** Wall clock, ms since the Unix epoch. May be wrong: ages are measured with `monotonic`. */
  now(): number;
  monotonic(): number;
  after(ms: number, run: () => void): Timer;
  /** Before the next paint; never while the page is hidden. */
  frame(run: () => void): Timer;
}

export const browserClock: WebClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const handle = setTimeout(run, ms);
    return { cancel: () => clearTimeout(handle) };
  },
  frame(run) {
    const handle = requestAnimationFrame(run);
    return { cancel: () => cancelAnimationFrame(handle) };
  },
};

/** Uniform in [0, 1): jitter of reconnects. */
export const browserRandom = (): number => Math.random();

/** Same-origin request with the session cookie; never follows a redirect to another place. */
export const browserFetch = (path: string, init: RequestInit): Promise<Response> =>
  fetch(path, { credentials: 'same-origin', redirect: 'error', cache: 'no-store', ...init });

export const openSocket = (path: string, protocol: string): WebSocket => {
  const url = new URL(path, window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocket(url, protocol);
};

export const pageHidden = (): boolean => document.visibilityState === 'hidden';

/** @returns the way to stop listening. */
export function onVisibility(run: () => void): () => void {
  document.addEventListener('visibilitychange', run);
  return () => document.removeEventListener('visibilitychange', run);
}

/** A remembered choice of the reader; null where storage is refused (private windows, policies). */
export function remembered(key: string): string | null {
  try {
    return window.localStorage.getItem(`autotrade.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    window.localStorage.setItem(`autotrade.${key}`, value);
  } catch {
    // Storage is refused: the choice lasts as long as the page.
  }
}
