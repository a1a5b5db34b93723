/**
 * Money and size as branded integers, so that a float can never be passed where one of them is wanted.
 *
 * A perpetual's size is a whole number of lots (10^-szDecimals of the coin) and its price a whole number of
 * ticks (10^-(6-szDecimals) USD), so that `size * price` is an exact number of micro-USD with no rounding.
 * A single product stays below 2^53 up to about nine billion USD; sums that can leave that range use bigint.
 */
import { DomainError } from './errors.ts';

declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** Signed size in lots of one coin: integer, 10^-szDecimals coin units. Positive is long or bought. */
export type Lots = Branded<number, 'Lots'>;
/** Price in ticks of one coin: integer, 10^-(6-szDecimals) USD. */
export type Ticks = Branded<number, 'Ticks'>;
/** US dollars in millionths: a safe integer. */
export type MicroUsd = Branded<number, 'MicroUsd'>;
/** US dollars in millionths where a sum may leave 2^53. */
export type BigMicroUsd = Branded<bigint, 'BigMicroUsd'>;

/** Decimals of a perpetual's price: 6 - szDecimals (the venue's rule). */
export const PERP_PRICE_DECIMALS = 6;

function integer(value: number, what: string): number {
  if (!Number.isSafeInteger(value))
    throw new DomainError('NOT_AN_INTEGER', `${what} must be a safe integer, got ${value}`);
  return value === 0 ? 0 : value;
}

export const lots = (value: number): Lots => integer(value, 'size in lots') as Lots;
export const ticks = (value: number): Ticks => integer(value, 'price in ticks') as Ticks;
export const microUsd = (value: number): MicroUsd => integer(value, 'micro-USD') as MicroUsd;

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * A decimal string as an exact integer of 10^-decimals.
 * @throws DomainError `BAD_DECIMAL` if the text is not a plain decimal, `TOO_PRECISE` if it has more than
 *   `decimals` significant decimals, `NOT_AN_INTEGER` if it leaves 2^53.
 */
export function parseScaled(text: string, decimals: number): number {
  const match = DECIMAL.exec(text);
  if (!match)
    throw new DomainError('BAD_DECIMAL', `not a decimal number: ${JSON.stringify(text.slice(0, 40))}`);
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > decimals) {
    throw new DomainError('TOO_PRECISE', `${text.slice(0, 40)} has more than ${decimals} decimals`);
  }
  const magnitude = Number((match[2] ?? '') + fraction.padEnd(decimals, '0'));
  return integer(match[1] === '-' ? -magnitude : magnitude, text.slice(0, 40));
}

/** An integer of 10^-decimals as the shortest exact decimal string, without trailing zeros ("1.5", "-3", "0"). */
export function formatScaled(value: number | bigint, decimals: number): string {
  const negative = value < 0;
  const digits = (negative ? -value : value).toString().padStart(decimals + 1, '0');
  if (decimals === 0) return negative ? `-${digits}` : digits;
  const whole = digits.slice(0, -decimals);
  const fraction = digits.slice(-decimals).replace(/0+$/, '');
  const text = fraction === '' ? whole : `${whole}.${fraction}`;
  return negative ? `-${text}` : text;
}

export const parseLots = (text: string, szDecimals: number): Lots => parseScaled(text, szDecimals) as Lots;
export const formatLots = (size: Lots, szDecimals: number): string => formatScaled(size, szDecimals);
export const parseTicks = (text: string, szDecimals: number): Ticks =>
  parseScaled(text, PERP_PRICE_DECIMALS - szDecimals) as Ticks;
export const formatTicks = (price: Ticks, szDecimals: number): string =>
  formatScaled(price, PERP_PRICE_DECIMALS - szDecimals);
export const parseUsd = (text: string): MicroUsd => parseScaled(text, 6) as MicroUsd;
export const formatUsd = (amount: MicroUsd | BigMicroUsd): string => formatScaled(amount, 6);

/** size * price, exact. The sign is the size's. @throws DomainError `NOT_AN_INTEGER` beyond 2^53. */
export const notional = (size: Lots, price: Ticks): MicroUsd => integer(size * price, 'notional') as MicroUsd;
