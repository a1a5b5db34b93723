/**
 * The fast way into a trades frame: one pass over the bytes in the venue's fixed key order, straight into columns,
 * with no string and no object made. Whatever it does not recognise it leaves to the slow way (frame.ts).
 */
import type { AddressIndex } from '../../domain/address_index.ts';
import type { CoinTable, ListedCoin } from '../../domain/listed_coin.ts';
import { PERP_PRICE_DECIMALS } from '../../domain/money.ts';
import type { TradeColumns } from '../../domain/trade_columns.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

const HEAD = bytes('{"channel":"trades","data":[');
const COIN = bytes('{"coin":"');
const SIDE = bytes(',"side":"');
const PRICE = bytes(',"px":"');
const SIZE = bytes(',"sz":"');
const TIME = bytes(',"time":');
const HASH = bytes(',"hash":"0x');
const TRADE_ID = bytes(',"tid":');
const USERS = bytes(',"users":["0x');
const NEXT_USER = bytes('","0x');
const END_OF_USERS = bytes('"]}');

const HASH_DIGITS = 64;
const ADDRESS_DIGITS = 40;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const DOT = 0x2e;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;
const ZERO = 0x30;
const LETTER_A = 0x41;
const LETTER_B = 0x42;
const MAX_COIN_BYTES = 64;
const POWERS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

/** True if the bytes start like a frame of the trades channel. */
export function looksLikeTrades(frame: Uint8Array): boolean {
  for (let i = 0; i < HEAD.length - 1; i++) if (frame[i] !== HEAD[i]) return false;
  return true;
}

export class TradeScanner {
  readonly #coins: CoinTable;
  readonly #addresses: AddressIndex;
  #frame: Buffer = Buffer.alloc(0);
  #at = 0;
  #failed = false;
  #coin: ListedCoin | undefined;
  #coinFrom = 0;
  #coinTo = 0;

  constructor(coins: CoinTable, addresses: AddressIndex) {
    this.#coins = coins;
    this.#addresses = addresses;
  }

  /**
   * Appends the frame's trades to `columns` and returns how many; -1 and nothing appended if anything about the
   * frame is not exactly as known: another key order, an unknown coin, a number that is no exact tick or lot.
   */
  scan(frame: Buffer, columns: TradeColumns, receivedAt: number): number {
    const before = columns.length;
    this.#frame = frame;
    this.#at = 0;
    this.#failed = false;
    this.#coinFrom = this.#coinTo = 0;
    this.#expect(HEAD);
    if (this.#failed) return -1;
    if (frame[this.#at] !== CLOSE_BRACKET) {
      for (;;) {
        this.#trade(columns, receivedAt);
        if (this.#failed || frame[this.#at] !== COMMA) break;
        this.#at++;
      }
    }
    const complete =
      !this.#failed &&
      frame[this.#at] === CLOSE_BRACKET &&
      frame[this.#at + 1] === CLOSE_BRACE &&
      this.#at + 2 === frame.length;
    if (complete) return columns.length - before;
    columns.length = before;
    return -1;
  }

  #trade(columns: TradeColumns, receivedAt: number): void {
    const frame = this.#frame;
    this.#expect(COIN);
    const coin = this.#symbol();
    if (this.#failed || coin === undefined) {
      this.#failed = true;
      return;
    }
    this.#expect(SIDE);
    const side = frame[this.#at++];
    if (side !== LETTER_A && side !== LETTER_B) this.#failed = true;
    this.#quote();
    this.#expect(PRICE);
    const price = this.#scaled(PERP_PRICE_DECIMALS - coin.sizeDecimals);
    this.#quote();
    this.#expect(SIZE);
    const size = this.#scaled(coin.sizeDecimals);
    this.#quote();
    this.#expect(TIME);
    const time = this.#whole();
    this.#expect(HASH);
    this.#at += HASH_DIGITS;
    this.#quote();
    this.#expect(TRADE_ID);
    const tradeId = this.#whole();
    this.#expect(USERS);
    if (this.#failed || price === 0 || size === 0 || price * size > Number.MAX_SAFE_INTEGER) {
      this.#failed = true;
      return;
    }
    const buyer = this.#user();
    this.#expect(NEXT_USER);
    const seller = this.#user();
    this.#expect(END_OF_USERS);
    if (this.#failed || buyer === 0 || seller === 0) {
      this.#failed = true;
      return;
    }
    columns.push(coin.id, time, tradeId, price, size, buyer, seller, side === LETTER_B, receivedAt);
  }

  #user(): number {
    if (this.#failed) return 0;
    const id = this.#addresses.internHex(this.#frame, this.#at);
    this.#at += ADDRESS_DIGITS;
    return id;
  }

  /** The coin whose symbol starts here; a frame holds one coin, so the second trade only compares bytes. */
  #symbol(): ListedCoin | undefined {
    const frame = this.#frame;
    const from = this.#at;
    const length = this.#coinTo - this.#coinFrom;
    if (length > 0 && frame[from + length] === QUOTE && this.#sameCoin(from, length)) {
      this.#at = from + length + 1;
      return this.#coin;
    }
    let to = from;
    while (frame[to] !== QUOTE) {
      if (to - from >= MAX_COIN_BYTES || to >= frame.length || frame[to] === BACKSLASH) return undefined;
      to++;
    }
    this.#coinFrom = from;
    this.#coinTo = to;
    this.#coin = this.#coins.bySymbol(frame.toString('latin1', from, to));
    this.#at = to + 1;
    return this.#coin;
  }

  #sameCoin(from: number, length: number): boolean {
    for (let i = 0; i < length; i++) {
      if (this.#frame[from + i] !== this.#frame[this.#coinFrom + i]) return false;
    }
    return true;
  }

  #expect(literal: Uint8Array): void {
    const frame = this.#frame;
    const at = this.#at;
    for (let i = 0; i < literal.length; i++) {
      if (frame[at + i] !== literal[i]) {
        this.#failed = true;
        return;
      }
    }
    this.#at = at + literal.length;
  }

  #quote(): void {
    if (this.#frame[this.#at++] !== QUOTE) this.#failed = true;
  }

  #whole(): number {
    const frame = this.#frame;
    const from = this.#at;
    let value = 0;
    for (;;) {
      const digit = (frame[this.#at] as number) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
      this.#at++;
    }
    if (this.#at === from || value > Number.MAX_SAFE_INTEGER) this.#failed = true;
    return value;
  }

  /** A decimal as an integer of 10^-decimals; fails on more precision than that and beyond 2^53. */
  #scaled(decimals: number): number {
    let value = this.#whole();
    let places = 0;
    if (this.#frame[this.#at] === DOT) {
      const from = ++this.#at;
      for (;;) {
        const digit = (this.#frame[this.#at] as number) - ZERO;
        if (!(digit >= 0 && digit <= 9)) break;
        if (places < decimals) {
          value = value * 10 + digit;
          places++;
        } else if (digit !== 0) this.#failed = true;
        this.#at++;
      }
      if (this.#at === from) this.#failed = true;
    }
    value *= POWERS[decimals - places] as number;
    if (value > Number.MAX_SAFE_INTEGER) this.#failed = true;
    return value;
  }
}
