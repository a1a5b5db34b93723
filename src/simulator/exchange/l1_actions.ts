/** Canonical form of every L1 action: one rule per type, fields in the order in which they are hashed. */
import type { L1Action } from '../venue/actions.ts';
import {
  address,
  bool,
  cloid,
  decimal,
  either,
  flag,
  list,
  literal,
  nullable,
  object,
  optional,
  orderReference,
  type Rule,
  signed,
  string,
  unsigned,
} from './rules.ts';

const orderType = either(
  object({ limit: object({ tif: literal('Gtc', 'Ioc', 'Alo', 'FrontendMarket', 'LiquidationMarket') }) }),
  object({
    trigger: object({ isMarket: bool, triggerPx: decimal, tpsl: literal('tp', 'sl') }),
  }),
);

const order = object({
  a: unsigned,
  b: bool,
  p: decimal,
  s: decimal,
  r: bool,
  t: orderType,
  c: optional(cloid),
});

const grouping = either(literal('na', 'normalTpsl', 'positionTpsl'), object({ p: unsigned }));
const type = <const T extends string>(name: T) => ({ type: literal(name) });

const RULES = {
  order: object({
    ...type('order'),
    orders: list(order),
    grouping,
    builder: optional(object({ b: address, f: unsigned })),
  }),
  cancel: object({ ...type('cancel'), cancels: list(object({ a: unsigned, o: unsigned })), f: flag }),
  cancelByCloid: object({
    ...type('cancelByCloid'),
    cancels: list(object({ asset: unsigned, cloid })),
    f: flag,
  }),
  modify: object({ ...type('modify'), oid: orderReference, order, a: flag }),
  batchModify: object({
    ...type('batchModify'),
    modifies: list(object({ oid: orderReference, order })),
    a: flag,
  }),
  scheduleCancel: object({ ...type('scheduleCancel'), time: optional(unsigned) }),
  updateLeverage: object({ ...type('updateLeverage'), asset: unsigned, isCross: bool, leverage: unsigned }),
  updateIsolatedMargin: object({
    ...type('updateIsolatedMargin'),
    asset: unsigned,
    isBuy: bool,
    ntli: signed,
  }),
  topUpIsolatedOnlyMargin: object({ ...type('topUpIsolatedOnlyMargin'), asset: unsigned, leverage: decimal }),
  twapOrder: object({
    ...type('twapOrder'),
    twap: object({ a: unsigned, b: bool, s: decimal, r: bool, m: unsigned, t: bool }),
    details: optional(object({ t: nullable(object({ p: decimal, a: bool })), s: nullable(decimal) })),
  }),
  twapCancel: object({ ...type('twapCancel'), a: unsigned, t: unsigned }),
  createVault: object({
    ...type('createVault'),
    name: string,
    description: string,
    initialUsd: unsigned,
    nonce: unsigned,
  }),
  vaultTransfer: object({ ...type('vaultTransfer'), vaultAddress: address, isDeposit: bool, usd: unsigned }),
  vaultModify: object({
    ...type('vaultModify'),
    vaultAddress: address,
    allowDeposits: nullable(bool),
    alwaysCloseOnWithdraw: nullable(bool),
  }),
  vaultDistribute: object({ ...type('vaultDistribute'), vaultAddress: address, usd: unsigned }),
  createSubAccount: object({ ...type('createSubAccount'), name: string }),
  subAccountModify: object({ ...type('subAccountModify'), subAccountUser: address, name: string }),
  subAccountTransfer: object({
    ...type('subAccountTransfer'),
    subAccountUser: address,
    isDeposit: bool,
    usd: unsigned,
  }),
  subAccountSpotTransfer: object({
    ...type('subAccountSpotTransfer'),
    subAccountUser: address,
    isDeposit: bool,
    token: string,
    amount: decimal,
  }),
  setReferrer: object({ ...type('setReferrer'), code: string }),
  registerReferrer: object({ ...type('registerReferrer'), code: string }),
  setDisplayName: object({ ...type('setDisplayName'), displayName: string }),
  reserveRequestWeight: object({
    ...type('reserveRequestWeight'),
    weight: unsigned,
    destination: optional(address),
  }),
  agentSetAbstraction: object({ ...type('agentSetAbstraction'), abstraction: literal('i', 'u', 'p') }),
  agentEnableDexAbstraction: object(type('agentEnableDexAbstraction')),
  agentSendAsset: object({
    ...type('agentSendAsset'),
    destination: address,
    sourceDex: string,
    destinationDex: string,
    token: string,
    amount: decimal,
    fromSubAccount: string,
    nonce: unsigned,
  }),
  noop: object(type('noop')),
  claimRewards: object(type('claimRewards')),
  evmUserModify: object({ ...type('evmUserModify'), usingBigBlocks: bool }),
  spotUser: object({ ...type('spotUser'), toggleSpotDusting: object({ optOut: bool }) }),
} satisfies Record<L1Action['type'], Rule<object>>;

const BY_TYPE: ReadonlyMap<string, Rule<object>> = new Map(Object.entries(RULES));

/**
 * The canonical action, or undefined when the type is not an L1 action.
 * @throws RequestRefused 422
 */
export function canonicalL1(action: Readonly<Record<string, unknown>>): L1Action | undefined {
  const rule = BY_TYPE.get(String(action['type']));
  // The rules above restate the fields of L1Action; types cannot express the key order that matters here.
  return rule === undefined ? undefined : (rule(action) as unknown as L1Action);
}
