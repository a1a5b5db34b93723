/**
 * Holds what arrives and hands it to the page at most four times a second, inside an animation frame. Frames do
 * not run in a hidden page, so nothing is applied there; paused, nothing is applied until the reader goes on.
 */
import type { Timer, WebClock } from '../browser.ts';

export const BATCH_MS = 250;

export interface BatchOptions<Item> {
  readonly clock: Pick<WebClock, 'after' | 'frame'>;
  /** Most items held; beyond it the oldest go and `dropped` counts them. */
  readonly limit: number;
  readonly apply: (items: readonly Item[], dropped: number) => void;
}

export class Batcher<Item> {
  readonly #options: BatchOptions<Item>;
  #items: Item[] = [];
  #dropped = 0;
  #paused = false;
  #timer: Timer | null = null;

  constructor(options: BatchOptions<Item>) {
    this.#options = options;
  }

  /** How many items wait. */
  get waiting(): number {
    return this.#items.length + this.#dropped;
  }

  push(item: Item): void {
    this.#items.push(item);
    if (this.#items.length > this.#options.limit * 2) this.#trim();
    this.#arm();
  }

  pause(): void {
    this.#paused = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#items.length > 0) this.#arm();
  }

  #trim(): void {
    const extra = this.#items.length - this.#options.limit;
    if (extra <= 0) return;
    this.#items = this.#items.slice(extra);
    this.#dropped += extra;
  }

  #arm(): void {
    if (this.#paused || this.#timer !== null) return;
    const { clock } = this.#options;
    this.#timer = clock.after(BATCH_MS, () => {
      this.#timer = clock.frame(() => this.#flush());
    });
  }

  #flush(): void {
    this.#timer = null;
    if (this.#paused) return;
    this.#trim();
    const items = this.#items;
    const dropped = this.#dropped;
    this.#items = [];
    this.#dropped = 0;
    if (items.length > 0) this.#options.apply(items, dropped);
  }
}
