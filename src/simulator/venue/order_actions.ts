/** Order, cancel and modify actions: wire texts to integers, batches, groupings, answers (protocol reference 4.6-4.8). */
import { DomainError } from '../../domain/errors.ts';
import { type Lots, parseLots, parseTicks, type Ticks } from '../../domain/money.ts';
import type {
  ActionAnswer,
  BuilderWire,
  Grouping,
  L1Action,
  OrderRef,
  OrderStatusAnswer,
  OrderWire,
} from './actions.ts';
import { wireDecimal } from './arithmetic.ts';
import { perpEquity } from './margin.ts';
import { cancelOrder } from './order_book_keeping.ts';
import {
  earlyRefusalText,
  type OrderSpec,
  type Placement,
  placeChild,
  placeOrder,
  priceRefusalText,
  refuse,
} from './placement.ts';
import { REJECT_TEXTS } from './reject_reasons.ts';
import type { Account, Market, Order, State } from './state.ts';
import type { ForcedRefusal } from './types.ts';

type ActionOf<T extends L1Action['type']> = Extract<L1Action, { readonly type: T }>;

const err = (response: string): ActionAnswer => ({ status: 'err', response });
const statuses = (type: string, list: readonly unknown[]): ActionAnswer => ({
  status: 'ok',
  response: { type, data: { statuses: list } },
});

const BAD_TICK = 'Price must be divisible by tick size.';
/** Largest rate of a priority fee, 1e-8. */
const MAX_PRIORITY_RATE = 100_000_000;

/** Digits beyond the coin's own are the caller's error, named as the venue names it. */
function parseWith<T>(parse: () => T, precise: string, other: string): T | string {
  try {
    return parse();
  } catch (error) {
    if (error instanceof DomainError) return error.code === 'TOO_PRECISE' ? precise : other;
    throw error;
  }
}

function parsePx(text: string, market: Market): Ticks | string {
  return parseWith(() => parseTicks(text, market.szDecimals), BAD_TICK, 'Order has invalid price.');
}

/** @returns the order in integers, or the item's error text without its asset suffix. */
function parseOrder(
  market: Market,
  wire: OrderWire,
  builder: Order['builder'],
  position: boolean,
): OrderSpec | string {
  const px = parsePx(wire.p, market);
  if (typeof px === 'string') return px;
  const sz = parseWith<Lots>(
    () => parseLots(wire.s, market.szDecimals),
    'Order has invalid size.',
    'Order has invalid size.',
  );
  if (typeof sz === 'string') return sz;
  if (sz < 0) return 'Order has invalid size.';
  if (sz === 0 && !position) return 'Order has zero size.';
  const base = {
    market,
    isBuy: wire.b,
    px,
    sz,
    reduceOnly: wire.r,
    cloid: wire.c ?? null,
    builder,
    isPositionTpsl: position,
  };
  if ('limit' in wire.t) return { ...base, tif: wire.t.limit.tif, trigger: null };
  const triggerPx = parsePx(wire.t.trigger.triggerPx, market);
  if (typeof triggerPx === 'string') return triggerPx;
  if (triggerPx <= 0) return 'Invalid TP/SL price.';
  const { isMarket, tpsl } = wire.t.trigger;
  return { ...base, tif: isMarket ? null : 'Gtc', trigger: { px: triggerPx, isMarket, tpsl } };
}

function marketError(s: State, assetId: number): string {
  if (assetId >= 10_000 && assetId < 100_000)
    return `Order has insufficient spot balance to trade. asset=${assetId}`;
  return s.markets.length === 0 ? 'Trading is halted.' : `Order has invalid asset. asset=${assetId}`;
}

function answerOf(placed: Placement): OrderStatusAnswer {
  if (placed.kind === 'error') return { error: placed.text };
  if (placed.kind === 'waitingForFill' || placed.kind === 'waitingForTrigger') return placed.kind;
  const { order } = placed;
  const ids = order.cloid === null ? { oid: order.oid } : { oid: order.oid, cloid: order.cloid };
  if (placed.kind === 'resting') return { resting: ids };
  const { market } = order;
  const average = placed.size === 0 ? 0 : Math.round((placed.notional * 10) / placed.size);
  return {
    filled: {
      totalSz: wireDecimal(placed.size, market.szDecimals),
      avgPx: wireDecimal(average, market.priceDecimals + 1),
      ...ids,
    },
  };
}

function resolveBuilder(
  s: State,
  account: Account,
  wire: BuilderWire | undefined,
): Order['builder'] | string {
  if (wire === undefined || wire.f === 0) return null;
  const { maxTenthsBp, minEquity } = s.rules.builder;
  if (wire.f > maxTenthsBp) return 'Builder fee too high.';
  const owner = account.master ?? account;
  if ((owner.builders.get(wire.b) ?? 0) < wire.f) return 'Builder fee has not been approved';
  const builder = s.accounts.get(wire.b);
  if (builder === undefined || perpEquity(builder) < minEquity)
    return 'Builder has insufficient balance to be approved.';
  return { account: builder, tenthsBp: wire.f };
}

/** A forced refusal of this level among the account's next ones, used up by the asking. */
function takeForced<L extends ForcedRefusal['level']>(
  account: Account,
  level: L,
): Extract<ForcedRefusal, { level: L }> | null {
  const forced = account.refusals[0];
  if (forced === undefined || forced.refusal.level !== level) return null;
  forced.count -= 1;
  if (forced.count <= 0) account.refusals.shift();
  return forced.refusal as Extract<ForcedRefusal, { level: L }>;
}

const forcedItemError = (account: Account): string | null => takeForced(account, 'item')?.text ?? null;

function placeWire(
  s: State,
  account: Account,
  wire: OrderWire,
  grouping: Grouping,
  builder: Order['builder'],
  parent: Order | null,
): Placement {
  const forced = forcedItemError(account);
  if (forced !== null) return { kind: 'error', text: forced };
  const market = s.byAssetId.get(wire.a);
  if (market === undefined) return { kind: 'error', text: marketError(s, wire.a) };
  const spec = parseOrder(market, wire, builder, grouping === 'positionTpsl');
  if (typeof spec === 'string') return { kind: 'error', text: `${spec} asset=${wire.a}` };
  const rejected = takeForced(account, 'order');
  if (rejected !== null) {
    const { reason } = rejected;
    return refuse(s, account, spec, { status: reason, text: REJECT_TEXTS[reason] });
  }
  return parent ? placeChild(s, parent, spec) : placeOrder(s, account, spec);
}

/** Groupings are refused as a whole before anything is placed. */
function groupingError(action: ActionOf<'order'>): string | null {
  const { orders, grouping } = action;
  if (orders.length === 0) return 'Empty batch.';
  if (typeof grouping === 'object') return priorityError(orders, grouping.p);
  if (grouping === 'na') return null;
  const children = grouping === 'normalTpsl' ? orders.slice(1) : orders;
  if (children.some((o) => !('trigger' in o.t) || !o.r)) return 'TP/SL orders must be reduce-only triggers.';
  return null;
}

/** A priority fee is for orders that all take at once, or all never take, and that may open. */
function priorityError(orders: readonly OrderWire[], rate: number): string | null {
  if (rate > MAX_PRIORITY_RATE) return 'Priority fee rate too high.';
  const tifs = new Set(orders.map((o) => ('limit' in o.t && !o.r ? o.t.limit.tif : null)));
  const [tif] = tifs;
  if (tifs.size === 1 && (tif === 'Ioc' || tif === 'Alo')) return null;
  return 'Priority orders must be all IOC or all ALO and not reduce-only.';
}

/**
 * One price off its grid or too far from the reference refuses a whole batch before anything is placed. Alone, an order
 * is refused with the same single error when its turn comes.
 */
function priceError(
  s: State,
  { orders, grouping }: ActionOf<'order'>,
  builder: Order['builder'],
): string | null {
  if (orders.length < 2) return null;
  for (const wire of orders) {
    const market = s.byAssetId.get(wire.a);
    if (market === undefined) continue;
    const spec = parseOrder(market, wire, builder, grouping === 'positionTpsl');
    if (spec === BAD_TICK) return `${spec} asset=${wire.a}`;
    const refused = typeof spec === 'string' ? null : priceRefusalText(s, spec);
    if (refused !== null) return refused;
  }
  return null;
}

export function orderAction(s: State, account: Account, action: ActionOf<'order'>): ActionAnswer {
  const builder = resolveBuilder(s, account, action.builder);
  if (typeof builder === 'string') return err(builder);
  const refused = groupingError(action) ?? priceError(s, action, builder);
  if (refused !== null) return statuses('order', [{ error: refused }]);
  const answers: OrderStatusAnswer[] = [];
  let parent: Order | null = null;
  for (const [i, wire] of action.orders.entries()) {
    const child = action.grouping === 'normalTpsl' && i > 0;
    if (child && parent === null) {
      answers.push({ error: 'Parent order was refused.' });
      continue;
    }
    const placed = placeWire(s, account, wire, action.grouping, builder, child ? parent : null);
    if (i === 0 && placed.kind !== 'error') parent = placed.order;
    answers.push(answerOf(placed));
  }
  return statuses('order', answers);
}

const cancelError = (assetId: number): { readonly error: string } => ({
  error: `Order was never placed, already canceled, or filled. asset=${assetId}`,
});

export function cancelAction(s: State, account: Account, action: ActionOf<'cancel'>): ActionAnswer {
  if (action.cancels.length === 0) return err('Empty batch.');
  const list = action.cancels.map(({ a, o }) => {
    const forced = forcedItemError(account);
    if (forced !== null) return { error: forced };
    const order = account.open.get(o);
    if (order === undefined || order.market.assetId !== a) return cancelError(a);
    cancelOrder(s, order, 'canceled');
    return 'success';
  });
  return statuses('cancel', list);
}

export function cancelByCloidAction(
  s: State,
  account: Account,
  action: ActionOf<'cancelByCloid'>,
): ActionAnswer {
  if (action.cancels.length === 0) return err('Empty batch.');
  const list = action.cancels.map(({ asset, cloid }) => {
    const forced = forcedItemError(account);
    if (forced !== null) return { error: forced };
    const order = findOpen(account, cloid);
    if (order === undefined || order.market.assetId !== asset) return cancelError(asset);
    cancelOrder(s, order, 'canceled');
    return 'success';
  });
  return statuses('cancel', list);
}

function findOpen(account: Account, ref: OrderRef): Order | undefined {
  const oid = typeof ref === 'number' ? ref : account.byCloid.get(ref);
  return oid === undefined ? undefined : account.open.get(oid);
}

/** Cancel and replace under a new oid; the original stays if the replacement is refused before matching. */
function modifyOne(s: State, account: Account, ref: OrderRef, wire: OrderWire): OrderStatusAnswer {
  const forced = forcedItemError(account);
  if (forced !== null) return { error: forced };
  const order = findOpen(account, ref);
  if (order === undefined || order.market.assetId !== wire.a)
    return { error: `Cannot modify canceled or filled order. asset=${wire.a}` };
  const market = order.market;
  const spec = parseOrder(
    market,
    { ...wire, ...((wire.c ?? order.cloid) ? { c: wire.c ?? (order.cloid as string) } : {}) },
    order.builder,
    order.isPositionTpsl,
  );
  if (typeof spec === 'string') return { error: `${spec} asset=${wire.a}` };
  const early = earlyRefusalText(s, spec);
  if (early !== null) return { error: early };
  cancelOrder(s, order, 'canceled');
  return answerOf(placeOrder(s, account, spec));
}

export function modifyAction(s: State, account: Account, action: ActionOf<'modify'>): ActionAnswer {
  const answer = modifyOne(s, account, action.oid, action.order);
  if (typeof answer === 'object' && 'error' in answer) return err(answer.error);
  return { status: 'ok', response: { type: 'default' } };
}

export function batchModifyAction(s: State, account: Account, action: ActionOf<'batchModify'>): ActionAnswer {
  if (action.modifies.length === 0) return err('Empty batch.');
  return statuses(
    'order',
    action.modifies.map((m) => modifyOne(s, account, m.oid, m.order)),
  );
}

/** True if the action takes liquidity at once: it executes last in its block. */
export function mayTake(action: ActionOf<'order' | 'modify' | 'batchModify'>): boolean {
  const orders =
    action.type === 'order'
      ? action.orders
      : action.type === 'modify'
        ? [action.order]
        : action.modifies.map((m) => m.order);
  return orders.some((o) => !('limit' in o.t) || o.t.limit.tif !== 'Alo');
}
