/** Random things that can happen to a venue, as data that fast-check can shrink. */
import fc from 'fast-check';
import { type Address, parseAddress } from '../../src/domain/address.ts';
import { formatLots, formatTicks, type Lots, type MicroUsd, type Ticks } from '../../src/domain/money.ts';
import { gridPx } from '../../src/simulator/agents/market_makers.ts';
import type { Action, OrderWire, Tif } from '../../src/simulator/venue/actions.ts';
import type { Account, Market } from '../../src/simulator/venue/state.ts';
import type { SimulatedVenue } from '../../src/simulator/venue/venue.ts';

export const USERS = 5;
export const MAKER: Address = parseAddress(`0x${'f1'.repeat(20)}`);
export const userAddress = (i: number): Address =>
  parseAddress(`0x${(i + 0xa0).toString(16).padStart(40, '0')}`);

interface OrderStep {
  readonly coin: number;
  readonly isBuy: boolean;
  /** 1e-4 of the mark. */
  readonly offset: number;
  /** 1e-3 of what the account's deposit buys at 10 x. */
  readonly share: number;
  readonly tif: Tif;
  readonly reduceOnly: boolean;
}

export type Step =
  | ({ readonly kind: 'order'; readonly user: number } & OrderStep)
  | ({ readonly kind: 'modify'; readonly user: number; readonly nth: number } & OrderStep)
  | { readonly kind: 'cancel'; readonly user: number; readonly nth: number }
  | {
      readonly kind: 'trigger';
      readonly user: number;
      readonly coin: number;
      readonly isBuy: boolean;
      readonly offset: number;
      readonly tpsl: 'tp' | 'sl';
      readonly isMarket: boolean;
      readonly grouping: 'na' | 'positionTpsl';
    }
  | ({ readonly kind: 'bracket'; readonly user: number } & OrderStep)
  | {
      readonly kind: 'leverage';
      readonly user: number;
      readonly coin: number;
      readonly isCross: boolean;
      readonly leverage: number;
    }
  | { readonly kind: 'margin'; readonly user: number; readonly coin: number; readonly usd: number }
  | { readonly kind: 'move'; readonly coin: number; readonly by: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | {
      readonly kind: 'twap';
      readonly user: number;
      readonly coin: number;
      readonly isBuy: boolean;
      readonly share: number;
      readonly reduceOnly: boolean;
    }
  | {
      readonly kind: 'money';
      readonly user: number;
      readonly to: number;
      readonly usd: number;
      readonly how: 'withdraw' | 'send' | 'spot' | 'perp' | 'dex' | 'sub' | 'vault' | 'vaultOut' | 'deposit';
    }
  | { readonly kind: 'unify'; readonly user: number; readonly on: boolean }
  | {
      readonly kind: 'force';
      readonly user: number;
      readonly coin: number;
      readonly how: 'market' | 'backstop' | 'adl';
    }
  /** The rich maker quotes both sides of a coin again. */
  | { readonly kind: 'ladder'; readonly coin: number; readonly lots: number }
  | { readonly kind: 'delist'; readonly coin: number }
  | { readonly kind: 'schedule'; readonly user: number };

const user = fc.nat(USERS - 1);
const coin = fc.constantFrom(0, 0, 0, 1, 2);
const orderFields = {
  coin,
  isBuy: fc.boolean(),
  offset: fc.integer({ min: -60, max: 60 }),
  share: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 300, max: 2500 })),
  tif: fc.constantFrom<Tif>('Gtc', 'Gtc', 'Ioc', 'Ioc', 'Alo', 'FrontendMarket'),
  reduceOnly: fc.constantFrom(false, false, false, true),
};

export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('order' as const), user, ...orderFields }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('modify' as const), user, nth: fc.nat(5), ...orderFields }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), user, nth: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('trigger' as const),
      user,
      coin,
      isBuy: fc.boolean(),
      offset: fc.integer({ min: -500, max: 500 }),
      tpsl: fc.constantFrom('tp' as const, 'sl' as const),
      isMarket: fc.boolean(),
      grouping: fc.constantFrom('na' as const, 'positionTpsl' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('bracket' as const), user, ...orderFields }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('leverage' as const),
      user,
      coin,
      isCross: fc.boolean(),
      leverage: fc.integer({ min: 1, max: 40 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('margin' as const),
      user,
      coin,
      usd: fc.integer({ min: -5_000, max: 5_000 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('move' as const),
      coin,
      by: fc.oneof(fc.integer({ min: -200, max: 200 }), fc.integer({ min: -1800, max: 1800 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(70, 5_000, 31_000, 3_600_000, 86_400_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('twap' as const),
      user,
      coin,
      isBuy: fc.boolean(),
      share: fc.integer({ min: 10, max: 900 }),
      reduceOnly: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('money' as const),
      user,
      to: user,
      usd: fc.integer({ min: 1, max: 30_000 }),
      how: fc.constantFrom(
        'withdraw',
        'send',
        'spot',
        'perp',
        'dex',
        'sub',
        'vault',
        'vaultOut',
        'deposit',
      ) as fc.Arbitrary<
        'withdraw' | 'send' | 'spot' | 'perp' | 'dex' | 'sub' | 'vault' | 'vaultOut' | 'deposit'
      >,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unify' as const), user, on: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('force' as const),
      user,
      coin,
      how: fc.constantFrom('market' as const, 'backstop' as const, 'adl' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('schedule' as const), user }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('ladder' as const),
      coin,
      lots: fc.integer({ min: 1, max: 400 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delist' as const), coin }) },
);

const DEPOSIT_USD = 100_000;

function orderWire(market: Market, step: OrderStep): OrderWire {
  const px = gridPx(market, market.mark * (1 + step.offset / 10_000), step.isBuy);
  const lots = Math.max(1, Math.floor((DEPOSIT_USD * 1e6 * 10 * step.share) / 1000 / market.mark));
  return {
    a: market.assetId,
    b: step.isBuy,
    p: formatTicks(px, market.szDecimals),
    s: formatLots(lots as Lots, market.szDecimals),
    r: step.reduceOnly,
    t: { limit: { tif: step.tif } },
  };
}

function triggerWire(
  market: Market,
  isBuy: boolean,
  offset: number,
  tpsl: 'tp' | 'sl',
  isMarket: boolean,
  lots: number,
): OrderWire {
  const px = formatTicks(gridPx(market, market.mark * (1 + offset / 10_000), isBuy), market.szDecimals);
  return {
    a: market.assetId,
    b: isBuy,
    p: px,
    s: formatLots(lots as Lots, market.szDecimals),
    r: true,
    t: { trigger: { isMarket, triggerPx: px, tpsl } },
  };
}

const nthOpen = (account: Account | undefined, nth: number) => {
  const open = [...(account?.open.values() ?? [])];
  return open.length === 0 ? undefined : open[nth % open.length];
};

const usdText = (usd: number): string => `${usd}.25`;

function tradingAction(venue: SimulatedVenue, step: Step, market: Market): Action | null {
  const account = 'user' in step ? venue.state.accounts.get(userAddress(step.user)) : undefined;
  switch (step.kind) {
    case 'order':
      return { type: 'order', orders: [orderWire(market, step)], grouping: 'na' };
    case 'bracket': {
      const parent = { ...orderWire(market, step), r: false };
      const exit = triggerWire(market, !step.isBuy, step.isBuy ? -300 : 300, 'sl', true, 1);
      const gain = triggerWire(market, !step.isBuy, step.isBuy ? 300 : -300, 'tp', true, 1);
      return {
        type: 'order',
        orders: [parent, { ...exit, s: parent.s }, { ...gain, s: parent.s }],
        grouping: 'normalTpsl',
      };
    }
    case 'modify': {
      const order = nthOpen(account, step.nth);
      if (!order) return null;
      return { type: 'batchModify', modifies: [{ oid: order.oid, order: orderWire(order.market, step) }] };
    }
    case 'cancel': {
      const order = nthOpen(account, step.nth);
      return order ? { type: 'cancel', cancels: [{ a: order.market.assetId, o: order.oid }] } : null;
    }
    case 'trigger': {
      const held = Math.abs(account?.positions.get(market.index)?.szi ?? 0);
      const wire = triggerWire(market, step.isBuy, step.offset, step.tpsl, step.isMarket, Math.max(1, held));
      return { type: 'order', orders: [wire], grouping: step.grouping };
    }
    case 'leverage':
      return {
        type: 'updateLeverage',
        asset: market.assetId,
        isCross: step.isCross,
        leverage: step.leverage,
      };
    case 'margin':
      return { type: 'updateIsolatedMargin', asset: market.assetId, isBuy: true, ntli: step.usd * 1_000_000 };
    case 'twap': {
      const { p: _, t: __, ...size } = orderWire(market, { ...step, offset: 0, tif: 'Ioc' });
      return {
        type: 'twapOrder',
        twap: { a: size.a, b: size.b, s: size.s, r: step.reduceOnly, m: 5, t: step.share % 2 === 0 },
      };
    }
    case 'schedule':
      return { type: 'scheduleCancel', time: venue.time + 6_000 };
    default:
      return null;
  }
}

function moneyAction(venue: SimulatedVenue, step: Extract<Step, { kind: 'money' }>): Action | null {
  const account = venue.state.accounts.get(userAddress(step.user));
  const destination = userAddress(step.to);
  const amount = usdText(step.usd);
  const vault = venue.query.vaultAddresses()[0];
  switch (step.how) {
    case 'withdraw':
      return { type: 'withdraw3', destination, amount };
    case 'send':
      return { type: 'usdSend', destination, amount };
    case 'spot':
    case 'perp':
      return { type: 'usdClassTransfer', amount, toPerp: step.how === 'perp' };
    case 'dex':
      return {
        type: 'sendAsset',
        destination,
        sourceDex: '',
        destinationDex: 'xyz',
        token: 'USDC',
        amount,
        fromSubAccount: '',
      };
    case 'sub': {
      const sub = account?.subAccounts[0];
      if (!sub) return { type: 'createSubAccount', name: 'second' };
      return {
        type: 'subAccountTransfer',
        subAccountUser: sub.address,
        isDeposit: step.usd % 3 !== 0,
        usd: step.usd * 1_000_000,
      };
    }
    case 'vault':
      if (!vault)
        return {
          type: 'createVault',
          name: 'vault',
          description: '',
          initialUsd: 200_000_000,
          nonce: venue.time,
        };
      return { type: 'vaultTransfer', vaultAddress: vault, isDeposit: true, usd: step.usd * 1_000_000 };
    case 'vaultOut':
      return vault
        ? { type: 'vaultTransfer', vaultAddress: vault, isDeposit: false, usd: step.usd * 1_000_000 }
        : null;
    case 'deposit':
      return null;
  }
}

/** Five levels a side, ten basis points apart. */
export function ladder(venue: SimulatedVenue, market: Market, share: number, nonce: number): void {
  const orders: OrderWire[] = [];
  for (let level = 1; level <= 5; level++)
    for (const isBuy of [true, false]) {
      const offset = (isBuy ? -10 : 10) * level;
      orders.push(orderWire(market, { coin: 0, isBuy, offset, share, tif: 'Gtc', reduceOnly: false }));
    }
  const action: Action = { type: 'order', orders, grouping: 'na' };
  venue.submit({ signer: MAKER, action, nonce, vaultAddress: null, expiresAfter: null }, () => {});
}

/** Coins of the proof's world stay listed except that the last may be delisted. */
function lever(venue: SimulatedVenue, step: Step, market: Market): void {
  if (step.kind === 'move') {
    const oracle = gridPx(market, Math.max(1000, market.oracle * (1 + step.by / 10_000)), true);
    venue.feedOracle([{ market, oracle: oracle as Ticks, external: oracle as Ticks }]);
  } else if (step.kind === 'force' && step.how === 'adl')
    venue.control.forceAdl(userAddress(step.user), market.symbol);
  else if (step.kind === 'force' && step.how !== 'adl')
    venue.control.forceLiquidation(userAddress(step.user), step.how);
  else if (step.kind === 'delist' && step.coin === 2) venue.control.delist(market.symbol);
  else if (step.kind === 'money' && step.how === 'deposit')
    venue.control.deposit(userAddress(step.user), (step.usd * 1_000_000) as MicroUsd);
}

/** Queues the step for the next block. @returns how long to wait before that block, ms. */
export function applyStep(venue: SimulatedVenue, step: Step, nonce: number): number {
  const market = venue.state.markets['coin' in step ? step.coin : 0] as Market;
  lever(venue, step, market);
  if (step.kind === 'ladder') ladder(venue, market, step.lots, nonce);
  const action =
    step.kind === 'money'
      ? moneyAction(venue, step)
      : step.kind === 'unify'
        ? ({ type: 'agentSetAbstraction', abstraction: step.on ? 'u' : 'i' } as const)
        : tradingAction(venue, step, market);
  if (action !== null && 'user' in step) {
    const signer = userAddress(step.user);
    venue.submit({ signer, action, nonce, vaultAddress: null, expiresAfter: null }, () => {});
  }
  return step.kind === 'wait' ? step.ms : 70;
}
