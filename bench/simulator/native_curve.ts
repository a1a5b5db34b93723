import { createRequire } from 'node:module';

interface NativeCurve {
  ecdsaSign(digest: Uint8Array, key: Uint8Array): { signature: Uint8Array; recid: number };
  publicKeyCreate(key: Uint8Array, compressed: boolean): Uint8Array;
}

/** The native curve library, which comes without type declarations. */
export const nativeCurve = createRequire(import.meta.url)('secp256k1') as NativeCurve;
