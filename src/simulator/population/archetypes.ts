/**
 * Kinds of traders and the distributions their parameters come from: data only, read by whoever generates a
 * population (the ranking proof and the simulated world), so that both speak of the same traders.
 */

/** A distribution by its parameters; `logNormal` takes the median, `beta` its two shapes. */
export type Distribution =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'logUniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly deviation: number }
  | { readonly kind: 'logNormal'; readonly median: number; readonly sigma: number; readonly least?: number }
  | { readonly kind: 'beta'; readonly a: number; readonly b: number };

export const ARCHETYPES = [
  'skilled',
  'mild',
  'lucky',
  'negative',
  'martingale',
  'gambler',
  'marketMaker',
  'scalper',
  'wash',
  'beta',
] as const;
export type Archetype = (typeof ARCHETYPES)[number];

/** Share of each kind in the population; they add up to 1. */
export const SHARES: Readonly<Record<Archetype, number>> = {
  skilled: 0.04,
  mild: 0.08,
  lucky: 0.5,
  negative: 0.12,
  martingale: 0.08,
  gambler: 0.08,
  marketMaker: 0.02,
  scalper: 0.02,
  wash: 0.03,
  beta: 0.03,
};

/** Kinds whose copies lose by construction: none belongs into a list of traders to copy. */
export const TOXIC: readonly Archetype[] = ['martingale', 'gambler', 'marketMaker', 'scalper', 'wash'];

export interface DirectionalParameters {
  /** Annual Sharpe ratio before any cost. */
  readonly sharpe: Distribution;
  readonly holdHours: Distribution;
  readonly leverage: Distribution;
  readonly makerRatio: Distribution;
}

const PATIENT = {
  holdHours: { kind: 'logNormal', median: 8.4, sigma: 1.1, least: 2 },
  leverage: { kind: 'logNormal', median: 2, sigma: 0.5 },
  makerRatio: { kind: 'beta', a: 1.2, b: 2.5 },
} as const;

export const DIRECTIONAL: Readonly<
  Record<'skilled' | 'mild' | 'lucky' | 'negative' | 'gambler' | 'beta', DirectionalParameters>
> = {
  skilled: { sharpe: { kind: 'logNormal', median: 3.5, sigma: 0.35 }, ...PATIENT },
  mild: { sharpe: { kind: 'uniform', low: 0.5, high: 2 }, ...PATIENT },
  lucky: { sharpe: { kind: 'normal', mean: 0, deviation: 0.3 }, ...PATIENT },
  negative: { sharpe: { kind: 'normal', mean: -1.2, deviation: 0.5 }, ...PATIENT },
  gambler: {
    sharpe: { kind: 'normal', mean: -0.3, deviation: 0.3 },
    holdHours: { kind: 'uniform', low: 1, high: 10 },
    leverage: { kind: 'uniform', low: 12, high: 35 },
    makerRatio: PATIENT.makerRatio,
  },
  beta: {
    sharpe: { kind: 'constant', value: 0 },
    holdHours: { kind: 'uniform', low: 24, high: 96 },
    leverage: { kind: 'uniform', low: 1, high: 4 },
    makerRatio: PATIENT.makerRatio,
  },
};

/** Share of skilled traders whose skill ends when the test begins. */
export const SKILL_LOST = 0.25;

/** Doubles into losses until the market or the exchange ends it. Distances in units of the coin's daily deviation. */
export const MARTINGALE = {
  baseShare: { kind: 'uniform', low: 0.15, high: 0.6 },
  takeProfit: { kind: 'constant', value: 0.25 },
  step: { kind: 'constant', value: 0.6 },
  adds: { kind: 'uniform', low: 5, high: 8 },
} as const satisfies Record<string, Distribution>;

/** Actors too fast to follow: own Sharpe a year, hold in seconds, resting share of their fills. */
export const FAST: Readonly<
  Record<
    'marketMaker' | 'scalper' | 'wash',
    { readonly sharpe: number; readonly holdSeconds: Distribution; readonly makerRatio: Distribution }
  >
> = {
  marketMaker: {
    sharpe: 9,
    holdSeconds: { kind: 'constant', value: 30 },
    makerRatio: { kind: 'constant', value: 0.97 },
  },
  scalper: {
    sharpe: 9,
    holdSeconds: { kind: 'constant', value: 20 },
    makerRatio: { kind: 'constant', value: 0.3 },
  },
  wash: {
    sharpe: 0,
    holdSeconds: { kind: 'constant', value: 10 },
    makerRatio: { kind: 'constant', value: 0.5 },
  },
};

/** The same kinds with their edges blurred, so that no single threshold tells them apart. */
export const BLURRED = {
  gamblerLeverage: { kind: 'uniform', low: 5, high: 30 },
  martingaleAdds: { kind: 'uniform', low: 2, high: 7 },
  martingaleTakeProfit: { kind: 'uniform', low: 0.2, high: 1 },
  makerHoldSeconds: { kind: 'logUniform', low: 20, high: 1_500 },
  makerRatio: { kind: 'uniform', low: 0.7, high: 0.98 },
  scalperHoldSeconds: { kind: 'logUniform', low: 10, high: 900 },
} as const satisfies Record<string, Distribution>;

/** What does not depend on the kind. */
export const ACCOUNTS = {
  equityUsd: { kind: 'logNormal', median: 3_000, sigma: 1.7 },
  /** Share that opens its account inside the window. */
  late: 0.4,
  /** Share of directional accounts that receive a deposit, as a multiple of their equity. */
  deposited: 0.15,
  deposit: { kind: 'uniform', low: 0.5, high: 3 },
} as const;

/** Coins: daily deviation, and what spread and impact cost a taker in basis points. */
export const COINS = {
  dailyDeviation: { kind: 'logUniform', low: 0.02, high: 0.07 },
  slippageBp: { kind: 'logUniform', low: 0.5, high: 5 },
  /** Degrees of freedom of the daily shocks. */
  tailFreedom: 5,
} as const;
