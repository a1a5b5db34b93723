/** EIP-712 hashing of the two domains that the venue signs in. Written apart from any client's code. */
import { keccak_256 } from '@noble/hashes/sha3.js';

export type FieldType = 'string' | 'address' | 'uint64' | 'bool' | 'bytes32';
export type TypedField = readonly [name: string, type: FieldType];

const encoder = new TextEncoder();
const hashText = (text: string): Uint8Array => keccak_256(encoder.encode(text));

/** 0x-hex to bytes. */
export const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.slice(2), 'hex'));
export const toHex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;

function word(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setBigUint64(24, BigInt.asUintN(64, value));
  return bytes;
}

function encodeField(type: FieldType, value: unknown): Uint8Array {
  switch (type) {
    case 'string':
      return hashText(String(value));
    case 'address': {
      const bytes = new Uint8Array(32);
      bytes.set(fromHex(String(value)), 12);
      return bytes;
    }
    case 'uint64':
      return word(BigInt(Number(value)));
    case 'bool':
      return word(value === true ? 1n : 0n);
    case 'bytes32':
      return fromHex(String(value));
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

const DOMAIN_TYPE = hashText(
  'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)',
);

function domainSeparator(name: string, chainId: bigint): Uint8Array {
  const zeroContract = new Uint8Array(32);
  return keccak_256(concat([DOMAIN_TYPE, hashText(name), hashText('1'), word(chainId), zeroContract]));
}

function structHash(typeHash: Uint8Array, fields: readonly TypedField[], message: Fields): Uint8Array {
  return keccak_256(concat([typeHash, ...fields.map(([name, type]) => encodeField(type, message[name]))]));
}

type Fields = Readonly<Record<string, unknown>>;

const typeText = (primaryType: string, fields: readonly TypedField[]): string =>
  `${primaryType}(${fields.map(([name, type]) => `${type} ${name}`).join(',')})`;

const signable = (domain: Uint8Array, struct: Uint8Array): Uint8Array =>
  keccak_256(concat([Uint8Array.of(0x19, 0x01), domain, struct]));

const AGENT_FIELDS: readonly TypedField[] = [
  ['source', 'string'],
  ['connectionId', 'bytes32'],
];
const AGENT_TYPE = hashText(typeText('Agent', AGENT_FIELDS));
const EXCHANGE_DOMAIN = domainSeparator('Exchange', 1337n);

/** Network letter of an L1 signature: "a" mainnet, "b" testnet. */
export type Source = 'a' | 'b';

/** What is signed for an L1 action. @param connectionId hash of the action, 32 bytes */
export function agentDigest(source: Source, connectionId: Uint8Array): Uint8Array {
  const struct = keccak_256(concat([AGENT_TYPE, hashText(source), connectionId]));
  return signable(EXCHANGE_DOMAIN, struct);
}

/**
 * What is signed for a user-signed action.
 * @param name type name without its prefix, for example "UsdSend"
 * @param chainId of the wallet, as the action names it
 */
export function userDigest(
  name: string,
  fields: readonly TypedField[],
  message: Fields,
  chainId: bigint,
): Uint8Array {
  const typeHash = hashText(typeText(`HyperliquidTransaction:${name}`, fields));
  return signable(
    domainSeparator('HyperliquidSignTransaction', chainId),
    structHash(typeHash, fields, message),
  );
}
