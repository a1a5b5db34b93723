import { DomainError } from './errors.ts';

declare const brand: unique symbol;
/** A 20-byte account address as 0x + 40 lower-case hex digits. */
export type Address = string & { readonly [brand]: 'Address' };

const ADDRESS = /^0x[0-9a-f]{40}$/;

/** @throws DomainError `BAD_ADDRESS` unless the text is 0x and 40 hex digits (any case; stored lower-case). */
export function parseAddress(text: string): Address {
  const lower = text.toLowerCase();
  if (!ADDRESS.test(lower)) {
    throw new DomainError(
      'BAD_ADDRESS',
      `not an address (0x and 40 hex digits): ${JSON.stringify(text.slice(0, 60))}`,
    );
  }
  return lower as Address;
}

export const isAddress = (text: string): text is Address => ADDRESS.test(text);
