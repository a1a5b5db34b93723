/**
 * Rules that turn received JSON into the venue's own form of an action: fields in declared order, addresses and
 * cloids lower-case, decimals without trailing zeros, absent and false flags dropped. The venue hashes this form,
 * not the bytes that it received, so a client that signed another form is a stranger to it.
 */
import { undeserialisable } from '../wire/backend.ts';

/** Checks one value and returns its canonical form; undefined drops the field. @throws RequestRefused 422 */
export type Rule<T> = (value: unknown) => T;

type Shape = Readonly<Record<string, Rule<unknown>>>;
type Parsed<S extends Shape> = { [K in keyof S]: S[K] extends Rule<infer T> ? T : never };

const refuse = (expected: string): never => {
  throw undeserialisable(`expected ${expected}`);
};

/** An object with these fields, in this order; others are ignored, as the venue's deserialiser does. */
export function object<const S extends Shape>(shape: S): Rule<Parsed<S>> {
  const fields = Object.entries(shape);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('an object');
    const given = value as Record<string, unknown>;
    const parsed: Record<string, unknown> = {};
    for (const [name, rule] of fields) {
      const canonical = rule(Object.hasOwn(given, name) ? given[name] : undefined);
      if (canonical !== undefined) parsed[name] = canonical;
    }
    return parsed as Parsed<S>;
  };
}

/** Longest list that is read at all; the venue's own cap of 200 is an error of its own. */
const MAX_LIST = 10_000;

export function list<T>(rule: Rule<T>): Rule<T[]> {
  return (value) => {
    if (!Array.isArray(value) || value.length > MAX_LIST) return refuse('a list');
    return value.map(rule);
  };
}

export const literal =
  <const T extends string>(...allowed: readonly T[]): Rule<T> =>
  (value) =>
    allowed.includes(value as T) ? (value as T) : refuse(allowed.join(' or '));

export const bool: Rule<boolean> = (value) => (typeof value === 'boolean' ? value : refuse('a boolean'));

/** A flag that is only written when true. */
export const flag: Rule<true | undefined> = (value) => {
  if (value === undefined || value === null) return undefined;
  return bool(value) ? true : undefined;
};

const MAX_TEXT = 10_000;
export const string: Rule<string> = (value) =>
  typeof value === 'string' && value.length <= MAX_TEXT ? value : refuse('a string');

/** A whole number of 0 to 2^53 - 1. */
export const unsigned: Rule<number> = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number) + 0
    : refuse('an unsigned integer');

/** A whole number of either sign. */
export const signed: Rule<number> = (value) =>
  Number.isSafeInteger(value) ? (value as number) + 0 : refuse('an integer');

const DECIMAL = /^-?\d{1,32}(?:\.\d{1,32})?$/;

/** A decimal as text: "2000.0" becomes "2000", "-0" becomes "0", "007.50" becomes "7.5". */
export const decimal: Rule<string> = (value) => {
  if (typeof value !== 'string' || !DECIMAL.test(value)) return refuse('a decimal string');
  const negative = value.startsWith('-');
  const [whole = '', fraction = ''] = (negative ? value.slice(1) : value).split('.');
  const digits = whole.replace(/^0+(?=\d)/, '');
  const decimals = fraction.replace(/0+$/, '');
  const text = decimals === '' ? digits : `${digits}.${decimals}`;
  return negative && text !== '0' ? `-${text}` : text;
};

const hexOf =
  (digits: number, what: string): Rule<string> =>
  (value) => {
    if (typeof value !== 'string') return refuse(what);
    const bare = value.toLowerCase().replace(/^0x/, '');
    return bare.length === digits && /^[0-9a-f]+$/.test(bare) ? `0x${bare}` : refuse(what);
  };

/** 20 bytes; accepted in any case and without 0x. */
export const address = hexOf(40, 'an address');
/** 16 bytes. */
export const cloid = hexOf(32, 'a client order id');

/** An oid or a cloid. */
export const orderReference: Rule<number | string> = (value) =>
  typeof value === 'number' ? unsigned(value) : cloid(value);

/** A field that may be absent or null; then it is not written. */
export const optional =
  <T>(rule: Rule<T>): Rule<T | undefined> =>
  (value) =>
    value === undefined || value === null ? undefined : rule(value);

/** A field that is written as null when absent. */
export const nullable =
  <T>(rule: Rule<T>): Rule<T | null> =>
  (value) =>
    value === undefined || value === null ? null : rule(value);

/** The first rule that accepts. */
export const either =
  <A, B>(first: Rule<A>, second: Rule<B>): Rule<A | B> =>
  (value) => {
    try {
      return first(value);
    } catch {
      return second(value);
    }
  };
