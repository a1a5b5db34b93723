/**
 * What one connection should be subscribed to and what the venue has confirmed. Pure: tells what to send next.
 * Every subscription is confirmed one by one; an answer that never comes is asked for again.
 */
export interface SubscriptionMessage {
  readonly method: 'subscribe' | 'unsubscribe';
  readonly symbol: string;
}

const ACK_TIMEOUT_MS = 10_000;
/** A coin that the venue refuses (just delisted, not listed yet) is asked for again after this. */
const REFUSED_RETRY_MS = 60_000;

interface Asked {
  at: number;
}

export class Subscriptions {
  #wanted = new Set<string>();
  readonly #asked = new Map<string, Asked>();
  readonly #confirmed = new Set<string>();
  readonly #refusedAt = new Map<string, number>();

  want(symbols: Iterable<string>): void {
    this.#wanted = new Set(symbols);
  }

  get wanted(): ReadonlySet<string> {
    return this.#wanted;
  }

  get confirmed(): ReadonlySet<string> {
    return this.#confirmed;
  }

  get refused(): readonly string[] {
    return [...this.#refusedAt.keys()].filter((symbol) => this.#wanted.has(symbol));
  }

  /** True from a refusal until the venue confirms the coin after all, or the connection is a new one. */
  isRefused(symbol: string): boolean {
    return this.#refusedAt.has(symbol) && this.#wanted.has(symbol);
  }

  /** True when every wanted subscription is confirmed or was refused. */
  get settled(): boolean {
    for (const symbol of this.#wanted) {
      if (!this.#confirmed.has(symbol) && !this.#refusedAt.has(symbol)) return false;
    }
    return true;
  }

  /** A new connection knows nothing of the old one's subscriptions. */
  reset(): void {
    this.#asked.clear();
    this.#confirmed.clear();
    this.#refusedAt.clear();
  }

  /** The next message to send at time `now` (ms), which then counts as sent; undefined if there is none. */
  next(now: number): SubscriptionMessage | undefined {
    for (const symbol of this.#confirmed) {
      if (this.#wanted.has(symbol)) continue;
      this.#confirmed.delete(symbol);
      return { method: 'unsubscribe', symbol };
    }
    for (const symbol of this.#wanted) {
      if (this.#confirmed.has(symbol)) continue;
      const refusedAt = this.#refusedAt.get(symbol);
      if (refusedAt !== undefined && now - refusedAt < REFUSED_RETRY_MS) continue;
      const asked = this.#asked.get(symbol);
      if (asked !== undefined && now - asked.at < ACK_TIMEOUT_MS) continue;
      this.#asked.set(symbol, { at: now });
      return { method: 'subscribe', symbol };
    }
    return undefined;
  }

  /** Returns true if this confirms a wanted subscription for the first time. */
  acknowledge(symbol: string): boolean {
    this.#asked.delete(symbol);
    this.#refusedAt.delete(symbol);
    if (!this.#wanted.has(symbol) || this.#confirmed.has(symbol)) return false;
    this.#confirmed.add(symbol);
    return true;
  }

  refuse(symbol: string, now: number): void {
    this.#asked.delete(symbol);
    this.#confirmed.delete(symbol);
    this.#refusedAt.set(symbol, now);
  }
}

export type ErrorMeaning =
  | { readonly kind: 'already-subscribed' | 'refused'; readonly symbol: string }
  /** A limit: which request it answers is not said. */
  | { readonly kind: 'limit' }
  | { readonly kind: 'unknown' };

/** What an error frame says. Texts as observed; "Already subscribed" and "Invalid subscription" echo the request. */
export function readErrorText(text: string): ErrorMeaning {
  const symbol = /"coin"\s*:\s*"([^"\\]{1,64})"/.exec(text)?.[1];
  if (symbol !== undefined && /^already subscribed/i.test(text))
    return { kind: 'already-subscribed', symbol };
  if (symbol !== undefined && /^(invalid subscription|error parsing)/i.test(text))
    return { kind: 'refused', symbol };
  if (/^cannot (subscribe|send|open|track)/i.test(text)) return { kind: 'limit' };
  return { kind: 'unknown' };
}
