/** How the fuzzer draws: good values most of the time, strange ones now and then. */
import type { Random } from '../../src/runtime/random.ts';

const STRANGE: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  -0,
  1.5,
  1e21,
  2 ** 53,
  Number.MAX_SAFE_INTEGER,
  '',
  '0',
  '-1',
  '0.00000001',
  '99999999999999999999',
  '1e5',
  'NaN',
  'BTC',
  'xyz:XYZ100',
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '💥',
  '0x',
  `0x${'f'.repeat(40)}`,
  [],
  {},
  [[]],
  [null],
  { __proto__: null },
];

/** Share of values that are good; a request of ten fields is good in every one of them about half of the time. */
const GOOD = 0.94;

export class Draw {
  readonly #random: Random;
  readonly #now: () => number;
  readonly #addresses: readonly string[];
  readonly #openOrders: () => readonly number[];

  /**
   * @param now ms, what times are drawn around
   * @param known addresses that are something to the venue, and ids of orders that rest at this moment
   */
  constructor(
    random: Random,
    now: () => number,
    known: { readonly addresses: readonly string[]; readonly openOrders: () => readonly number[] },
  ) {
    this.#random = random;
    this.#now = now;
    this.#addresses = known.addresses;
    this.#openOrders = known.openOrders;
  }

  /** Of an account, vault or agent; sometimes in upper case. */
  address = (): string => {
    const address = this.pick(this.#addresses);
    return this.chance(0.1) ? address.toUpperCase() : address;
  };

  chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  /** 0 to below `limit`. */
  int(limit: number): number {
    return this.#random.int(limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.#random.int(list.length)] as T;
  }

  /** A good value most of the time. */
  or(good: () => unknown): unknown {
    return this.chance(GOOD) ? good() : this.pick(STRANGE);
  }

  /** `usual`, and now and then the other. */
  rarely<T>(other: () => T, usual: T): T {
    return this.chance(0.02) ? other() : usual;
  }

  /** One of a few, so that orders are found by theirs. */
  cloid(): string {
    return `0x${(this.int(20) + 16).toString(16).repeat(16)}`;
  }

  /** The id of a resting order; any other id while none rests. */
  openOrder(): number {
    const open = this.#openOrders();
    return open.length === 0 ? 1_000_001 : this.pick(open);
  }

  time(): unknown {
    const now = this.#now();
    return this.or(() => this.pick([0, 1, now, now - 3_600_000, now + 60_000, 2 ** 52]));
  }
}
