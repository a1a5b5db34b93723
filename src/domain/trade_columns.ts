import type { Lots, Ticks } from './money.ts';

/** One public match between two traders, as a row. Trader and coin are our ids. */
export interface Trade {
  readonly coin: number;
  /** Exchange time (block time), ms UTC. */
  readonly time: number;
  /** Unique together with coin and time. */
  readonly tradeId: number;
  readonly price: Ticks;
  /** Positive. */
  readonly size: Lots;
  readonly buyer: number;
  readonly seller: number;
  /** Which side was the aggressor. */
  readonly takerIsBuyer: boolean;
  /** When our socket delivered it, ms UTC. */
  readonly receivedAt: number;
}

const FIRST_CAPACITY = 256;

/**
 * Trades as columns: one typed array per field, so that a burst of hundreds of thousands costs bytes and not
 * objects. `price` is in ticks and `size` in lots of the row's coin (see money.ts), times are ms UTC.
 */
export class TradeColumns {
  length = 0;
  coin = new Int32Array(FIRST_CAPACITY);
  time = new Float64Array(FIRST_CAPACITY);
  tradeId = new Float64Array(FIRST_CAPACITY);
  price = new Float64Array(FIRST_CAPACITY);
  size = new Float64Array(FIRST_CAPACITY);
  buyer = new Int32Array(FIRST_CAPACITY);
  seller = new Int32Array(FIRST_CAPACITY);
  takerIsBuyer = new Uint8Array(FIRST_CAPACITY);
  receivedAt = new Float64Array(FIRST_CAPACITY);

  push(
    coin: number,
    time: number,
    tradeId: number,
    price: number,
    size: number,
    buyer: number,
    seller: number,
    takerIsBuyer: boolean,
    receivedAt: number,
  ): void {
    if (this.length === this.coin.length) this.#grow();
    const at = this.length++;
    this.coin[at] = coin;
    this.time[at] = time;
    this.tradeId[at] = tradeId;
    this.price[at] = price;
    this.size[at] = size;
    this.buyer[at] = buyer;
    this.seller[at] = seller;
    this.takerIsBuyer[at] = takerIsBuyer ? 1 : 0;
    this.receivedAt[at] = receivedAt;
  }

  pushFrom(other: TradeColumns, at: number): void {
    this.push(
      other.coin[at] as number,
      other.time[at] as number,
      other.tradeId[at] as number,
      other.price[at] as number,
      other.size[at] as number,
      other.buyer[at] as number,
      other.seller[at] as number,
      other.takerIsBuyer[at] === 1,
      other.receivedAt[at] as number,
    );
  }

  row(at: number): Trade {
    return {
      coin: this.coin[at] as number,
      time: this.time[at] as number,
      tradeId: this.tradeId[at] as number,
      price: this.price[at] as Ticks,
      size: this.size[at] as Lots,
      buyer: this.buyer[at] as number,
      seller: this.seller[at] as number,
      takerIsBuyer: this.takerIsBuyer[at] === 1,
      receivedAt: this.receivedAt[at] as number,
    };
  }

  /** Forgets the rows, keeps the memory. */
  clear(): void {
    this.length = 0;
  }

  #grow(): void {
    const capacity = this.coin.length * 2;
    this.coin = grown(this.coin, new Int32Array(capacity));
    this.time = grown(this.time, new Float64Array(capacity));
    this.tradeId = grown(this.tradeId, new Float64Array(capacity));
    this.price = grown(this.price, new Float64Array(capacity));
    this.size = grown(this.size, new Float64Array(capacity));
    this.buyer = grown(this.buyer, new Int32Array(capacity));
    this.seller = grown(this.seller, new Int32Array(capacity));
    this.takerIsBuyer = grown(this.takerIsBuyer, new Uint8Array(capacity));
    this.receivedAt = grown(this.receivedAt, new Float64Array(capacity));
  }
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
