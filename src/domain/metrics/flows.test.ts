import { describe, expect, it } from 'vitest';
import { microUsd } from '../money.ts';
import { type LedgerEntry, perpetualsFlow } from './flows.ts';

const amount = microUsd(100e6);
const fee = microUsd(1e6);

describe('external flow of a ledger entry', () => {
  const cases: readonly [LedgerEntry, number][] = [
    [{ kind: 'deposit', amount }, 100],
    [{ kind: 'rewardsClaim', amount }, 100],
    [{ kind: 'vaultDistribution', amount }, 100],
    [{ kind: 'vaultLeaderCommission', amount }, 100],
    [{ kind: 'withdraw', amount, fee }, -101],
    [{ kind: 'vaultCreate', amount }, -100],
    [{ kind: 'vaultDeposit', amount }, -100],
    [{ kind: 'vaultWithdraw', netAmount: amount }, 100],
    [{ kind: 'accountClassTransfer', amount, toPerpetuals: true }, 100],
    [{ kind: 'accountClassTransfer', amount, toPerpetuals: false }, -100],
    [{ kind: 'internalTransfer', amount, fee, incoming: true }, 100],
    [{ kind: 'internalTransfer', amount, fee, incoming: false }, -101],
    [{ kind: 'subAccountTransfer', amount, fee: microUsd(0), incoming: false }, -100],
    [{ kind: 'send', amount, fee, fromPerpetuals: true, toPerpetuals: false }, -101],
    [{ kind: 'send', amount, fee, fromPerpetuals: false, toPerpetuals: true }, 100],
    // Between two perpetuals dexes of the same wallet only the fee leaves.
    [{ kind: 'send', amount, fee, fromPerpetuals: true, toPerpetuals: true }, -1],
    [{ kind: 'send', amount, fee, fromPerpetuals: false, toPerpetuals: false }, 0],
    [{ kind: 'spotTransfer' }, 0],
    [{ kind: 'stakingTransfer' }, 0],
    [{ kind: 'spotGenesis' }, 0],
    [{ kind: 'deployGasAuction' }, 0],
    [{ kind: 'liquidation' }, 0],
  ];
  it.each(cases)('%j', (entry, dollars) => {
    expect(perpetualsFlow(entry)).toBe(dollars * 1e6);
  });
  it('refuses a kind that has no rule', () => {
    expect(() => perpetualsFlow({ kind: 'surprise' } as unknown as LedgerEntry)).toThrow(/no rule/);
  });
});
