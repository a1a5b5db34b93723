/** Readers of request fields; each throws the 422 that the venue's deserialiser would. */
import type { Address } from '../../domain/address.ts';
import { type Fields, undeserialisable } from './backend.ts';

const missing = (name: string) => undeserialisable(`missing field \`${name}\``);
const invalid = (name: string, expected: string) =>
  undeserialisable(`invalid value for \`${name}\`, expected ${expected}`);

const present = (value: unknown): boolean => value !== undefined && value !== null;

export function text(request: Fields, name: string): string {
  const value = request[name];
  if (!present(value)) throw missing(name);
  if (typeof value !== 'string') throw invalid(name, 'a string');
  return value;
}

/** A text that may be absent or null. */
export function optionalText(request: Fields, name: string): string | undefined {
  return present(request[name]) ? text(request, name) : undefined;
}

/** A whole number of 0 or more that may be absent or null. */
export function optionalInteger(request: Fields, name: string): number | undefined {
  const value = request[name];
  if (!present(value)) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw invalid(name, 'u64');
  return value;
}

export function integer(request: Fields, name: string): number {
  const value = optionalInteger(request, name);
  if (value === undefined) throw missing(name);
  return value;
}

/** A boolean that may be absent or null: then false. */
export function flag(request: Fields, name: string): boolean {
  const value = request[name];
  if (!present(value)) return false;
  if (typeof value !== 'boolean') throw invalid(name, 'a boolean');
  return value;
}

const ADDRESS = /^0x[0-9a-f]{40}$/;

/** An address in any case, as lower-case. */
export function address(request: Fields, name: string): Address {
  const value = text(request, name).toLowerCase();
  if (!ADDRESS.test(value)) throw invalid(name, 'an address');
  return value as Address;
}

/** An object. */
export function nested(request: Fields, name: string): Fields {
  const value = request[name];
  if (!present(value)) throw missing(name);
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid(name, 'an object');
  return value as Fields;
}
