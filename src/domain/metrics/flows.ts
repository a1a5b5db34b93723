/**
 * Which ledger entries are money from outside for the perpetuals account of one wallet. A return must not count
 * them; everything else that changes equity is PnL. Liquidations are PnL: they are never a withdrawal.
 */
import { DomainError } from '../errors.ts';
import { type MicroUsd, microUsd } from '../money.ts';

/** A ledger entry in full words. Amounts are positive micro-USD; `fee` is what the sender paid on top. */
export type LedgerEntry =
  | {
      readonly kind: 'deposit' | 'rewardsClaim' | 'vaultDistribution' | 'vaultLeaderCommission';
      readonly amount: MicroUsd;
    }
  | { readonly kind: 'withdraw'; readonly amount: MicroUsd; readonly fee: MicroUsd }
  | { readonly kind: 'vaultCreate' | 'vaultDeposit'; readonly amount: MicroUsd }
  | { readonly kind: 'vaultWithdraw'; readonly netAmount: MicroUsd }
  /** Between the wallet's own spot and perpetuals accounts. */
  | { readonly kind: 'accountClassTransfer'; readonly amount: MicroUsd; readonly toPerpetuals: boolean }
  /** Between wallets; `incoming` when this wallet received. */
  | {
      readonly kind: 'internalTransfer' | 'subAccountTransfer';
      readonly amount: MicroUsd;
      readonly fee: MicroUsd;
      readonly incoming: boolean;
    }
  /** Between any two balances: counts where one side is this wallet's perpetuals and the other is not. */
  | {
      readonly kind: 'send' | 'borrowLend' | 'activateDexAbstraction';
      readonly amount: MicroUsd;
      readonly fee: MicroUsd;
      readonly fromPerpetuals: boolean;
      readonly toPerpetuals: boolean;
    }
  /** Touch no perpetuals balance. */
  | { readonly kind: 'spotTransfer' | 'stakingTransfer' | 'spotGenesis' | 'deployGasAuction' }
  /** PnL, not a flow. */
  | { readonly kind: 'liquidation' };

/** External flow into the perpetuals account: deposits positive, withdrawals negative, 0 for what is none. */
export function perpetualsFlow(entry: LedgerEntry): MicroUsd {
  switch (entry.kind) {
    case 'deposit':
    case 'rewardsClaim':
    case 'vaultDistribution':
    case 'vaultLeaderCommission':
      return entry.amount;
    case 'withdraw':
      return microUsd(-(entry.amount + entry.fee));
    case 'vaultCreate':
    case 'vaultDeposit':
      return microUsd(-entry.amount);
    case 'vaultWithdraw':
      return entry.netAmount;
    case 'accountClassTransfer':
      return microUsd(entry.toPerpetuals ? entry.amount : -entry.amount);
    case 'internalTransfer':
    case 'subAccountTransfer':
      return microUsd(entry.incoming ? entry.amount : -(entry.amount + entry.fee));
    case 'send':
    case 'borrowLend':
    case 'activateDexAbstraction':
      return betweenBalances(entry);
    case 'spotTransfer':
    case 'stakingTransfer':
    case 'spotGenesis':
    case 'deployGasAuction':
    case 'liquidation':
      return microUsd(0);
    default:
      throw new DomainError(
        'LEDGER_KIND_UNKNOWN',
        `ledger entry of kind ${JSON.stringify((entry as { kind: unknown }).kind)} has no rule: returns would be wrong`,
      );
  }
}

function betweenBalances(entry: {
  readonly amount: MicroUsd;
  readonly fee: MicroUsd;
  readonly fromPerpetuals: boolean;
  readonly toPerpetuals: boolean;
}): MicroUsd {
  const out = entry.fromPerpetuals ? entry.amount + entry.fee : 0;
  const back = entry.toPerpetuals ? entry.amount : 0;
  return microUsd(back - out);
}
