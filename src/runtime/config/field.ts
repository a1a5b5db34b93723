/** The kinds of settings: how each is read from text, shown and documented. Parsers throw a plain sentence. */
import { redactAddress, redactDatabaseUrl } from '../redact.ts';
import { Secret } from '../secret.ts';

/** What a default may depend on; always read first. */
export interface Basis {
  readonly NETWORK: 'simulator' | 'mainnet' | 'testnet';
  readonly SIMULATOR_PORT: number;
}

export interface Field<T> {
  /** One sentence or two for docs/CONFIG.md: what it does, and when to change it. */
  readonly doc: string;
  /** What may be written, for docs and error messages. */
  readonly accepts: string;
  /** Reads the text; throws an Error whose message says what is wrong with it. */
  readonly parse: (text: string) => T;
  /** The value when the key is absent; a function when it follows from the network. */
  readonly fallback: T | ((basis: Basis) => T);
  /** How the default is written in docs when it is computed. */
  readonly fallbackDoc?: string | undefined;
  /** The value as it may be printed: secrets hidden. */
  readonly show: (value: T) => string;
}

/** The value type of a field. */
export type Value<F> = F extends Field<infer T> ? T : never;

interface Options<T> {
  readonly default: T | ((basis: Basis) => T);
  readonly defaultDoc?: string;
}

const common = <T>(options: Options<T>) => ({ fallback: options.default, fallbackDoc: options.defaultDoc });

/** Free text that must match `pattern`. */
export function text(
  doc: string,
  options: Options<string> & { accepts: string; pattern: RegExp },
): Field<string> {
  return {
    doc,
    accepts: options.accepts,
    ...common(options),
    show: (value) => value,
    parse(raw) {
      if (!options.pattern.test(raw)) throw new Error(`must be ${options.accepts}`);
      return raw;
    },
  };
}

/** A file or folder path; relative paths are taken from the working directory. */
export function path<T extends string | undefined>(doc: string, options: Options<T>): Field<string | T> {
  return {
    doc,
    accepts: 'a path',
    ...common<string | T>(options),
    show: (value) => value ?? '',
    parse(raw) {
      if (raw.includes('\0')) throw new Error('must not contain a NUL character');
      return raw;
    },
  };
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** A whole number in a range. The unit is the last word of the setting's name. */
export function integer(doc: string, options: Options<number> & Range): Field<number> {
  const accepts = `a whole number from ${options.min} to ${options.max}`;
  return {
    doc,
    accepts,
    ...common(options),
    show: String,
    parse(raw) {
      const value = /^[+-]?\d+$/.test(raw) ? Number(raw) : Number.NaN;
      if (!(value >= options.min && value <= options.max)) throw new Error(`must be ${accepts}`);
      return value;
    },
  };
}

/** A decimal number in a range. */
export function decimal(doc: string, options: Options<number> & Range): Field<number> {
  const accepts = `a number from ${options.min} to ${options.max}`;
  return {
    doc,
    accepts,
    ...common(options),
    show: String,
    parse(raw) {
      const value = /^[+-]?\d+(\.\d+)?$/.test(raw) ? Number(raw) : Number.NaN;
      if (!(value >= options.min && value <= options.max)) throw new Error(`must be ${accepts}`);
      return value;
    },
  };
}

export const port = (doc: string, fallback: number): Field<number> =>
  integer(doc, { default: fallback, min: 1, max: 65_535 });

/** One word of a list. */
export function choice<const C extends readonly string[]>(
  doc: string,
  choices: C,
  fallback: C[number],
): Field<C[number]> {
  return {
    doc,
    accepts: `one of ${choices.join(', ')}`,
    fallback,
    show: (value) => value,
    parse(raw) {
      const found = choices.find((word) => word === raw.toLowerCase());
      if (found === undefined) throw new Error(`must be one of ${choices.join(', ')}`);
      return found;
    },
  };
}

/** yes or no. */
export function flag(doc: string, fallback: boolean): Field<boolean> {
  return {
    doc,
    accepts: 'true or false',
    fallback,
    show: String,
    parse(raw) {
      const word = raw.toLowerCase();
      if (['true', '1', 'yes', 'on'].includes(word)) return true;
      if (['false', '0', 'no', 'off'].includes(word)) return false;
      throw new Error('must be true or false');
    },
  };
}

/** `*` for everything, or a comma-separated list. Empty entries and doubles are mistakes. */
export function listOrAll(
  doc: string,
  options: { entry: RegExp; entryDoc: string },
): Field<'*' | readonly string[]> {
  const accepts = `* or a comma-separated list of ${options.entryDoc}`;
  return {
    doc,
    accepts,
    fallback: '*',
    show: (value) => (value === '*' ? '*' : value.join(',')),
    parse(raw) {
      if (raw === '*') return '*';
      const entries = raw.split(',').map((entry) => entry.trim());
      const bad = entries.find((entry) => !options.entry.test(entry));
      if (bad !== undefined) throw new Error(`must be ${accepts}; '${bad}' is none`);
      const double = entries.find((entry, index) => entries.indexOf(entry) !== index);
      if (double !== undefined) throw new Error(`names '${double}' twice`);
      return entries;
    },
  };
}

function parseUrl(raw: string, protocols: readonly string[]): URL {
  const accepts = `an address that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`;
  let url: URL;
  try {
    url = new URL(raw);
  } catch {
    throw new Error(`must be ${accepts}`);
  }
  if (!protocols.includes(url.protocol) || url.hostname === '') throw new Error(`must be ${accepts}`);
  return url;
}

/** An address without user name; a key in its path or query is not printed. A bare host gets `defaultPath`. */
export function url(
  doc: string,
  options: Options<string> & { protocols: readonly string[]; defaultPath: string },
): Field<string> {
  return {
    doc,
    accepts: `an address starting with ${options.protocols.map((p) => `${p}//`).join(' or ')}`,
    ...common(options),
    show: redactAddress,
    parse(raw) {
      const parsed = parseUrl(raw, options.protocols);
      if (parsed.username !== '' || parsed.password !== '')
        throw new Error('must not contain a user name or password');
      if (parsed.hash !== '') throw new Error('must not contain a fragment (#...)');
      if (parsed.pathname === '' || parsed.pathname === '/') parsed.pathname = options.defaultPath;
      return parsed.href;
    },
  };
}

/** An address that may hold a password, so all of it is a Secret; printed without the password. Absent by default. */
export function secretUrl(doc: string, protocols: readonly string[]): Field<Secret | undefined> {
  return {
    doc,
    accepts: `an address starting with ${protocols.map((p) => `${p}//`).join(' or ')}`,
    fallback: undefined,
    show: (value) => (value === undefined ? '' : redactDatabaseUrl(value.reveal())),
    parse(raw) {
      parseUrl(raw, protocols);
      return new Secret(raw);
    },
  };
}

/** A key or password. Absent by default, never printed. */
export function secretText(doc: string): Field<Secret | undefined> {
  return {
    doc,
    accepts: 'up to 500 printable characters',
    fallback: undefined,
    show: (value) => (value === undefined ? '' : '[redacted]'),
    parse(raw) {
      if (!/^[\x21-\x7e]{1,500}$/.test(raw)) throw new Error('must be up to 500 printable characters');
      return new Secret(raw);
    },
  };
}
