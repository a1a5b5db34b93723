/** The normal, gamma and beta functions that the statistics need, in float64. */

/** Standard normal distribution function; absolute error below 1e-14 (rational approximation of Hart and West). */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  const z = Math.abs(x);
  if (z > 37) return x > 0 ? 1 : 0;
  const tail = Math.exp((-z * z) / 2) * (z < 7.071_067_811_865_47 ? centralRatio(z) : farRatio(z));
  return x > 0 ? 1 - tail : tail;
}

function centralRatio(z: number): number {
  const above =
    (((((0.035_262_496_599_891_1 * z + 0.700_383_064_443_688) * z + 6.373_962_203_531_65) * z +
      33.912_866_078_383) *
      z +
      112.079_291_497_871) *
      z +
      221.213_596_169_931) *
      z +
    220.206_867_912_376;
  const below =
    ((((((0.088_388_347_648_318_4 * z + 1.755_667_163_182_64) * z + 16.064_177_579_207) * z +
      86.780_732_202_946_1) *
      z +
      296.564_248_779_674) *
      z +
      637.333_633_378_831) *
      z +
      793.826_512_519_948) *
      z +
    440.413_735_824_752;
  return above / below;
}

const farRatio = (z: number): number =>
  1 / ((z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))))) * 2.506_628_274_631_000_7);

const normalDensity = (x: number): number => Math.exp((-x * x) / 2) / 2.506_628_274_631_000_7;

/** Inverse of the normal distribution function for p in (0, 1); infinite at the ends. */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  // A coarse start (Hastings), then Newton's steps on the distribution function itself.
  let x = -(
    t -
    (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
  );
  for (let i = 0; i < 4; i++) x -= (normalCdf(x) - p) / normalDensity(x);
  return x;
}

/** ln of the gamma function for x > 0 (Stirling's series after shifting x above 12). */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  while (z < 12) {
    shift += Math.log(z);
    z++;
  }
  const inverse = 1 / z;
  const square = inverse * inverse;
  const series =
    inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))));
  return (z - 0.5) * Math.log(z) - z + 0.918_938_533_204_672_7 + series - shift;
}

/** Regularised incomplete beta function: P(X <= x) for X ~ Beta(a, b). */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x));
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** Continued fraction of the incomplete beta function, by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), tiny);
  let value = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d, tiny);
    c = nonZero(1 + even / c, tiny);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d, tiny);
    c = nonZero(1 + odd / c, tiny);
    const step = d * c;
    value *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return value;
}

const nonZero = (value: number, tiny: number): number => (Math.abs(value) < tiny ? tiny : value);

/** P(T > t) for Student's t with `freedom` degrees of freedom. */
export function studentTail(t: number, freedom: number): number {
  const tail = 0.5 * betaCdf(freedom / (freedom + t * t), freedom / 2, 0.5);
  return t > 0 ? tail : 1 - tail;
}

/** Quantile of Beta(a, b), by bisection to full precision. */
export function betaQuantile(p: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (betaCdf(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
