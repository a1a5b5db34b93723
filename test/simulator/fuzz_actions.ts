/** Random /exchange envelopes: every action that the venue knows, signed as it will read them, signed wrongly, unsigned. */
import { createRequire } from 'node:module';
import { canonicalL1 } from '../../src/simulator/exchange/l1_actions.ts';
import { canonicalUserSigned } from '../../src/simulator/exchange/user_actions.ts';
import { actionHash } from '../../src/simulator/signing/action_hash.ts';
import { addressOf } from '../../src/simulator/signing/recover.ts';
import { agentDigest, toHex, userDigest } from '../../src/simulator/signing/typed_data.ts';
import type { L1Action, UserAction } from '../../src/simulator/venue/actions.ts';
import type { Draw } from './fuzz_values.ts';

interface Curve {
  ecdsaSign(digest: Uint8Array, key: Uint8Array): { signature: Uint8Array; recid: number };
  publicKeyCreate(key: Uint8Array, compressed: boolean): Uint8Array;
}
const curve = createRequire(import.meta.url)('secp256k1') as Curve;
const keyOf = (byte: number) => new Uint8Array(32).fill(byte);
const addressOfKey = (key: Uint8Array) => addressOf(curve.publicKeyCreate(key, false));
const KEY = keyOf(0x61);
const AGENT_KEY = keyOf(0x62);
/** The account in whose name the signed requests are made, and the agent that it approves now and then. */
export const FUZZ_ACCOUNT = addressOfKey(KEY);
export const FUZZ_AGENT = addressOfKey(AGENT_KEY);
/** Another account with money. */
export const FUZZ_OTHER = `0x${'7'.repeat(40)}`;

type Fields = Record<string, unknown>;
type Makers = Readonly<Record<L1Action['type'] | UserAction['type'], (draw: Draw) => Fields>>;

const address = (d: Draw) => d.or(d.address);
const asset = (d: Draw) => d.or(() => d.pick([0, 1, 2, 5, 110_000, 110_001, 10_000]));
const oid = (d: Draw) =>
  d.or(() => (d.chance(0.5) ? d.openOrder() : d.pick([1, 1_000_000 + d.int(5000), d.cloid()])));
const bool = (d: Draw) => d.or(() => d.chance(0.5));
const price = (d: Draw) =>
  d.or(() =>
    d.pick([
      '113000',
      '100000',
      '120000',
      '4300',
      '183',
      '1',
      '0',
      '0.1',
      '113000.5',
      '99999999999',
      '0.000001',
    ]),
  );
const size = (d: Draw) =>
  d.or(() => d.pick(['0.001', '0.01', '1', '1000', '0', '0.00001', '123456789', '0.000000001']));
const usd = (d: Draw) => d.or(() => d.pick([5, 1_000_000, 1e8, 0, 2 ** 53 - 1]));
const amount = (d: Draw) =>
  d.or(() => d.pick(['1', '10.5', '0.000001', '0', '1000000000000', '1 subaccount:0x00']));
const name = (d: Draw) => d.or(() => d.pick(['fuzz', '', 'x'.repeat(17), '__proto__']));
const dex = (d: Draw) => d.or(() => d.pick(['', 'xyz', 'spot', 'nope']));
const token = (d: Draw) => d.or(() => d.pick(['USDC', 'PURR', 'USDC:0x00']));

/** Prices near the oracle and sizes of a few hundred dollars: orders that rest, match, and can be modified. */
const NEAR: readonly (readonly [asset: number, prices: readonly string[], sizes: readonly string[]])[] = [
  [0, ['100000', '111000', '112500', '113000', '113500', '115000', '120000'], ['0.002', '0.05']],
  [1, ['3500', '4200', '4290', '4300', '4310', '4400', '5000'], ['0.05', '1']],
  [5, ['150', '180', '182.9', '183', '183.1', '186', '200'], ['1', '25']],
];

function nearOrder(d: Draw): Fields {
  const [a, prices, sizes] = d.pick(NEAR);
  return {
    ...{ a, b: d.chance(0.5), p: d.pick(prices), s: d.pick(sizes), r: d.chance(0.1) },
    t: { limit: { tif: d.pick(['Gtc', 'Gtc', 'Gtc', 'Ioc', 'Alo']) } },
    ...(d.chance(0.3) ? { c: d.cloid() } : {}),
  };
}

function order(d: Draw): Fields {
  if (d.chance(0.5)) return nearOrder(d);
  return {
    a: asset(d),
    b: bool(d),
    p: price(d),
    s: size(d),
    r: bool(d),
    t: d.or(() =>
      d.chance(0.7)
        ? { limit: { tif: d.or(() => d.pick(['Gtc', 'Ioc', 'Alo', 'FrontendMarket'])) } }
        : { trigger: { isMarket: bool(d), triggerPx: price(d), tpsl: d.or(() => d.pick(['tp', 'sl'])) } },
    ),
    ...(d.chance(0.3) ? { c: d.or(() => d.cloid()) } : {}),
  };
}
const orders = (d: Draw) => Array.from({ length: d.int(4) }, () => order(d));
const grouping = (d: Draw) => d.or(() => d.pick(['na', 'na', 'na', 'normalTpsl', 'positionTpsl', { p: 7 }]));
const sending = (d: Draw) => ({
  destination: address(d),
  sourceDex: dex(d),
  destinationDex: dex(d),
  token: token(d),
});

const MAKERS: Makers = {
  order: (d) => ({
    orders: d.or(() => orders(d)),
    grouping: grouping(d),
    ...(d.chance(0.1) ? { builder: d.or(() => ({ b: address(d), f: d.or(() => d.int(200)) })) } : {}),
  }),
  cancel: (d) => ({
    cancels: d.or(() => [
      { a: asset(d), o: d.or(() => (d.chance(0.2) ? d.openOrder() : 1_000_000 + d.int(5000))) },
    ]),
  }),
  cancelByCloid: (d) => ({ cancels: d.or(() => [{ asset: asset(d), cloid: d.or(() => d.cloid()) }]) }),
  modify: (d) => ({ oid: oid(d), order: order(d) }),
  batchModify: (d) => ({ modifies: d.or(() => [{ oid: oid(d), order: order(d) }]) }),
  scheduleCancel: (d) => (d.chance(0.2) ? {} : { time: d.time() }),
  updateLeverage: (d) => ({ asset: asset(d), isCross: bool(d), leverage: d.or(() => d.int(60)) }),
  updateIsolatedMargin: (d) => ({
    asset: asset(d),
    isBuy: bool(d),
    ntli: d.or(() => d.pick([1e6, 5e6, -1e6, d.int(2e9) - 1e9])),
  }),
  topUpIsolatedOnlyMargin: (d) => ({
    asset: asset(d),
    leverage: d.or(() => d.pick(['1', '2.5', '0', '-3'])),
  }),
  twapOrder: (d) => ({
    twap: {
      a: asset(d),
      b: bool(d),
      s: size(d),
      r: bool(d),
      m: d.or(() => d.pick([5, 30, 20_000])),
      t: bool(d),
    },
    ...(d.chance(0.3)
      ? { details: d.or(() => ({ t: d.or(() => ({ p: price(d), a: bool(d) })), s: d.or(() => price(d)) })) }
      : {}),
  }),
  twapCancel: (d) => ({ a: asset(d), t: d.or(() => 1 + d.int(200)) }),
  createVault: (d) => ({ name: name(d), description: name(d), initialUsd: usd(d), nonce: d.or(() => 5) }),
  vaultTransfer: (d) => ({ vaultAddress: address(d), isDeposit: bool(d), usd: usd(d) }),
  vaultModify: (d) => ({ vaultAddress: address(d), allowDeposits: bool(d), alwaysCloseOnWithdraw: bool(d) }),
  vaultDistribute: (d) => ({ vaultAddress: address(d), usd: usd(d) }),
  createSubAccount: (d) => ({ name: name(d) }),
  subAccountModify: (d) => ({ subAccountUser: address(d), name: name(d) }),
  subAccountTransfer: (d) => ({ subAccountUser: address(d), isDeposit: bool(d), usd: usd(d) }),
  subAccountSpotTransfer: (d) => ({
    subAccountUser: address(d),
    isDeposit: bool(d),
    token: token(d),
    amount: amount(d),
  }),
  setReferrer: (d) => ({ code: name(d) }),
  registerReferrer: (d) => ({ code: name(d) }),
  setDisplayName: (d) => ({ displayName: name(d) }),
  reserveRequestWeight: (d) => ({
    weight: d.or(() => d.int(1000)),
    ...(d.chance(0.3) ? { destination: address(d) } : {}),
  }),
  agentSetAbstraction: (d) => ({ abstraction: d.or(() => d.pick(['i', 'u', 'p'])) }),
  agentEnableDexAbstraction: () => ({}),
  agentSendAsset: (d) => ({
    ...sending(d),
    amount: amount(d),
    fromSubAccount: d.or(() => ''),
    nonce: d.or(() => 5),
  }),
  noop: () => ({}),
  claimRewards: () => ({}),
  evmUserModify: (d) => ({ usingBigBlocks: bool(d) }),
  spotUser: (d) => ({ toggleSpotDusting: d.or(() => ({ optOut: bool(d) })) }),
  approveAgent: (d) => ({ agentAddress: d.or(() => d.pick([FUZZ_AGENT, FUZZ_OTHER])), agentName: name(d) }),
  approveBuilderFee: (d) => ({
    maxFeeRate: d.or(() => d.pick(['0.001%', '0.1%', '5%', '%'])),
    builder: address(d),
  }),
  usdSend: (d) => ({ destination: address(d), amount: amount(d) }),
  withdraw3: (d) => ({ destination: address(d), amount: amount(d) }),
  spotSend: (d) => ({ destination: address(d), token: token(d), amount: amount(d) }),
  usdClassTransfer: (d) => ({ amount: amount(d), toPerp: bool(d) }),
  sendAsset: (d) => ({ ...sending(d), amount: amount(d), fromSubAccount: d.or(() => '') }),
  userSetAbstraction: (d) => ({
    user: address(d),
    abstraction: d.or(() => d.pick(['unifiedAccount', 'portfolioMargin', 'disabled', 'default'])),
  }),
  userDexAbstraction: (d) => ({ user: address(d), enabled: bool(d) }),
  userPortfolioMargin: (d) => ({ user: address(d), enabled: bool(d) }),
};

const TYPES = Object.keys(MAKERS) as (keyof Makers)[];
const TIMED: ReadonlySet<string> = new Set(['usdSend', 'withdraw3', 'spotSend']);
const USER_SIGNED: ReadonlySet<string> = new Set<UserAction['type']>([
  'approveAgent',
  'approveBuilderFee',
  'usdSend',
  'withdraw3',
  'spotSend',
  'usdClassTransfer',
  'sendAsset',
  'userSetAbstraction',
  'userDexAbstraction',
  'userPortfolioMargin',
]);
/** Every type of action that the envelopes below carry. */
export const FUZZ_ACTION_TYPES: readonly string[] = TYPES;

function sign(digest: Uint8Array, key: Uint8Array): unknown {
  const { signature, recid } = curve.ecdsaSign(digest, key);
  return { r: toHex(signature.subarray(0, 32)), s: toHex(signature.subarray(32)), v: 27 + recid };
}

/** What the venue will recover the signer from; something else where it will not understand the action. */
function digestOf(action: Fields, nonce: number, vault: string | null, expires: number | null): Uint8Array {
  try {
    const user = canonicalUserSigned(action);
    if (user !== undefined) return userDigest(user.primaryType, user.fields, user.message, 0x66eeen);
    return agentDigest('a', actionHash(canonicalL1(action) ?? action, nonce, vault, expires));
  } catch {
    return new Uint8Array(32).fill(1);
  }
}

/** An envelope: half of them orders, cancels and modifies, the others of every type. @param nonce ms */
export function fuzzedEnvelope(d: Draw, nonce: number): Fields {
  const type = d.chance(0.5)
    ? d.pick(['order', 'order', 'order', 'cancel', 'modify'] as const)
    : d.pick(TYPES);
  const made = MAKERS[type](d);
  const own = USER_SIGNED.has(type)
    ? {
        hyperliquidChain: d.or(() => d.pick(['Mainnet', 'Testnet'])),
        signatureChainId: d.or(() => '0x66eee'),
        [TIMED.has(type) ? 'time' : 'nonce']: nonce,
      }
    : {};
  const action: Fields = {
    type: d.rarely(() => d.pick(['fly', 'constructor', 'toString']), type),
    ...made,
    ...own,
  };
  const sent = d.or(() => nonce);
  const vault = d.chance(0.03) ? address(d) : undefined;
  const expires = d.chance(0.05) ? d.time() : undefined;
  const key = d.chance(0.1) ? AGENT_KEY : KEY;
  const digest = digestOf(
    action,
    typeof sent === 'number' && Number.isSafeInteger(sent) && sent >= 0 ? sent : 0,
    typeof vault === 'string' && /^0x[0-9a-f]{40}$/i.test(vault) ? vault.toLowerCase() : null,
    typeof expires === 'number' && Number.isSafeInteger(expires) && expires >= 0 ? expires : null,
  );
  return {
    action: d.or(() => action),
    nonce: sent,
    ...(d.chance(0.05) ? {} : { signature: d.or(() => sign(digest, key)) }),
    ...(vault === undefined ? {} : { vaultAddress: vault }),
    ...(expires === undefined ? {} : { expiresAfter: expires }),
  };
}
