/** Randomness is an argument: this file is the only place that touches the real source. */
import { randomBytes as cryptoBytes } from 'node:crypto';

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, maxExclusive). */
  int(maxExclusive: number): number;
}

/** A seeded generator (sfc32): fast, same seed gives the same sequence on every platform. Not for secrets. */
export function seededRandom(seed: number | string): Random {
  let [a, b, c, d] = seedState(String(seed));
  const next32 = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 15; i++) next32();
  const next = () => next32() / 4_294_967_296;
  return { next, int: (maxExclusive) => Math.floor(next() * maxExclusive) };
}

/** Four 32-bit words from a text, by cyrb128-style mixing. */
function seedState(text: string): [number, number, number, number] {
  let h1 = 1_779_033_703;
  let h2 = 3_144_134_277;
  let h3 = 1_013_904_242;
  let h4 = 2_773_480_762;
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    h1 = h2 ^ Math.imul(h1 ^ k, 597_399_067);
    h2 = h3 ^ Math.imul(h2 ^ k, 2_869_860_233);
    h3 = h4 ^ Math.imul(h3 ^ k, 951_274_213);
    h4 = h1 ^ Math.imul(h4 ^ k, 2_716_044_179);
  }
  return [h1 | 0, h2 | 0, h3 | 0, h4 | 0];
}

/** Cryptographically strong; for jitter and ids in production. */
export const systemRandom: Random = {
  next: () => cryptoBytes(6).readUIntBE(0, 6) / 2 ** 48,
  int: (maxExclusive) => Math.floor(systemRandom.next() * maxExclusive),
};

/** Secret material: tokens, passwords, keys. */
export const secretBytes = (length: number): Buffer => cryptoBytes(length);
