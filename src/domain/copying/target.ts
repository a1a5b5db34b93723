/**
 * What a follower should hold of one coin: the sum of what every leader's position asks for, before anything is sent,
 * so that opposite leaders cancel without an order (metrics reference, sections 6.1 and 6.4).
 */
import { DomainError } from '../errors.ts';
import { type Lots, lots, type MicroUsd } from '../money.ts';

export interface LeaderShare {
  /** Part of the follower's equity that copies this leader, in millionths. */
  readonly weightPpm: number;
  /** The leader's, when the episode began: a deposit of the leader's must not make the follower sell. */
  readonly equity: MicroUsd;
  /** Signed. */
  readonly position: Lots;
}

const PPM = 1_000_000n;

/**
 * The follower's target position in whole lots, toward zero; the sum is exact.
 * @throws DomainError `NO_EQUITY` where a leader's equity is not positive or the follower's is negative.
 */
export function targetPosition(equity: MicroUsd, leaders: readonly LeaderShare[]): Lots {
  if (equity < 0) throw new DomainError('NO_EQUITY', `a follower's equity is not negative, got ${equity}`);
  let numerator = 0n;
  let denominator = 1n;
  for (const leader of leaders) {
    if (leader.equity <= 0)
      throw new DomainError('NO_EQUITY', `a leader to copy has an equity above zero, got ${leader.equity}`);
    const divisor = BigInt(leader.equity);
    const wanted = BigInt(leader.weightPpm) * BigInt(equity) * BigInt(leader.position);
    numerator = numerator * divisor + wanted * denominator;
    denominator *= divisor;
  }
  return lots(Number(numerator / (denominator * PPM)));
}
