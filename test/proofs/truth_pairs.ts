/** The pairs of (trader, coin) under both their numbers: slot of the book that runs now, and key of the truth. */
import type { Address } from '../../src/domain/address.ts';
import type { StreamPipeline } from '../../src/main/stream/pipeline.ts';
import type { SimulatedVenue } from '../../src/simulator/venue/venue.ts';
import type { TruthTable } from './truth_table.ts';

export class TruthPairs {
  readonly #pipeline: StreamPipeline;
  readonly #venue: SimulatedVenue;
  readonly #table: TruthTable;
  /** Key plus one by slot, and slot plus one by key; 0 if not known yet. */
  #keys = new Int32Array(1_024);
  #slots = new Int32Array(1_024);

  constructor(pipeline: StreamPipeline, venue: SimulatedVenue, table: TruthTable) {
    this.#pipeline = pipeline;
    this.#venue = venue;
    this.#table = table;
  }

  keyOf(slot: number): number {
    const known = this.#keys[slot] ?? 0;
    if (known > 0) return known - 1;
    const { book, coins, addresses } = this.#pipeline;
    const symbol = coins.byId(book.pairs.coinOf(slot))?.symbol ?? '';
    const coin = this.#venue.state.bySymbol.get(symbol);
    if (coin === undefined) throw new Error(`the venue has no coin ${symbol}`);
    const key = this.#table.key(addresses.addressOf(book.pairs.traderOf(slot)), coin);
    this.#keys = noted(this.#keys, slot, key + 1);
    return key;
  }

  /** -1 if the book has never heard of the pair. */
  slotOf(key: number, address: Address, symbol: string): number {
    const known = this.#slots[key] ?? 0;
    if (known > 0) return known - 1;
    const { book, coins, addresses } = this.#pipeline;
    const slot = book.pairs.find(addresses.find(address), coins.bySymbol(symbol)?.id ?? 0);
    if (slot >= 0) this.#slots = noted(this.#slots, key, slot + 1);
    return slot;
  }

  /** For people. */
  nameOf(slot: number): string {
    const { book, coins, addresses } = this.#pipeline;
    return `${coins.byId(book.pairs.coinOf(slot))?.symbol} ${addresses.addressOf(book.pairs.traderOf(slot))}`;
  }
}

/** The array with one more entry, grown if it must be. */
function noted(entries: Int32Array<ArrayBuffer>, at: number, value: number): Int32Array<ArrayBuffer> {
  let room = entries;
  if (at >= room.length) {
    room = new Int32Array(at * 2);
    room.set(entries);
  }
  room[at] = value;
  return room;
}
