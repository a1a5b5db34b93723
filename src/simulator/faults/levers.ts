/** The venue's operator levers as named commands with checked arguments: what a trader cannot do. */
import { z } from 'zod';
import type { Address } from '../../domain/address.ts';
import type { MicroUsd } from '../../domain/money.ts';
import { REJECT_REASONS } from '../venue/reject_reasons.ts';
import type { VenueControl } from '../venue/types.ts';

const address = z
  .string()
  .transform((text) => text.toLowerCase())
  .refine((text) => /^0x[0-9a-f]{40}$/.test(text), 'must be an address')
  .transform((text) => text as Address);
const decimal = z.string().regex(/^\d{1,15}(\.\d{1,8})?$/, 'must be a decimal string');
const symbol = z.string().min(1).max(64);
/** Dollars to micro-USD. */
const usd = z
  .number()
  .min(0)
  .max(9_000_000_000)
  .transform((dollars) => Math.round(dollars * 1_000_000) as MicroUsd);
const count = z.number().int().min(1).max(1_000_000).default(1);

interface Lever {
  readonly run: (control: VenueControl, body: unknown) => void;
}

/** @throws ZodError when the body does not fit */
function lever<S extends z.ZodType>(
  schema: S,
  act: (control: VenueControl, args: z.output<S>) => void,
): Lever {
  return { run: (control, body) => act(control, schema.parse(body)) };
}

const coin = z.strictObject({ symbol });
const coinFlag = z.strictObject({ symbol, halted: z.boolean() });

export const LEVERS: ReadonlyMap<string, Lever> = new Map([
  ['deposit', lever(z.strictObject({ user: address, usd }), (c, a) => c.deposit(a.user, a.usd))],
  [
    'oracle',
    lever(z.strictObject({ symbol, px: decimal, external: decimal.optional() }), (c, a) =>
      c.setOracle(a.symbol, a.px, a.external),
    ),
  ],
  ['halt', lever(coinFlag, (c, a) => c.halt(a.symbol, a.halted))],
  ['halt-all', lever(z.strictObject({ halted: z.boolean() }), (c, a) => c.haltAll(a.halted))],
  [
    'post-only-until',
    lever(z.strictObject({ time: z.number().int().min(0) }), (c, a) => c.postOnlyUntil(a.time)),
  ],
  ['delist', lever(coin.extend({ px: decimal.optional() }), (c, a) => c.delist(a.symbol, a.px))],
  [
    'list',
    lever(
      z.strictObject({
        dex: z.string().max(16),
        name: z.string().min(1).max(24),
        szDecimals: z.number().int().min(0).max(6),
        maxLeverage: z.number().int().min(1).max(50),
        marginTableId: z.number().int().min(1),
        oraclePx: decimal,
      }),
      (c, a) => c.list(a),
    ),
  ],
  [
    'margin-table',
    lever(coin.extend({ marginTableId: z.number().int().min(1) }), (c, a) =>
      c.setMarginTable(a.symbol, a.marginTableId),
    ),
  ],
  [
    'open-interest-cap',
    lever(coin.extend({ usd: usd.nullable() }), (c, a) => c.setOpenInterestCap(a.symbol, a.usd)),
  ],
  [
    'liquidate',
    lever(z.strictObject({ user: address, method: z.enum(['market', 'backstop']) }), (c, a) =>
      c.forceLiquidation(a.user, a.method),
    ),
  ],
  [
    'adl',
    lever(z.strictObject({ user: address, symbol, sz: decimal.optional() }), (c, a) =>
      c.forceAdl(a.user, a.symbol, a.sz),
    ),
  ],
  ['expire-agent', lever(z.strictObject({ agent: address }), (c, a) => c.expireAgent(a.agent))],
  ['prune-nonces', lever(z.strictObject({ signer: address }), (c, a) => c.pruneNonces(a.signer))],
  [
    'refuse-next',
    lever(
      z.union([
        z.strictObject({
          user: address,
          level: z.enum(['action', 'item']),
          text: z.string().min(1).max(300),
          count,
        }),
        z.strictObject({ user: address, reason: z.enum(REJECT_REASONS), count }),
      ]),
      (c, a) => {
        const refusal = 'reason' in a ? ({ level: 'order', reason: a.reason } as const) : a;
        c.refuseNext(a.user, refusal, a.count);
      },
    ),
  ],
  [
    'partial-fill-next',
    lever(z.strictObject({ user: address, symbol, sz: decimal, count }), (c, a) =>
      c.partialFillNext(a.user, a.symbol, a.sz, a.count),
    ),
  ],
  [
    'action-budget',
    lever(z.strictObject({ user: address, used: z.number().int().min(0) }), (c, a) =>
      c.setActionBudget(a.user, a.used),
    ),
  ],
]);
