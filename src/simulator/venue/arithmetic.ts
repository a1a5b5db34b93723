/** Exact integer arithmetic where a product may leave 2^53, and the venue's number texts. */
import { formatScaled } from '../../domain/money.ts';

/** a * b / c toward zero, exact. c > 0. */
export function mulDiv(a: number, b: number, c: number): number {
  const product = a * b;
  if (product <= Number.MAX_SAFE_INTEGER && product >= -Number.MAX_SAFE_INTEGER) {
    const quotient = Math.trunc(product / c);
    return quotient === 0 ? 0 : quotient;
  }
  return Number((BigInt(a) * BigInt(b)) / BigInt(c));
}

/** Rates are integers of 10^-9; toward zero, as the venue rounds each fee. */
export function applyRateE9(usd: number, rateE9: number): number {
  return mulDiv(usd, rateE9, 1_000_000_000);
}

/** Average entry price of a signed cost over a size, cut to a whole tick as the venue does (seen on recorded fills). */
export const entryTicks = (cost: number, size: number): number => Math.trunc(Math.abs(cost) / size);

export const ceilDiv = (a: number, b: number): number => Math.floor((a + b - 1) / b);

export function median3(a: number, b: number, c: number): number {
  if (a > b) [a, b] = [b, a];
  return c <= a ? a : c >= b ? b : c;
}

/** Nearest integer with at most `figures` significant digits (the venue's five for prices). */
export function roundFigures(value: number, figures: number): number {
  let step = 1;
  while (value / step >= 10 ** figures) step *= 10;
  return Math.round(value / step) * step;
}

/** A decimal text with at least one decimal, as the venue prints every number: "1.0", "0.5". */
export function wireDecimal(value: number | bigint, decimals: number): string {
  const text = formatScaled(value, decimals);
  return text.includes('.') ? text : `${text}.0`;
}
export const wireUsd = (microUsd: number | bigint): string => wireDecimal(microUsd, 6);

/** 32 bits of avalanche over two words; the base of every id that the venue calls a hash. */
export function mix32(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(b ^ (b >>> 15), 0xc2b2_ae35);
  h ^= h >>> 16;
  h = Math.imul(h, 0x7feb_352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846c_a68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Both halves of a non-negative safe integer, mixed with a salt. */
function mixSafe(value: number, salt: number): number {
  return mix32(mix32(value >>> 0, Math.floor(value / 4_294_967_296) ^ salt), salt);
}

/** The venue's trade id: a 50-bit hash of the two order ids. */
export function tradeIdOf(buyerOid: number, sellerOid: number): number {
  const low = mixSafe(buyerOid, mixSafe(sellerOid, 0x51ed));
  const high = mixSafe(sellerOid, mixSafe(buyerOid, 0x2f0b)) & 0x3ffff;
  return high * 4_294_967_296 + low;
}

export const ZERO_HASH = `0x${'0'.repeat(64)}`;

/** A transaction hash: 0x and 64 hex digits from the world's salt and the transaction's number. */
export function transactionHash(salt: number, sequence: number): string {
  let text = '0x';
  for (let i = 0; i < 8; i++)
    text += mixSafe(sequence, salt + i * 0x1f3d)
      .toString(16)
      .padStart(8, '0');
  return text;
}

/** A deterministic address: 0x and 40 hex digits. */
export function derivedAddressText(salt: number, sequence: number): string {
  let text = '0x';
  for (let i = 0; i < 5; i++)
    text += mixSafe(sequence, salt + i * 0x3b29)
      .toString(16)
      .padStart(8, '0');
  return text;
}
