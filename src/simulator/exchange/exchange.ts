/** POST /exchange: from the received envelope to the venue's answer. */

import type { Address } from '../../domain/address.ts';
import { actionHash } from '../signing/action_hash.ts';
import { recoverSigner, type Signature } from '../signing/recover.ts';
import { agentDigest, type Source, userDigest } from '../signing/typed_data.ts';
import type { ActionAnswer, SignedRequest } from '../venue/actions.ts';
import { type Fields, undeserialisable } from '../wire/backend.ts';
import { canonicalL1 } from './l1_actions.ts';
import { address, literal, object, optional, type Rule, unsigned } from './rules.ts';
import { canonicalUserSigned } from './user_actions.ts';

/** Which network's signatures are accepted. SDKs sign for testnet at any address that is not mainnet's own. */
export type AcceptedNetwork = 'mainnet' | 'testnet' | 'either';

export interface EnvelopeOptions {
  readonly network: AcceptedNetwork;
  /** True for an account or an agent of one: tells which network a signature was made for. */
  readonly isKnown: (signer: Address) => boolean;
}

/** The signed request in an envelope, or the refusal of one whose signer is nobody. @throws RequestRefused 422 */
export type EnvelopeReader = (envelope: Fields) => SignedRequest | ActionAnswer;

const refusal = (response: string): ActionAnswer => ({ status: 'err', response });
const UNRECOVERABLE = refusal('Unable to recover signer.');
const OTHER_NETWORK = refusal('Mainnet and testnet require different signature.');
const NONCE_MISMATCH = refusal('Nonce mismatch.');

const SCALAR = /^0x[0-9a-f]{1,64}$/i;
/** 32 bytes; senders may leave out leading zeros. */
const scalar: Rule<Uint8Array> = (value) => {
  if (typeof value !== 'string' || !SCALAR.test(value)) throw undeserialisable('expected a signature');
  return new Uint8Array(Buffer.from(value.slice(2).padStart(64, '0'), 'hex'));
};
const signatureRule: Rule<Signature> = object({ r: scalar, s: scalar, v: unsigned });
const envelopeRule = object({
  nonce: unsigned,
  signature: signatureRule,
  vaultAddress: optional(address),
  expiresAfter: optional(unsigned),
});
const chainIdRule: Rule<bigint> = (value) => {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{1,16}$/i.test(value))
    throw undeserialisable('expected a hex chain id');
  return BigInt(value);
};
const chainOf = object({ hyperliquidChain: literal('Mainnet', 'Testnet'), signatureChainId: chainIdRule });

const SOURCES: Readonly<Record<AcceptedNetwork, readonly Source[]>> = {
  mainnet: ['a'],
  testnet: ['b'],
  either: ['a', 'b'],
};

/** The handler of /exchange. It rejects with RequestRefused for what the deserialiser refuses. */
export const exchangeHandler =
  (read: EnvelopeReader, submit: (request: SignedRequest) => Promise<ActionAnswer>) =>
  async (envelope: Fields): Promise<ActionAnswer> => {
    const request = read(envelope);
    return 'signer' in request ? submit(request) : request;
  };

export function envelopeReader(options: EnvelopeOptions): EnvelopeReader {
  let preferred: Source = 'a';

  /** With both networks accepted, the one whose signer is known; the last one that worked is tried first. */
  const l1Signer = (hash: Uint8Array, signature: Signature): Address | undefined => {
    const sources = SOURCES[options.network];
    const ordered = sources.length > 1 && preferred === 'b' ? sources.toReversed() : sources;
    let stranger: Address | undefined;
    for (const source of ordered) {
      const signer = recoverSigner(agentDigest(source, hash), signature);
      if (signer === undefined) continue;
      if (options.isKnown(signer)) {
        preferred = source;
        return signer;
      }
      stranger ??= signer;
    }
    return stranger;
  };

  return (received) => {
    const envelope = envelopeRule(received);
    const action = received['action'] as Fields;
    const vaultAddress = (envelope.vaultAddress ?? null) as Address | null;
    const expiresAfter = envelope.expiresAfter ?? null;
    const { nonce, signature } = envelope;

    const userSigned = canonicalUserSigned(action);
    if (userSigned !== undefined) {
      const { signatureChainId } = chainOf(action);
      if (options.network !== 'either' && userSigned.chain.toLowerCase() !== options.network)
        return OTHER_NETWORK;
      if (userSigned.nonce !== nonce) return NONCE_MISMATCH;
      const digest = userDigest(
        userSigned.primaryType,
        userSigned.fields,
        userSigned.message,
        signatureChainId,
      );
      const signer = recoverSigner(digest, signature);
      if (signer === undefined) return UNRECOVERABLE;
      return { signer, action: userSigned.action, nonce, vaultAddress: null, expiresAfter: null };
    }

    const l1 = canonicalL1(action);
    if (l1 === undefined) throw undeserialisable('unknown action type');
    const signer = l1Signer(actionHash(l1, nonce, vaultAddress, expiresAfter), signature);
    if (signer === undefined) return UNRECOVERABLE;
    return { signer, action: l1, nonce, vaultAddress, expiresAfter };
  };
}
