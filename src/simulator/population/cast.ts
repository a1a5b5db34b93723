/**
 * Who lives in the world: kind, money, links and a seed of their own for each, drawn from the world's seed. What is
 * true of a trader is decided here, before anybody trades.
 */
import type { Address } from '../../domain/address.ts';
import { derivedAddressText } from '../venue/arithmetic.ts';
import { ACCOUNTS, ARCHETYPES, type Archetype, DIRECTIONAL, SHARES, SKILL_LOST } from './archetypes.ts';
import { Draw } from './draw.ts';
import type { Terms } from './fold.ts';
import { DAY_MS, MINUTE_MS, type Reach } from './market_history.ts';

/** The archetypes of the ranking proof, who sets out to fool a ranking or a follower, and who is fooled. */
export type TraderKind = Archetype | 'hedge' | 'pump' | 'follower';

export interface Member {
  /** Place in the cast; houses come first. */
  readonly index: number;
  readonly address: Address;
  readonly kind: TraderKind | 'house';
  readonly seed: string;
  /** ms of its first money; before it the account does not exist. */
  readonly start: number;
  /** First money, micro-USD, and the part of it that lies on the builder dex. */
  readonly equity: number;
  readonly dexEquity: number;
  readonly terms: Terms;
  /** Coins that it trades. */
  readonly reach: Reach;
  /** Positions over equity that it aims at; the setting on the venue is the next whole number with some room. */
  readonly leverage: number;
  /** The other wallet of a wash ring (`mirror` true: this one only answers) or of a hedge (`mirror`: opposite side). */
  readonly partner: number | null;
  readonly mirror: boolean;
  /** Index of the master whose sub-account this is, or of the leader whose vault it is. */
  readonly master: number | null;
  readonly vault: boolean;
  /** Index of the leader that a follower buys after. */
  readonly leader: number | null;
  /** Annual Sharpe before cost in the past, and from the start of the world on; null where the kind has none. */
  readonly sharpe: number | null;
  readonly laterSharpe: number | null;
}

export interface CastOptions {
  readonly seed: string;
  /** Of the venue, for addresses. */
  readonly salt: number;
  readonly traders: number;
  readonly start: number;
  readonly end: number;
  readonly houses: readonly Address[];
  /** Whether a builder dex has coins. */
  readonly builderDex: boolean;
}

/** Capital of a house when the history begins, micro-USD, and the part of it on the builder dex. */
const HOUSE_CAPITAL = 600_000_000_000_000;
const HOUSE_DEX_CAPITAL = 200_000_000_000_000;
/** Rates of the houses: the highest tier of volume. Positions that must be isolated are paid in full. */
const HOUSE_TERMS: Terms = {
  takerE9: 240_000,
  makerE9: 0,
  builderTenthsBp: 0,
  leverage: 10,
  isolatedLeverage: 1,
  isolated: false,
  unified: false,
};
const PUMP_SHARE = 0.004;
/** Traders who copy each malicious leader. */
const FOLLOWERS = 3;
const HEDGE_SHARE = 0.01;
const SUB_SHARE = 0.04;
const VAULT_SHARE = 0.004;
const UNIFIED_SHARE = 0.04;
/** Of those who are neither linked nor unified: who trades the builder dex alone. */
const BUILDER_DEX_SHARE = 0.07;
const BUILDER_SHARE = 0.12;
/** A thin coin is not pushed with small change. */
const PUMP_EQUITY_USD = { kind: 'logUniform', low: 20_000, high: 300_000 } as const;
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

function termsOf(draw: Draw, kind: TraderKind, aimed: number, unified: boolean): Terms {
  const leverage = kind === 'martingale' ? 40 : Math.max(1, Math.min(40, Math.ceil(aimed * 1.2)));
  return {
    takerE9: 450_000,
    makerE9: 150_000,
    builderTenthsBp: isDirectional(kind) && draw.uniform() < BUILDER_SHARE ? 10 * (1 + draw.int(5)) : 0,
    leverage,
    isolatedLeverage: leverage,
    isolated: isDirectional(kind) && draw.uniform() < (kind === 'gambler' ? 0.4 : 0.1),
    unified,
  };
}

const minuteOf = (time: number): number => Math.ceil(time / MINUTE_MS) * MINUTE_MS;

interface Part {
  readonly kind: TraderKind;
  readonly partner: number | null;
  readonly mirror: boolean;
  readonly leader: number | null;
}

const alone = (kind: TraderKind, leader: number | null = null): Part => ({
  kind,
  partner: null,
  mirror: false,
  leader,
});

/** Kinds by place; wash traders find a partner in each other, hedges stand in pairs, followers behind a leader. */
function partsOf(draw: Draw, traders: number, first: number): Part[] {
  const parts: Part[] = [];
  const pumps = Math.round(traders * PUMP_SHARE);
  const pairs = Math.round((traders * HEDGE_SHARE) / 2);
  for (let i = 0; i < pumps; i++) parts.push(alone('pump'));
  for (let i = 0; i < pumps * FOLLOWERS; i++) parts.push(alone('follower', first + (i % pumps)));
  for (let i = 0; i < pairs; i++) {
    const at = first + parts.length;
    parts.push({ ...alone('hedge'), partner: at + 1 });
    parts.push({ ...alone('hedge'), partner: at, mirror: true });
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
      parts[waiting] = { ...alone(kind), partner: at };
      parts.push({ ...alone(kind), partner: first + waiting, mirror: true });
      waiting = null;
    }
  }
  return parts;
}

export function makeCast(options: CastOptions): Member[] {
  const { seed, salt, traders, start, houses } = options;
  const cast: Member[] = houses.map((address, index) => ({
    index,
    address,
    kind: 'house',
    seed: `${seed}/house/${index}`,
    start,
    equity: HOUSE_CAPITAL,
    dexEquity: options.builderDex ? HOUSE_DEX_CAPITAL : 0,
    terms: HOUSE_TERMS,
    reach: 'all',
    leverage: 1,
    partner: null,
    mirror: false,
    master: null,
    vault: false,
    leader: null,
    sharpe: null,
    laterSharpe: null,
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
    cast.push(memberOf(options, part, index, address, cast));
  }
  return cast;
}

function memberOf(
  options: CastOptions,
  part: Part,
  index: number,
  address: Address,
  cast: readonly Member[],
): Member {
  const draw = new Draw(`${options.seed}/trader/${index}`);
  const { kind } = part;
  const late = draw.uniform() < ACCOUNTS.late;
  const begins = late ? draw.uniform(options.start, options.end - DAY_MS / 2) : options.start;
  const wealth = kind === 'pump' ? PUMP_EQUITY_USD : ACCOUNTS.equityUsd;
  const usd = Math.min(LARGEST_EQUITY_USD, Math.max(LEAST_EQUITY_USD, draw.from(wealth)));
  const plain = isDirectional(kind) && part.partner === null;
  const link = plain ? draw.uniform() : 1;
  const master = link < SUB_SHARE + VAULT_SHARE ? masterIn(cast, draw) : null;
  const vault = master !== null && link >= SUB_SHARE;
  const leverage = leverageOf(draw, kind);
  const unified = plain && master === null && draw.uniform() < UNIFIED_SHARE;
  const reach = unified ? 'all' : reachOf(draw, kind, options.builderDex && plain && master === null);
  const equity = Math.round((vault ? Math.max(5_000, usd) : usd) * 100) * 10_000;
  const terms = termsOf(draw, kind, leverage, unified);
  const sharpe = isDirectional(kind) ? draw.from(DIRECTIONAL[kind].sharpe) : null;
  const lost = kind === 'skilled' && draw.uniform() < SKILL_LOST;
  return {
    index,
    address,
    kind,
    seed: `${options.seed}/trader/${index}/life`,
    // A sub-account or a vault gets its money from an account that exists: a few minutes later.
    start: minuteOf(Math.max(begins, master === null ? 0 : master.start + 5 * MINUTE_MS)),
    equity,
    dexEquity: reach === 'builder' ? equity : 0,
    terms,
    reach,
    leverage,
    partner: part.partner,
    mirror: false,
    master: master?.index ?? null,
    vault,
    leader: part.leader,
    sharpe,
    laterSharpe: lost ? 0 : sharpe,
  };
}

/** Gamblers want more leverage than a builder dex gives, and the market is on the first dex. */
function reachOf(draw: Draw, kind: TraderKind, free: boolean): Reach {
  const builder = draw.uniform() < BUILDER_DEX_SHARE;
  return builder && free && kind !== 'gambler' && kind !== 'beta' ? 'builder' : 'first';
}

/** An earlier directional trader who is nobody's sub-account itself. */
function masterIn(cast: readonly Member[], draw: Draw): Member | null {
  for (let tries = 0; tries < 8 && cast.length > 0; tries++) {
    const member = cast[draw.int(cast.length)] as Member;
    if (
      isDirectional(member.kind) &&
      member.master === null &&
      !member.terms.unified &&
      member.reach === 'first'
    )
      return member;
  }
  return null;
}
