/** What audits have found out about each trader on each dex. Pure memory; the store holds its rows. */

export interface TraderDexState {
  /** Venue time (ms) of the newest snapshot that was taken over or agreed. */
  readonly seededAt: number;
  /** Audits in a row that agreed. */
  readonly agreements: number;
  readonly quarantined: boolean;
}

/** Dexs are far fewer than this; the key of a pair stays a small integer. */
const MAX_DEXS = 256;

export class TraderDexs {
  readonly #dexs = new Map<string, number>();
  readonly #dexOfCoin: number[] = [];
  readonly #states = new Map<number, TraderDexState>();
  /** Venue time (ms) of the newest snapshot of anybody; 0 before any. */
  newest = 0;

  /** To be told before anything is asked about the coin. */
  addCoin(coin: number, dex: string): void {
    this.#dexOfCoin[coin] = this.#index(dex);
  }

  get size(): number {
    return this.#states.size;
  }

  get(trader: number, dex: string): TraderDexState | undefined {
    return this.#states.get(trader * MAX_DEXS + this.#index(dex));
  }

  set(trader: number, dex: string, state: TraderDexState): void {
    this.#states.set(trader * MAX_DEXS + this.#index(dex), state);
    this.newest = Math.max(this.newest, state.seededAt);
  }

  isOnDex(coin: number, dex: string): boolean {
    return this.#dexOfCoin[coin] === this.#index(dex);
  }

  /** When the trader was seeded on the coin's dex; 0 if not, or if what is known of it is in doubt. */
  seededAt(trader: number, coin: number): number {
    const dex = this.#dexOfCoin[coin];
    const state = dex === undefined ? undefined : this.#states.get(trader * MAX_DEXS + dex);
    return state === undefined || state.quarantined ? 0 : state.seededAt;
  }

  /** True while audits of the trader on the coin's dex have not agreed again. */
  isQuarantined(trader: number, coin: number): boolean {
    const dex = this.#dexOfCoin[coin];
    return dex !== undefined && this.#states.get(trader * MAX_DEXS + dex)?.quarantined === true;
  }

  #index(dex: string): number {
    let index = this.#dexs.get(dex);
    if (index === undefined) {
      index = this.#dexs.size;
      if (index >= MAX_DEXS) throw new RangeError(`more than ${MAX_DEXS} dexs`);
      this.#dexs.set(dex, index);
    }
    return index;
  }
}
