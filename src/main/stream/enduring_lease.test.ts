import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../runtime/clock.ts';
import { silentLogger } from '../../runtime/log.ts';
import type { Database } from '../../store/database.ts';
import type { Lease } from '../../store/leases.ts';
import { EnduringLease } from './enduring_lease.ts';

class FakeLease implements Lease {
  readonly name = 'stream';
  readonly token: number;
  readonly #abort = new AbortController();
  released = false;

  constructor(token: number) {
    this.token = token;
  }
  get signal() {
    return this.#abort.signal;
  }
  lose(): void {
    this.#abort.abort(new Error('its session ended'));
  }
  check = async () => undefined;
  async release() {
    this.released = true;
    this.lose();
  }
}

function held(takes: (FakeLease | undefined)[], storedToken = 7) {
  const clock = new ManualClock();
  const first = new FakeLease(7);
  let open: (() => void) | undefined;
  const lease = new EnduringLease(first, {
    database: { query: async () => ({ rows: [{ token: storedToken }], rowCount: 1 }) } as unknown as Database,
    clock,
    log: silentLogger,
    take: () =>
      new Promise((resolve) => {
        open = () => resolve(takes.shift());
      }),
  });
  /** Lets the attempt that is under way come to its end. */
  const answer = async () => {
    open?.();
    await clock.advance(0);
    await clock.advance(500);
  };
  return { first, lease, answer };
}

describe('a lease that outlives its session', () => {
  it('is ours again when nobody had it in between', async () => {
    const again = new FakeLease(8);
    const { first, lease, answer } = held([undefined, again]);
    first.lose();
    await answer();
    expect(lease.token).toBe(7);
    await answer();
    expect([lease.token, lease.signal.aborted]).toEqual([8, false]);
    await lease.release();
    expect(again.released).toBe(true);
  });

  it('is lost when another had it, and gives back what it took', async () => {
    const later = new FakeLease(9);
    const { first, lease, answer } = held([later]);
    first.lose();
    await answer();
    expect(lease.signal.reason).toMatchObject({ code: 'STORE_LEASE_LOST' });
    expect(later.released).toBe(true);
  });

  it('is lost as soon as another is seen to hold it', async () => {
    const { first, lease, answer } = held([undefined], 8);
    first.lose();
    await answer();
    expect(lease.signal.aborted).toBe(true);
  });

  it('leaves none behind that was being taken when it was given up', async () => {
    const again = new FakeLease(8);
    const { first, lease, answer } = held([again]);
    first.lose();
    await lease.release();
    await answer();
    expect(again.released).toBe(true);
  });
});
