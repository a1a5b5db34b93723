/** Plausible features of many traders, drawn fast. */
import type { Features } from '../../src/ranking/features.ts';
import { Draw } from '../ranking/draw.ts';

const DAY = 86_400_000;

/** Refills one object, so that five million rows allocate nothing. */
export class RowSource {
  readonly #draw: Draw;
  readonly features: Features;

  constructor(seed: string) {
    this.#draw = new Draw(seed);
    this.features = blank();
  }

  /** The next trader. Four in ten pass every gate; one in ten has no estimate. */
  next(): Features {
    const draw = this.#draw;
    const f = this.features;
    const days = 20 + draw.int(160);
    const known = draw.uniform() > 0.1;
    f.days = days;
    f.activeDays = draw.uniform() < 0.6 ? 30 + draw.int(60) : draw.int(30);
    f.idleMs = draw.uniform() * 40 * DAY;
    if (draw.uniform() < 0.7) f.idleMs %= 7 * DAY;
    f.costSharpe = known ? 0.02 + 0.1 * draw.uniform() : Number.NaN;
    f.costDrag = f.costSharpe * 19.1;
    f.sharpe = known ? 0.1 * draw.normal() - f.costSharpe : Number.NaN;
    f.sharpeVariance = known ? 1.02 / days : Number.NaN;
    f.sharpeWithoutBest = f.sharpe - 0.03;
    f.sharpeWithoutBestVariance = f.sharpeVariance;
    f.winRate = draw.uniform();
    f.volumeUsd = 1e4 * Math.exp(2.5 * draw.normal());
    f.maxDrawdown = draw.uniform();
    f.drawdown90 = 0.7 * f.maxDrawdown;
    f.riskRatio = 3 * draw.uniform();
    f.payoff = f.riskRatio;
    f.maxProfitUsd = 100 * Math.exp(1.5 * draw.normal());
    f.maxLossUsd = -f.maxProfitUsd;
    f.equityUsd = 3_000 * Math.exp(1.7 * draw.normal());
    f.medianEquityUsd = f.equityUsd;
    f.copyReturn = 0.1 * draw.normal();
    f.netPnlUsd = 100 * draw.normal();
    return f;
  }
}

const blank = (): Features => ({
  activeDays: 60,
  episodes: 60,
  idleMs: DAY,
  reconciled: 1,
  complete: 1,
  medianEquityUsd: 5_000,
  equityUsd: 5_000,
  holdMs: 3e7,
  fastWinShare: 0,
  makerRatio: 0.3,
  costDrag: 1,
  stressedT: 0,
  winRate: 0.5,
  payoff: 1,
  losses: 20,
  loserAddShare: 0,
  maxLoserAdds: 0,
  openLoss: 0,
  leverageInMarket: 2,
  leverageHigh: 4,
  liquidationAgeMs: Number.NaN,
  liquidationsEver: 0,
  drawdown90: 0.2,
  washShare: 0,
  netBpOfVolume: 3,
  ring: 0,
  hedged: 0,
  bestDayShare: 0.2,
  withoutBestTwo: 1,
  bestDayChance: 0.5,
  marketR2: 0.1,
  capacityShare: Number.NaN,
  copyTurnover: 2,
  copyGain: 0.01,
  copyGainSquare: 0.0003,
  copySpread: 0.03,
  copyImpact: 0.0004,
  copyGross: 0.005,
  copyHoldMs: 8 * 3_600_000,
  minCapitalUsd: Number.NaN,
  maxCapitalUsd: Number.NaN,
  quarterCapitalUsd: Number.NaN,
  halfCapitalUsd: Number.NaN,
  mostCapitalUsd: Number.NaN,
  days: 90,
  costSharpe: 0.05,
  sharpe: 0,
  sharpeVariance: 0.01,
  sharpeWithoutBest: 0,
  sharpeWithoutBestVariance: 0.01,
  copyReturn: 0,
  volumeUsd: 0,
  maxDrawdown: 0.2,
  riskRatio: 1,
  maxProfitUsd: 0,
  maxLossUsd: 0,
  ageDays: 100,
  netPnlUsd: 0,
});
