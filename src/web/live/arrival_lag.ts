/**
 * How long a position change takes from the exchange and from its commit to this page. The server's clock is read off
 * the frames of statistics: the quickest of them counts as arriving at once, so a delay that every frame has is not in it.
 */
import type { PositionChange } from '../../contract/positions.ts';

const KEPT = 1_000;

type Timed = Pick<PositionChange, 'exchangeTime' | 'committedAt'>;

export interface ArrivalQuantiles {
  /** ms */
  readonly exchange: { readonly p50: number; readonly p99: number };
  readonly commit: { readonly p50: number; readonly p99: number };
  readonly n: number;
}

const quantile = (sorted: readonly number[], q: number): number =>
  Math.max(0, sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0);

export class ArrivalLag {
  /** Monotonic ms of this page less the server's clock; the least seen. */
  #offset: number | null = null;
  #exchange: number[] = [];
  #commit: number[] = [];

  /** A frame that the server sent at `serverTime` came at `receivedAt` (monotonic ms). */
  clock(serverTime: number, receivedAt: number): void {
    const offset = receivedAt - serverTime;
    if (this.#offset === null || offset < this.#offset) this.#offset = offset;
  }

  arrived(changes: readonly Timed[], receivedAt: number): void {
    if (this.#offset === null) return;
    const now = receivedAt - this.#offset;
    for (const { exchangeTime, committedAt } of changes) {
      this.#exchange.push(now - exchangeTime);
      this.#commit.push(now - committedAt);
    }
    if (this.#exchange.length > KEPT) {
      this.#exchange = this.#exchange.slice(-KEPT);
      this.#commit = this.#commit.slice(-KEPT);
    }
  }

  /** Of the newest changes; null before any. */
  quantiles(): ArrivalQuantiles | null {
    const n = this.#exchange.length;
    if (n === 0) return null;
    const of = (values: readonly number[]) => {
      const sorted = [...values].sort((a, b) => a - b);
      return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
    };
    return { exchange: of(this.#exchange), commit: of(this.#commit), n };
  }
}
