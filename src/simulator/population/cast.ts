/**
 * Who lives in the world: kind, money, links and a seed of their own for each, drawn from the world's seed. What is
 * true of a trader is decided here, before anybody trades.
 */
import type { Address } from '../../domain/address.ts';
import { derivedAddressText } from '../venue/arithmetic.ts';
import { ACCOUNTS, ARCHETYPES, type Archetype, DIRECTIONAL, SHARES } from './archetypes.ts';
import { Draw } from './draw.ts';
import type { Terms } from './fold.ts';
import { DAY_MS, MINUTE_MS } from './market_history.ts';

/** The archetypes of the ranking proof, and who sets out to fool a ranking or a follower. */
export type TraderKind = Archetype | 'hedge' | 'pump';

export interface Member {
  /** Place in the cast; houses come first. */
  readonly index: number;
  readonly address: Address;
  readonly kind: TraderKind | 'house';
  readonly seed: string;
  /** ms of its first money; before it the account does not exist. */
  readonly start: number;
  /** First money, micro-USD. */
  readonly equity: number;
  readonly terms: Terms;
  /** Positions over equity that it aims at; the setting on the venue is the next whole number with some room. */
  readonly leverage: number;
  /** The other wallet of a wash ring (`mirror` true: this one only answers) or of a hedge (`mirror`: opposite side). */
  readonly partner: number | null;
  readonly mirror: boolean;
  /** Index of the master whose sub-account this is, or of the leader whose vault it is. */
  readonly master: number | null;
  readonly vault: boolean;
  readonly unified: boolean;
  /** Annual Sharpe before cost; null where the kind has none. */
  readonly sharpe: number | null;
}

export interface CastOptions {
  readonly seed: string;
  /** Of the venue, for addresses. */
  readonly salt: number;
  readonly traders: number;
  readonly start: number;
  readonly end: number;
  readonly houses: readonly Address[];
}

/** Capital of a house when the history begins, micro-USD. */
const HOUSE_CAPITAL = 40_000_000_000_000;
/** Rates of the houses: the highest tier of volume. */
const HOUSE_TERMS: Terms = {
  takerE9: 240_000,
  makerE9: 0,
  builderTenthsBp: 0,
  leverage: 10,
  isolated: false,
};
const PUMP_SHARE = 0.004;
const HEDGE_SHARE = 0.01;
const SUB_SHARE = 0.04;
const VAULT_SHARE = 0.004;
const UNIFIED_SHARE = 0.04;
const BUILDER_SHARE = 0.12;
const LARGEST_EQUITY_USD = 3_000_000;
const LEAST_EQUITY_USD = 60;

function archetypeOf(draw: Draw): Archetype {
  let x = draw.uniform();
  for (const archetype of ARCHETYPES) {
    x -= SHARES[archetype];
    if (x < 0) return archetype;
  }
  return 'lucky';
}

const isDirectional = (kind: TraderKind | 'house'): kind is keyof typeof DIRECTIONAL =>
  Object.hasOwn(DIRECTIONAL, kind);

/** What the trader aims at; kinds without a plan of their own move a few times their equity. */
function leverageOf(draw: Draw, kind: TraderKind): number {
  if (isDirectional(kind)) return draw.from(DIRECTIONAL[kind].leverage);
  return kind === 'hedge' ? draw.from(DIRECTIONAL.lucky.leverage) : 4;
}

const termsOf = (draw: Draw, kind: TraderKind, leverage: number): Terms => ({
  takerE9: 450_000,
  makerE9: 150_000,
  builderTenthsBp: isDirectional(kind) && draw.uniform() < BUILDER_SHARE ? 10 * (1 + draw.int(5)) : 0,
  leverage: kind === 'martingale' ? 40 : Math.max(1, Math.min(40, Math.ceil(leverage * 1.2))),
  isolated: isDirectional(kind) && draw.uniform() < (kind === 'gambler' ? 0.4 : 0.1),
});

const minuteOf = (time: number): number => Math.ceil(time / MINUTE_MS) * MINUTE_MS;

interface Part {
  readonly kind: TraderKind;
  readonly partner: number | null;
  readonly mirror: boolean;
}

/** Kinds by place; wash traders find a partner in each other, hedges stand in pairs. */
function partsOf(draw: Draw, traders: number, first: number): Part[] {
  const parts: Part[] = [];
  const alone = (kind: TraderKind): Part => ({ kind, partner: null, mirror: false });
  const pumps = Math.round(traders * PUMP_SHARE);
  const pairs = Math.round((traders * HEDGE_SHARE) / 2);
  for (let i = 0; i < pumps; i++) parts.push(alone('pump'));
  for (let i = 0; i < pairs; i++) {
    const at = first + parts.length;
    parts.push({ kind: 'hedge', partner: at + 1, mirror: false });
    parts.push({ kind: 'hedge', partner: at, mirror: true });
  }
  let waiting: number | null = null;
  while (parts.length < traders) {
    const kind = archetypeOf(draw);
    const at = first + parts.length;
    if (kind !== 'wash') parts.push(alone(kind));
    else if (waiting === null) {
      waiting = parts.length;
      parts.push(alone(kind));
    } else {
      parts[waiting] = { kind, partner: at, mirror: false };
      parts.push({ kind, partner: first + waiting, mirror: true });
      waiting = null;
    }
  }
  return parts;
}

export function makeCast(options: CastOptions): Member[] {
  const { seed, salt, traders, start, end, houses } = options;
  const cast: Member[] = houses.map((address, index) => ({
    index,
    address,
    kind: 'house',
    seed: `${seed}/house/${index}`,
    start,
    equity: HOUSE_CAPITAL,
    terms: HOUSE_TERMS,
    leverage: 1,
    partner: null,
    mirror: false,
    master: null,
    vault: false,
    unified: false,
    sharpe: null,
  }));
  const parts = partsOf(new Draw(`${seed}/cast`), traders, cast.length);
  for (const part of parts) {
    const index = cast.length;
    // The second wallet of a pair shares its partner's seed, money and start.
    const twin = part.mirror && part.partner !== null ? cast[part.partner] : undefined;
    const address = derivedAddressText(salt ^ 0x7ade, index) as Address;
    if (twin !== undefined) {
      cast.push({ ...twin, index, address, partner: part.partner, mirror: true });
      continue;
    }
    cast.push(memberOf(options, part, index, address, cast, { start, end }));
  }
  return cast;
}

function memberOf(
  { seed }: CastOptions,
  part: Part,
  index: number,
  address: Address,
  cast: readonly Member[],
  span: { readonly start: number; readonly end: number },
): Member {
  const draw = new Draw(`${seed}/trader/${index}`);
  const { kind } = part;
  const late = draw.uniform() < ACCOUNTS.late;
  const begins = late ? draw.uniform(span.start, span.end - DAY_MS / 2) : span.start;
  const usd = Math.min(LARGEST_EQUITY_USD, Math.max(LEAST_EQUITY_USD, draw.from(ACCOUNTS.equityUsd)));
  const plain = isDirectional(kind) && part.partner === null;
  const link = plain ? draw.uniform() : 1;
  const master = link < SUB_SHARE + VAULT_SHARE ? masterIn(cast, draw) : null;
  const vault = master !== null && link >= SUB_SHARE;
  const leverage = leverageOf(draw, kind);
  return {
    index,
    address,
    kind,
    seed: `${seed}/trader/${index}/life`,
    // A sub-account or a vault gets its money from an account that exists: a few minutes later.
    start: minuteOf(Math.max(begins, master === null ? 0 : master.start + 5 * MINUTE_MS)),
    equity: Math.round((vault ? Math.max(5_000, usd) : usd) * 100) * 10_000,
    terms: termsOf(draw, kind, leverage),
    leverage,
    partner: part.partner,
    mirror: false,
    master: master?.index ?? null,
    vault,
    unified: plain && master === null && draw.uniform() < UNIFIED_SHARE,
    sharpe: isDirectional(kind) ? draw.from(DIRECTIONAL[kind].sharpe) : null,
  };
}

/** An earlier directional trader who is nobody's sub-account itself. */
function masterIn(cast: readonly Member[], draw: Draw): Member | null {
  for (let tries = 0; tries < 8 && cast.length > 0; tries++) {
    const member = cast[draw.int(cast.length)] as Member;
    if (isDirectional(member.kind) && member.master === null && !member.unified) return member;
  }
  return null;
}
