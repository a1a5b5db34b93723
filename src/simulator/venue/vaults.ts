/** Vaults: an account that its leader trades and depositors own by shares. */
import type { Address } from '../../domain/address.ts';
import type { MicroUsd } from '../../domain/money.ts';
import { derivedAddressText, wireUsd } from './arithmetic.ts';
import { recordLedger } from './ledger.ts';
import { perpEquity, withdrawableOf } from './margin.ts';
import { type Account, newAccount, potOf, type State, type VaultShare, type VaultState } from './state.ts';
import { INSUFFICIENT } from './transfers.ts';

export function derivedAddress(s: State, kind: number): Address {
  return derivedAddressText(s.salt ^ kind, s.accountList.length) as Address;
}

/** Value of a holder's shares, micro-USD. */
export function shareValue(vault: VaultState, account: Account, share: VaultShare): number {
  if (vault.totalShares === 0n) return 0;
  return Number((BigInt(Math.max(0, perpEquity(account))) * share.shares) / vault.totalShares);
}

export function createVault(
  s: State,
  leader: Account,
  name: string,
  description: string,
  usd: number,
): { readonly vault: Account } | string {
  const rules = s.rules.vault;
  if (!Number.isSafeInteger(usd) || usd < rules.minInitial)
    return 'Initial deposit too low for vault creation.';
  const pot = potOf(leader, 0);
  if (withdrawableOf(pot) < usd + rules.createFee) return INSUFFICIENT;
  const account = newAccount(s, derivedAddress(s, 0x7a01), 'vault', { name });
  const share = newShare(s, leader.address, 0);
  const vault: VaultState = {
    name,
    description,
    leader,
    shares: new Map([[leader.address, share]]),
    totalShares: 0n,
    allowDeposits: true,
    alwaysCloseOnWithdraw: false,
    isClosed: false,
  };
  account.vault = vault;
  pot.usd = (pot.usd - rules.createFee) as MicroUsd;
  s.fees += BigInt(rules.createFee);
  leader.netFlow -= rules.createFee;
  leader.netPerpFlow -= rules.createFee;
  moveIn(s, leader, account, vault, share, usd);
  recordLedger(s, leader, {
    type: 'vaultCreate',
    vault: account.address,
    usdc: wireUsd(usd),
    fee: wireUsd(rules.createFee),
  });
  return { vault: account };
}

const newShare = (s: State, user: Address, lockMs: number): VaultShare => ({
  user,
  shares: 0n,
  basis: 0,
  entryTime: s.time,
  lockedUntil: s.time + lockMs,
  allTimePnl: 0,
});

function moveIn(
  s: State,
  from: Account,
  to: Account,
  vault: VaultState,
  share: VaultShare,
  usd: number,
): void {
  const equity = BigInt(perpEquity(to));
  const minted =
    vault.totalShares === 0n || equity <= 0n ? BigInt(usd) : (BigInt(usd) * vault.totalShares) / equity;
  share.shares += minted;
  share.basis += usd;
  vault.totalShares += minted;
  moveUsd(s, from, to, usd);
}

function moveUsd(s: State, from: Account, to: Account, usd: number): void {
  const source = potOf(from, 0);
  const target = potOf(to, 0);
  source.usd = (source.usd - usd) as MicroUsd;
  target.usd = (target.usd + usd) as MicroUsd;
  source.examineAt = -1;
  target.examineAt = -1;
  from.netFlow -= usd;
  from.netPerpFlow -= usd;
  to.netFlow += usd;
  to.netPerpFlow += usd;
  s.events.touched.add(from.address);
  s.events.touched.add(to.address);
}

/** @returns null, or the refusal's text. */
export function vaultTransfer(
  s: State,
  user: Account,
  address: Address,
  isDeposit: boolean,
  usd: number,
): string | null {
  const account = s.accounts.get(address);
  const vault = account?.vault;
  if (!account || !vault) return `Vault not registered: ${address}`;
  if (!Number.isSafeInteger(usd) || usd <= 0) return INSUFFICIENT;
  if (isDeposit) {
    if (!vault.allowDeposits || vault.isClosed) return 'Vault may not perform this action';
    if (withdrawableOf(potOf(user, 0)) < usd) return INSUFFICIENT;
    const share = vault.shares.get(user.address) ?? newShare(s, user.address, s.rules.vault.lockupMs);
    share.lockedUntil = s.time + (user === vault.leader ? 0 : s.rules.vault.lockupMs);
    vault.shares.set(user.address, share);
    moveIn(s, user, account, vault, share, usd);
    recordLedger(s, user, { type: 'vaultDeposit', vault: address, usdc: wireUsd(usd) });
    return null;
  }
  return vaultWithdraw(s, user, account, vault, usd);
}

function vaultWithdraw(
  s: State,
  user: Account,
  account: Account,
  vault: VaultState,
  usd: number,
): string | null {
  const share = vault.shares.get(user.address);
  if (share === undefined || shareValue(vault, account, share) < usd)
    return 'Insufficient vault equity for withdrawal.';
  if (share.lockedUntil > s.time) return 'Vault deposit is locked up.';
  if (withdrawableOf(potOf(account, 0)) < usd) return 'Vault has insufficient withdrawable balance.';
  const equity = BigInt(perpEquity(account));
  const rounded = (BigInt(usd) * vault.totalShares + equity - 1n) / equity;
  const burned = rounded > share.shares ? share.shares : rounded;
  const basis = Number((BigInt(share.basis) * burned) / share.shares);
  const profit = Math.max(0, usd - basis);
  const commission = user === vault.leader ? 0 : Math.floor((profit * s.rules.vault.commissionE2) / 100);
  share.shares -= burned;
  share.basis -= basis;
  share.allTimePnl += usd - basis;
  vault.totalShares -= burned;
  if (share.shares === 0n) vault.shares.delete(user.address);
  moveUsd(s, account, user, usd - commission);
  if (commission > 0) {
    moveUsd(s, account, vault.leader, commission);
    recordLedger(s, vault.leader, {
      type: 'vaultLeaderCommission',
      user: user.address,
      usdc: wireUsd(commission),
    });
  }
  recordLedger(s, user, {
    type: 'vaultWithdraw',
    vault: account.address,
    user: user.address,
    requestedUsd: wireUsd(usd),
    commission: wireUsd(commission),
    closingCost: '0.0',
    basis: wireUsd(basis),
    netWithdrawnUsd: wireUsd(usd - commission),
  });
  return null;
}

/** The leader pays `usd` out to every holder by share; 0 closes the vault. @returns null, or the refusal's text. */
export function vaultDistribute(s: State, leader: Account, address: Address, usd: number): string | null {
  const account = s.accounts.get(address);
  const vault = account?.vault;
  if (!account || vault?.leader !== leader) return `Vault not registered: ${address}`;
  if (usd === 0) {
    vault.isClosed = true;
    return null;
  }
  if (!Number.isSafeInteger(usd) || usd < 0 || withdrawableOf(potOf(account, 0)) < usd) return INSUFFICIENT;
  for (const share of vault.shares.values()) {
    const part = Number((BigInt(usd) * share.shares) / vault.totalShares);
    const holder = s.accounts.get(share.user);
    if (part === 0 || holder === undefined) continue;
    share.basis = Math.max(0, share.basis - part);
    moveUsd(s, account, holder, part);
    recordLedger(s, holder, { type: 'vaultDistribution', vault: address, usdc: wireUsd(part) });
  }
  return null;
}
