/**
 * round(a * b / c) in exact integers, halves away from zero, also where a * b leaves 2^53.
 * Needs c > 0 and a result within 2^53.
 */
export function mulDivRound(a: number, b: number, c: number): number {
  if (b === c) return a;
  const negative = a < 0 !== b < 0;
  const value = mulDivMagnitude(Math.abs(a), Math.abs(b), c);
  return value === 0 ? 0 : negative ? -value : value;
}

function mulDivMagnitude(a: number, b: number, c: number): number {
  const whole = Math.floor(a / c);
  const rest = a - whole * c;
  const product = rest * b;
  if (whole * c <= a && rest < c && product <= Number.MAX_SAFE_INTEGER) {
    const quotient = Math.floor(product / c);
    const remainder = product - quotient * c;
    return whole * b + quotient + (2 * remainder >= c ? 1 : 0);
  }
  const exact = BigInt(a) * BigInt(b);
  const divisor = BigInt(c);
  return Number((exact * 2n + divisor) / (divisor * 2n));
}
