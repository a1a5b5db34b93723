/** The hash of an L1 action: what its signature commits to. */
import { encode } from '@msgpack/msgpack';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { fromHex } from './typed_data.ts';

const uint64 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
};

/** Action as msgpack, maps in the object's key order, integers in their shortest form. */
export const packAction = (action: object): Uint8Array => encode(action);

/**
 * keccak of msgpack(action), nonce, vault marker and expiry.
 * @param action in canonical field order
 * @param nonce ms
 * @param vaultAddress lower-case, or null when the account acts for itself
 * @param expiresAfter ms, or null
 */
export function actionHash(
  action: object,
  nonce: number,
  vaultAddress: string | null,
  expiresAfter: number | null,
): Uint8Array {
  const hash = keccak_256.create().update(packAction(action)).update(uint64(nonce));
  if (vaultAddress === null) hash.update(Uint8Array.of(0));
  else hash.update(Uint8Array.of(1)).update(fromHex(vaultAddress));
  if (expiresAfter !== null) hash.update(Uint8Array.of(0)).update(uint64(expiresAfter));
  return hash.digest();
}
