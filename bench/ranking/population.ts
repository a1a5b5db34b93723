/** Draws a trader of a kind and lets it live through the market into a history. */
import type { Fill } from '../../src/domain/episodes/fill.ts';
import { DAY_MS } from '../../src/domain/metrics/day.ts';
import type { TraderHistory } from '../../src/domain/metrics/history.ts';
import {
  ACCOUNTS,
  ARCHETYPES,
  type Archetype,
  BLURRED,
  DIRECTIONAL,
  type Distribution,
  FAST,
  MARTINGALE,
  SHARES,
  SKILL_LOST,
} from '../../src/simulator/population/archetypes.ts';
import { Account } from './account.ts';
import { tradeDirectional } from './directional.ts';
import { Draw } from './draw.ts';
import { type FastPlan, passUnseen, tradeFast } from './fast.ts';
import { type Market, START_MS, STEPS_PER_DAY, timeOf } from './market.ts';
import { tradeMartingale } from './martingale.ts';

export const TEST_DAYS = 30;
/** Fills of a fast actor that the venue still serves. */
const SERVED_FILLS = 2_000;

export interface Variant {
  readonly name: string;
  /** Blurs the kinds so that no single threshold tells them apart. */
  readonly hard: boolean;
  /** Multiplies the share of skilled traders; the lucky take their place. */
  readonly skilledShare: number;
  /** True for a population in which nobody has skill. */
  readonly luckOnly: boolean;
}

export const PLAIN: Variant = { name: 'plain', hard: false, skilledShare: 1, luckOnly: false };
export const HARD: Variant = { ...PLAIN, name: 'hard', hard: true };
/** About half as many traders are worth copying: what is left of them are mostly the mildly skilled. */
export const SCARCE: Variant = { ...PLAIN, name: 'skilled x 1/4', skilledShare: 0.25 };
export const NULL: Variant = { ...PLAIN, name: 'all luck', luckOnly: true };

/** What is true of a trader and what no ranking may see. */
export interface Truth {
  readonly archetype: Archetype;
  /** Annual Sharpe before cost in the test window. */
  readonly laterSharpe: number;
  readonly holdMs: number;
  /** Annual Sharpe that a follower's costs take, where it is known without looking; else null. */
  readonly drag: number | null;
  /** Follower's mean cost a day where fills are not reported in full, else null. */
  readonly costPerDay: number | null;
}

export function shareOf(archetype: Archetype, variant: Variant): number {
  const own = SHARES[archetype];
  if (variant.luckOnly) return archetype === 'lucky' ? 1 : 0;
  const moved = SHARES.skilled * (1 - variant.skilledShare);
  if (archetype === 'skilled') return own * variant.skilledShare;
  return archetype === 'lucky' ? own + moved : own;
}

function archetypeOf(draw: Draw, variant: Variant): Archetype {
  let x = draw.uniform();
  for (const archetype of ARCHETYPES) {
    x -= shareOf(archetype, variant);
    if (x < 0) return archetype;
  }
  return 'lucky';
}

/** Everything one life needs. */
export interface LifeOptions {
  readonly seed: string;
  readonly index: number;
  readonly market: Market;
  readonly variant: Variant;
  readonly trainDays: number;
  readonly history: TraderHistory;
  /** The history is told nothing that happens after this, ms UTC. */
  readonly deafFrom?: number;
  /** Called after the history took a fill in. */
  readonly onFill?: (fill: Fill) => void;
  /** Called at each UTC midnight, after the account value was reported. */
  readonly onMidnight: (time: number) => void;
}

/** Lives one trader from its start to the end of the test window, feeding its history. */
export function live(options: LifeOptions): Truth {
  const draw = new Draw(`${options.seed} ${options.index}`);
  const archetype = archetypeOf(draw, options.variant);
  const late = draw.uniform() < ACCOUNTS.late;
  const startStep = late ? Math.floor(draw.uniform(0, options.trainDays) * STEPS_PER_DAY) : 0;
  const equityUsd = draw.from(ACCOUNTS.equityUsd);
  const life: Life = { ...options, draw, archetype, startStep, equityUsd };
  if (archetype === 'martingale') return liveMartingale(life);
  if (archetype === 'marketMaker' || archetype === 'scalper' || archetype === 'wash')
    return liveFast(life, archetype);
  return liveDirectional(life, archetype);
}

interface Life extends LifeOptions {
  readonly draw: Draw;
  readonly archetype: Archetype;
  readonly startStep: number;
  readonly equityUsd: number;
}

const accountOf = (life: Life, feeFactor = 1): Account =>
  new Account({
    history: life.history,
    market: life.market,
    draw: life.draw,
    equityUsd: life.equityUsd,
    startMs: timeOf(life.startStep),
    feeFactor,
    ...(life.deafFrom === undefined ? {} : { deafFrom: life.deafFrom }),
    ...(life.onFill === undefined ? {} : { onFill: life.onFill }),
    onMidnight: life.onMidnight,
  });

const endStep = (life: Life): number => (life.trainDays + TEST_DAYS) * STEPS_PER_DAY;

function coinsOf(life: Life): number[] {
  const count = 1 + life.draw.int(3);
  return Array.from({ length: count }, () => 2 + life.draw.int(life.market.coins.length - 2));
}

function liveDirectional(
  life: Life,
  kind: 'skilled' | 'mild' | 'lucky' | 'negative' | 'gambler' | 'beta',
): Truth {
  const { draw, variant } = life;
  const p = DIRECTIONAL[kind];
  const sharpe = variant.luckOnly ? 0 : draw.from(p.sharpe);
  const laterSharpe = kind === 'skilled' && draw.uniform() < SKILL_LOST ? 0 : sharpe;
  const leverage = kind === 'gambler' && variant.hard ? BLURRED.gamblerLeverage : p.leverage;
  const holdHours = draw.from(p.holdHours);
  const plan = {
    sharpe,
    laterSharpe,
    changeStep: life.trainDays * STEPS_PER_DAY,
    holdHours,
    leverage: draw.from(leverage),
    makerRatio: draw.from(p.makerRatio),
    duty: kind === 'beta' ? 0.98 : draw.uniform(0.5, 1),
    coins: kind === 'beta' ? [draw.int(2)] : coinsOf(life),
    alwaysLong: kind === 'beta',
  };
  const account = accountOf(life);
  if (draw.uniform() < ACCOUNTS.deposited) {
    const span = life.trainDays * STEPS_PER_DAY - life.startStep;
    account.planDeposit(
      timeOf(life.startStep + Math.floor(draw.uniform(0.05, 0.95) * span)) + 60_000,
      draw.from(ACCOUNTS.deposit),
    );
  }
  tradeDirectional(account, plan, draw, life.startStep, endStep(life));
  return { archetype: kind, laterSharpe, holdMs: holdHours * 3_600_000, drag: null, costPerDay: null };
}

function liveMartingale(life: Life): Truth {
  const { draw, variant } = life;
  const pick = (plain: Distribution, blurred: Distribution): number =>
    draw.from(variant.hard ? blurred : plain);
  const plan = {
    base: draw.from(MARTINGALE.baseShare),
    takeProfit: pick(MARTINGALE.takeProfit, BLURRED.martingaleTakeProfit),
    step: draw.from(MARTINGALE.step),
    adds: Math.floor(pick(MARTINGALE.adds, BLURRED.martingaleAdds)),
    coins: coinsOf(life),
    makerRatio: 0.5,
  };
  tradeMartingale(accountOf(life), plan, draw, life.startStep, endStep(life));
  // What a martingale earns is not knowable from its recent past: its truth is set below any honest trader's.
  return { archetype: 'martingale', laterSharpe: -1, holdMs: 3_600_000, drag: null, costPerDay: null };
}

function liveFast(life: Life, kind: 'marketMaker' | 'scalper' | 'wash'): Truth {
  const { draw, variant } = life;
  const parameters = FAST[kind];
  const blurred = kind === 'marketMaker' ? BLURRED.makerHoldSeconds : BLURRED.scalperHoldSeconds;
  const hold = 1_000 * draw.from(variant.hard && kind !== 'wash' ? blurred : parameters.holdSeconds);
  const maker = variant.hard && kind === 'marketMaker' ? BLURRED.makerRatio : parameters.makerRatio;
  const partTime = variant.hard && draw.uniform() < 0.5;
  const coin = 2 + draw.int(life.market.coins.length - 2);
  const trips = partTime ? draw.uniform(8, 20) : DAY_MS / (1.3 * hold);
  const plan: FastPlan = {
    sharpe: parameters.sharpe,
    holdMs: hold,
    makerRatio: draw.from(maker),
    coin,
    share: draw.uniform(0.3, 1),
    daily: draw.uniform(0.004, 0.015),
    trips,
    wash: kind === 'wash',
  };
  const account = accountOf(life, kind === 'wash' ? 0.3 : kind === 'marketMaker' ? 0.2 : 1);
  const startMs = timeOf(life.startStep);
  const testMs = START_MS + life.trainDays * DAY_MS;
  if (partTime) {
    tradeFast(
      account,
      plan,
      draw,
      startMs,
      testMs + TEST_DAYS * DAY_MS,
      Math.floor(trips * ((testMs - startMs) / DAY_MS + TEST_DAYS)),
    );
  } else {
    const served = Math.max(startMs, testMs - (SERVED_FILLS / 2) * (DAY_MS / trips));
    passUnseen(account, plan, draw, startMs, served);
    if (served > startMs) life.history.completeSince = served;
    tradeFast(
      account,
      plan,
      draw,
      served,
      testMs,
      Math.max(1, Math.floor((trips * (testMs - served)) / DAY_MS)),
    );
    passUnseen(account, plan, draw, testMs, testMs + TEST_DAYS * DAY_MS);
  }
  const costPerDay = trips * plan.share * 2 * (4.5 + account.coin(coin).slippageBp) * 1e-4;
  return {
    archetype: kind,
    laterSharpe: parameters.sharpe,
    holdMs: hold,
    drag: (costPerDay / plan.daily) * Math.sqrt(365),
    costPerDay,
  };
}
