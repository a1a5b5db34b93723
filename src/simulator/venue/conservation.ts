/** The books balance to the micro-USD, at every block: accounts + fees + insurance + residue = deposits - withdrawals. */
import type { State } from './state.ts';
import type { ConservationReport } from './types.ts';

export function conservationOf(s: State): ConservationReport {
  let accounts = 0n;
  for (const account of s.accountList) {
    accounts += BigInt(account.spotUsd);
    for (const pot of account.pots) {
      accounts += BigInt(pot.usd);
      for (const position of pot.positions)
        accounts += BigInt(position.isolatedUsd) + BigInt(position.szi) * BigInt(position.market.mark);
    }
  }
  const held = accounts + s.fees + s.insurance + s.residue;
  return {
    accounts,
    fees: s.fees,
    insurance: s.insurance,
    residue: s.residue,
    deposits: s.deposits,
    withdrawals: s.withdrawals,
    difference: held - (s.deposits - s.withdrawals),
  };
}
