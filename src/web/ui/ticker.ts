/** One second hand for the whole page: ages and relative times move together, and stand still while hidden. */
import { useSyncExternalStore } from 'react';
import { browserClock, onVisibility, pageHidden, type Timer } from '../browser.ts';

interface Tick {
  /** Wall clock, ms. */
  readonly now: number;
  readonly monotonic: number;
}

const read = (): Tick => ({ now: browserClock.now(), monotonic: browserClock.monotonic() });

let tick = read();
let timer: Timer | null = null;
const watchers = new Set<() => void>();

function beat(): void {
  tick = read();
  for (const run of watchers) run();
  timer = watchers.size === 0 || pageHidden() ? null : browserClock.after(1_000, beat);
}

function watch(run: () => void): () => void {
  watchers.add(run);
  if (timer === null) timer = browserClock.after(1_000, beat);
  return () => void watchers.delete(run);
}

onVisibility(() => {
  if (!pageHidden() && timer === null) beat();
});

/** Renders the component again once a second. */
export const useTick = (): Tick => useSyncExternalStore(watch, () => tick);
