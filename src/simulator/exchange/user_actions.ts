/** User-signed actions: their typed-data fields, canonical values and what the venue executes. */

import type { TypedField } from '../signing/typed_data.ts';
import type { UserAction } from '../venue/actions.ts';
import { address, bool, literal, object, type Rule, string, unsigned } from './rules.ts';

const CHAIN: TypedField = ['hyperliquidChain', 'string'];
/** A missing or null agent name is signed as the empty text. */
const agentName: Rule<string> = (value) => (value === undefined || value === null ? '' : string(value));
const abstraction = literal('unifiedAccount', 'portfolioMargin', 'disabled', 'default', 'dexAbstraction');

interface UserType {
  /** Type name without its prefix. */
  readonly primaryType: string;
  readonly fields: readonly TypedField[];
  readonly rule: Rule<Readonly<Record<string, unknown>>>;
  /** The action's own field that repeats the nonce. */
  readonly nonceField: 'nonce' | 'time';
}

/** @param fields name, type, rule; the chain comes first and the nonce last */
function define(
  primaryType: string,
  nonceField: 'nonce' | 'time',
  fields: readonly (readonly [string, TypedField[1], Rule<unknown>])[],
): UserType {
  return {
    primaryType,
    nonceField,
    fields: [CHAIN, ...fields.map(([name, type]) => [name, type] as const), [nonceField, 'uint64']],
    rule: object({
      hyperliquidChain: literal('Mainnet', 'Testnet'),
      ...Object.fromEntries(fields.map(([name, , rule]) => [name, rule])),
      [nonceField]: unsigned,
    }),
  };
}

const TYPES: Readonly<Record<UserAction['type'], UserType>> = {
  approveAgent: define('ApproveAgent', 'nonce', [
    ['agentAddress', 'address', address],
    ['agentName', 'string', agentName],
  ]),
  approveBuilderFee: define('ApproveBuilderFee', 'nonce', [
    ['maxFeeRate', 'string', string],
    ['builder', 'address', address],
  ]),
  usdSend: define('UsdSend', 'time', [
    ['destination', 'string', address],
    ['amount', 'string', string],
  ]),
  withdraw3: define('Withdraw', 'time', [
    ['destination', 'string', address],
    ['amount', 'string', string],
  ]),
  spotSend: define('SpotSend', 'time', [
    ['destination', 'string', address],
    ['token', 'string', string],
    ['amount', 'string', string],
  ]),
  usdClassTransfer: define('UsdClassTransfer', 'nonce', [
    ['amount', 'string', string],
    ['toPerp', 'bool', bool],
  ]),
  sendAsset: define('SendAsset', 'nonce', [
    ['destination', 'string', address],
    ['sourceDex', 'string', string],
    ['destinationDex', 'string', string],
    ['token', 'string', string],
    ['amount', 'string', string],
    ['fromSubAccount', 'string', string],
  ]),
  userSetAbstraction: define('UserSetAbstraction', 'nonce', [
    ['user', 'address', address],
    ['abstraction', 'string', abstraction],
  ]),
  userPortfolioMargin: define('UserPortfolioMargin', 'nonce', [
    ['user', 'address', address],
    ['enabled', 'bool', bool],
  ]),
  userDexAbstraction: define('UserDexAbstraction', 'nonce', [
    ['user', 'address', address],
    ['enabled', 'bool', bool],
  ]),
};

const BY_TYPE: ReadonlyMap<string, UserType> = new Map(Object.entries(TYPES));

export interface UserSigned {
  readonly primaryType: string;
  readonly fields: readonly TypedField[];
  readonly message: Readonly<Record<string, unknown>>;
  readonly chain: 'Mainnet' | 'Testnet';
  /** The action's own nonce or time, which must equal the envelope's. */
  readonly nonce: number;
  readonly action: UserAction;
}

/**
 * The parts of a user-signed action, or undefined when the type is none.
 * @throws RequestRefused 422
 */
export function canonicalUserSigned(action: Readonly<Record<string, unknown>>): UserSigned | undefined {
  const type = String(action['type']);
  const found = BY_TYPE.get(type);
  if (found === undefined) return undefined;
  const message = found.rule(action);
  const { hyperliquidChain, [found.nonceField]: nonce, ...rest } = message;
  const executed = { type, ...rest, ...(rest['agentName'] === '' ? { agentName: null } : {}) };
  return {
    primaryType: found.primaryType,
    fields: found.fields,
    message,
    chain: hyperliquidChain === 'Mainnet' ? 'Mainnet' : 'Testnet',
    nonce: Number(nonce),
    // The rules above restate the fields of UserAction.
    action: executed as unknown as UserAction,
  };
}
