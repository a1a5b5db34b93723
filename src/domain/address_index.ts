import { type Address, parseAddress } from './address.ts';
import { DomainError } from './errors.ts';

const WORDS = 5;
const HEX_DIGITS = 40;
const NOT_HEX = 255;

/** Value of an ASCII hex digit (either case) or NOT_HEX. */
const HEX_VALUE = new Uint8Array(256).fill(NOT_HEX);
for (let value = 0; value < 16; value++) {
  HEX_VALUE[value.toString(16).charCodeAt(0)] = value;
  HEX_VALUE[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}

/**
 * Addresses as small integers: every address that is asked for gets the next id, counting from 1, and keeps it.
 * Open addressing over typed arrays: about 30 bytes an address, no string made on the hot path. The hash is
 * salted, so that nobody can grind addresses that collide.
 */
export class AddressIndex {
  #words: Uint32Array;
  #table: Uint32Array;
  #mask: number;
  #size = 0;
  #nextId = 1;
  readonly #salt: number;
  readonly #scratch = new Uint32Array(WORDS);

  /** @param salt any integer; random in production. */
  constructor(salt: number, expected = 1024) {
    this.#salt = salt | 0;
    const slots = 2 ** Math.ceil(Math.log2(Math.max(16, expected) * 2));
    this.#table = new Uint32Array(slots);
    this.#mask = slots - 1;
    this.#words = new Uint32Array((Math.max(16, expected) + 1) * WORDS);
  }

  /** Addresses held. */
  get size(): number {
    return this.#size;
  }

  /** The id that the next unknown address gets; ids from 1 up to here are taken or were skipped by `load`. */
  get nextId(): number {
    return this.#nextId;
  }

  /** Id of the 40 hex digits at `offset` of an ASCII buffer, new or known; 0 if they are not hex digits. */
  internHex(buffer: Uint8Array, offset: number): number {
    return this.#readHex(buffer, offset) ? this.#intern() : 0;
  }

  intern(address: Address): number {
    this.#readText(address);
    return this.#intern();
  }

  /** Id of a known address, else 0. */
  find(address: Address): number {
    this.#readText(address);
    return this.#table[this.#slot()] ?? 0;
  }

  /**
   * Takes over a stored (id, address).
   * @throws DomainError `ADDRESS_TAKEN` if the id or the address is there already under another partner.
   */
  load(id: number, bytes: Uint8Array): void {
    for (let word = 0; word < WORDS; word++) this.#scratch[word] = readWord(bytes, word * 4);
    const slot = this.#slot();
    const known = this.#table[slot] ?? 0;
    if (known === id) return;
    if (known !== 0 || id < this.#nextId) {
      throw new DomainError('ADDRESS_TAKEN', `trader ${id} and its stored address do not belong together`);
    }
    this.#nextId = id;
    this.#insert(slot);
  }

  /** @throws DomainError `UNKNOWN_TRADER` for an id that was never given. */
  addressOf(id: number): Address {
    const bytes = new Uint8Array(20);
    this.copyBytes(id, bytes, 0);
    let text = '0x';
    for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
    return text as Address;
  }

  /** Writes the 20 bytes of an id's address. @throws DomainError `UNKNOWN_TRADER`. */
  copyBytes(id: number, target: Uint8Array, offset: number): void {
    if (id < 1 || id >= this.#nextId) throw new DomainError('UNKNOWN_TRADER', `there is no trader ${id}`);
    for (let word = 0; word < WORDS; word++) {
      const value = this.#words[id * WORDS + word] ?? 0;
      target[offset + word * 4] = value >>> 24;
      target[offset + word * 4 + 1] = value >>> 16;
      target[offset + word * 4 + 2] = value >>> 8;
      target[offset + word * 4 + 3] = value;
    }
  }

  #readText(address: Address): void {
    const text = parseAddress(address);
    for (let word = 0; word < WORDS; word++) {
      this.#scratch[word] = Number.parseInt(text.slice(2 + word * 8, 10 + word * 8), 16);
    }
  }

  #readHex(buffer: Uint8Array, offset: number): boolean {
    if (offset + HEX_DIGITS > buffer.length) return false;
    let bad = 0;
    for (let word = 0; word < WORDS; word++) {
      let value = 0;
      for (let digit = 0; digit < 8; digit++) {
        const nibble = HEX_VALUE[buffer[offset + word * 8 + digit] as number] as number;
        bad |= nibble;
        value = (value << 4) | (nibble & 15);
      }
      this.#scratch[word] = value;
    }
    return bad < 16;
  }

  #intern(): number {
    const slot = this.#slot();
    const known = this.#table[slot] as number;
    return known === 0 ? this.#insert(slot) : known;
  }

  /** The slot that holds the scratch address, or the free one where it belongs. */
  #slot(): number {
    const [a, b, c, d, e] = this.#scratch as unknown as [number, number, number, number, number];
    const words = this.#words;
    let slot = mix(a, b, c, d, e, this.#salt) & this.#mask;
    for (;;) {
      const id = this.#table[slot] as number;
      if (id === 0) return slot;
      const at = id * WORDS;
      if (
        words[at] === a &&
        words[at + 1] === b &&
        words[at + 2] === c &&
        words[at + 3] === d &&
        words[at + 4] === e
      ) {
        return slot;
      }
      slot = (slot + 1) & this.#mask;
    }
  }

  #insert(slot: number): number {
    const id = this.#nextId++;
    if ((id + 1) * WORDS > this.#words.length) this.#growWords(id + 1);
    this.#words.set(this.#scratch, id * WORDS);
    this.#table[slot] = id;
    this.#size++;
    if (this.#size * 5 > this.#table.length * 3) this.#growTable();
    return id;
  }

  #growWords(needed: number): void {
    const words = new Uint32Array(Math.ceil(Math.max(needed * WORDS, this.#words.length * 1.5)));
    words.set(this.#words);
    this.#words = words;
  }

  #growTable(): void {
    const old = this.#table;
    this.#table = new Uint32Array(old.length * 2);
    this.#mask = this.#table.length - 1;
    const words = this.#words;
    for (const id of old) {
      if (id === 0) continue;
      const at = id * WORDS;
      let slot =
        mix(
          words[at] as number,
          words[at + 1] as number,
          words[at + 2] as number,
          words[at + 3] as number,
          words[at + 4] as number,
          this.#salt,
        ) & this.#mask;
      while (this.#table[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#table[slot] = id;
    }
  }
}

const readWord = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)) >>>
  0;

/** Every input bit reaches every output bit (murmur3 rounds over the five words). */
function mix(a: number, b: number, c: number, d: number, e: number, salt: number): number {
  let hash = round(round(round(round(round(salt, a), b), c), d), e);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function round(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const mixed = hash ^ k;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}
