/** Who signed: the address behind a digest and a signature. Native code where it loads, else pure JavaScript. */
import { createRequire } from 'node:module';
import { keccak_256 } from '@noble/hashes/sha3.js';
import * as noble from '@noble/secp256k1';
import type { Address } from '../../domain/address.ts';
import { toHex } from './typed_data.ts';

export interface Signature {
  /** 32 bytes each. */
  readonly r: Uint8Array;
  readonly s: Uint8Array;
  /** 27 or 28. */
  readonly v: number;
}

interface NativeCurve {
  ecdsaRecover(signature: Uint8Array, recovery: number, message: Uint8Array, compressed: boolean): Uint8Array;
}

type RecoverKey = (digest: Uint8Array, signature: Uint8Array, recovery: number) => Uint8Array;

/** Uncompressed public key (65 bytes). @throws Error when no key fits */
const withNoble: RecoverKey = (digest, signature, recovery) => {
  const bytes = new Uint8Array(65);
  bytes[0] = recovery;
  bytes.set(signature, 1);
  const compressed = noble.recoverPublicKey(bytes, digest, { prehash: false });
  return noble.Point.fromBytes(compressed).toBytes(false);
};

function loadNative(): RecoverKey | undefined {
  try {
    const native = createRequire(import.meta.url)('secp256k1/bindings.js') as NativeCurve;
    return (digest, signature, recovery) => native.ecdsaRecover(signature, recovery, digest, false);
  } catch {
    // No binary for this platform: the pure one does the same, some ten times slower.
    return undefined;
  }
}

const native = loadNative();

/** For tests: both implementations by name; `native` is absent where its binary did not load. */
export const RECOVERIES: Readonly<Record<string, RecoverKey>> =
  native === undefined ? { noble: withNoble } : { noble: withNoble, native };

const recoverKey = native ?? withNoble;

/** The signer's address, or undefined when the signature fits no key. */
export function recoverSigner(digest: Uint8Array, signature: Signature): Address | undefined {
  const recovery = signature.v - 27;
  if (recovery !== 0 && recovery !== 1) return undefined;
  const bytes = new Uint8Array(64);
  bytes.set(signature.r);
  bytes.set(signature.s, 32);
  try {
    return addressOf(recoverKey(digest, bytes, recovery));
  } catch {
    return undefined;
  }
}

/** Address of an uncompressed public key: the last 20 bytes of the keccak of its coordinates. */
export const addressOf = (publicKey: Uint8Array): Address =>
  toHex(keccak_256(publicKey.subarray(1)).subarray(12)) as Address;
