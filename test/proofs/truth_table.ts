/** What is true of every (trader, coin) as of the last frame that left the wire, in dense numbers. */
import type { CoinRef } from '../../src/simulator/venue/records.ts';

/** Coins of the venue; the key of a pair is trader x COINS + coin. */
const COINS = 64;
const FIRST_TRADERS = 512;

export class TruthTable {
  readonly #traders = new Map<string, number>();
  readonly #addresses: string[] = [];
  #lots = new Float64Array(FIRST_TRADERS * COINS);
  /** Exchange time of the newest change that nobody could notice; 0 if none. */
  #silentAt = new Float64Array(FIRST_TRADERS * COINS);
  /** Frames still to come, out of their order, that touch the pair. */
  #late = new Int16Array(FIRST_TRADERS * COINS);

  key(address: string, coin: Pick<CoinRef, 'index'>): number {
    let trader = this.#traders.get(address);
    if (trader === undefined) {
      trader = this.#addresses.length;
      this.#traders.set(address, trader);
      this.#addresses.push(address);
      if ((trader + 1) * COINS > this.#lots.length) this.#grow();
    }
    if (coin.index >= COINS) throw new RangeError(`more than ${COINS} coins`);
    return trader * COINS + coin.index;
  }

  addressOf(key: number): string {
    return this.#addresses[Math.floor(key / COINS)] ?? '';
  }

  coinOf(key: number): number {
    return key % COINS;
  }

  lots(key: number): number {
    return this.#lots[key] as number;
  }

  move(key: number, lots: number): void {
    this.#lots[key] = (this.#lots[key] as number) + lots;
  }

  silentAt(key: number): number {
    return this.#silentAt[key] as number;
  }

  struck(key: number, time: number): void {
    this.#silentAt[key] = Math.max(this.#silentAt[key] as number, time);
  }

  isLate(key: number): boolean {
    return (this.#late[key] as number) > 0;
  }

  late(key: number, more: 1 | -1): void {
    this.#late[key] = (this.#late[key] as number) + more;
  }

  #grow(): void {
    const length = this.#lots.length * 2;
    const lots = new Float64Array(length);
    lots.set(this.#lots);
    this.#lots = lots;
    const silentAt = new Float64Array(length);
    silentAt.set(this.#silentAt);
    this.#silentAt = silentAt;
    const late = new Int16Array(length);
    late.set(this.#late);
    this.#late = late;
  }
}
