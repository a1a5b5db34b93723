/** Draws from the distributions of the population out of one seeded stream. */
import { type Random, seededRandom } from '../../runtime/random.ts';
import type { Distribution } from './archetypes.ts';

export class Draw {
  readonly #random: Random;
  #spare = Number.NaN;

  constructor(seed: string) {
    this.#random = seededRandom(seed);
  }

  uniform(low = 0, high = 1): number {
    return low + (high - low) * this.#random.next();
  }

  int(maxExclusive: number): number {
    return this.#random.int(maxExclusive);
  }

  /** Standard normal, by the polar method. */
  normal(): number {
    if (!Number.isNaN(this.#spare)) {
      const value = this.#spare;
      this.#spare = Number.NaN;
      return value;
    }
    for (;;) {
      const u = 2 * this.#random.next() - 1;
      const v = 2 * this.#random.next() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(s)) / s);
      this.#spare = v * scale;
      return u * scale;
    }
  }

  /** About standard normal, bounded at 3.5, from four uniforms: three times as fast as the exact one. */
  bell(): number {
    const random = this.#random;
    return (random.next() + random.next() + random.next() + random.next() - 2) * 1.732_050_8;
  }

  /** Gamma with integer or half-integer shape as a sum of exponentials and a squared normal. */
  #gamma(shape: number): number {
    // Marsaglia and Tsang, with the boost for shapes below one.
    if (shape < 1) return this.#gamma(shape + 1) * this.#random.next() ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v <= 0) continue;
      if (Math.log(1 - this.#random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  /** Factor that turns a normal day into a Student-t day of unit variance. */
  tailFactor(freedom: number): number {
    return Math.sqrt((freedom - 2) / (2 * this.#gamma(freedom / 2)));
  }

  from(d: Distribution): number {
    switch (d.kind) {
      case 'constant':
        return d.value;
      case 'uniform':
        return this.uniform(d.low, d.high);
      case 'logUniform':
        return d.low * (d.high / d.low) ** this.#random.next();
      case 'normal':
        return d.mean + d.deviation * this.normal();
      case 'logNormal':
        return Math.max(d.least ?? 0, d.median * Math.exp(d.sigma * this.normal()));
      case 'beta': {
        const a = this.#gamma(d.a);
        return a / (a + this.#gamma(d.b));
      }
    }
  }
}
