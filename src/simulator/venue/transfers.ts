/** Money that moves without trading: deposits, withdrawals, sends, between perp and spot, dexs, sub-accounts. */
import type { Address } from '../../domain/address.ts';
import { isAddress } from '../../domain/address.ts';
import { type MicroUsd, parseScaled } from '../../domain/money.ts';
import { wireUsd } from './arithmetic.ts';
import { recordLedger } from './ledger.ts';
import { withdrawableOf } from './margin.ts';
import { type Account, isUnified, newAccount, type Pot, potOf, type State } from './state.ts';

/** Balances stay far inside 2^53 micro-USD: one account may hold at most this. */
export const LARGEST_BALANCE = 4_000_000_000_000_000;

export const INSUFFICIENT = 'Insufficient balance';

/** Decimal USD text to micro-USD; digits beyond the sixth are cut as the venue does. null if not a positive amount. */
function parseAmount(text: string): number | null {
  const match = /^(\d{1,12})(?:\.(\d{1,18}))?$/.exec(text);
  if (!match) return null;
  const amount = parseScaled(`${match[1]}.${(match[2] ?? '').slice(0, 6) || '0'}`, 6);
  return amount > 0 && amount <= LARGEST_BALANCE ? amount : null;
}

export function accountFor(s: State, address: Address): Account {
  return s.accounts.get(address) ?? newAccount(s, address, 'user');
}

function flow(account: Account, usd: number): void {
  account.netFlow += usd;
  account.netPerpFlow += usd;
}

export function creditPerp(s: State, pot: Pot, usd: number): void {
  pot.usd = (pot.usd + usd) as MicroUsd;
  pot.examineAt = -1;
  s.events.touched.add(pot.account.address);
}

export function deposit(s: State, address: Address, usd: number): void {
  const account = accountFor(s, address);
  creditPerp(s, potOf(account, 0), usd);
  flow(account, usd);
  s.deposits += BigInt(usd);
  const dex = s.dexes[0];
  if (dex) dex.netDeposit += usd;
  recordLedger(s, account, { type: 'deposit', usdc: wireUsd(usd) });
}

/** All functions below return null, or the refusal's text. */
export function withdraw(s: State, account: Account, amount: string, nonce: number): string | null {
  const usd = parseAmount(amount);
  const fee = s.rules.withdrawFee;
  if (usd === null || usd <= fee) return 'Insufficient balance for withdrawal.';
  const pot = potOf(account, 0);
  if (withdrawableOf(pot) < usd) return 'Insufficient balance for withdrawal.';
  creditPerp(s, pot, -usd);
  flow(account, -usd);
  s.withdrawals += BigInt(usd - fee);
  s.fees += BigInt(fee);
  const dex = s.dexes[0];
  if (dex) dex.netDeposit -= usd;
  recordLedger(s, account, { type: 'withdraw', usdc: wireUsd(usd - fee), nonce, fee: wireUsd(fee) });
  return null;
}

export function usdSend(s: State, account: Account, destination: Address, amount: string): string | null {
  const usd = parseAmount(amount);
  const pot = potOf(account, 0);
  if (usd === null || withdrawableOf(pot) < usd) return 'Insufficient balance for withdrawal.';
  if (destination === account.address) return 'Cannot self-transfer';
  const to = accountFor(s, destination);
  creditPerp(s, pot, -usd);
  creditPerp(s, potOf(to, 0), usd);
  flow(account, -usd);
  flow(to, usd);
  const delta = {
    type: 'internalTransfer' as const,
    usdc: wireUsd(usd),
    user: account.address,
    destination: to.address,
    fee: '0.0',
  };
  recordLedger(s, account, delta);
  recordLedger(s, to, delta);
  return null;
}

export function classTransfer(s: State, signer: Account, amountText: string, toPerp: boolean): string | null {
  const [amount = '', sub] = amountText.split(' subaccount:');
  const account =
    sub === undefined ? signer : signer.subAccounts.find((a) => a.address === sub.toLowerCase());
  if (account === undefined) return `Invalid sub-account transfer from ${signer.address} to ${sub}`;
  if (isUnified(account)) return 'Action disabled when unified account is active';
  const usd = parseAmount(amount);
  const pot = potOf(account, 0);
  if (usd === null || (toPerp ? account.spotUsd : withdrawableOf(pot)) < usd)
    return toPerp ? 'Insufficient spot balance' : 'Insufficient balance';
  account.spotUsd += toPerp ? -usd : usd;
  creditPerp(s, pot, toPerp ? usd : -usd);
  account.netPerpFlow += toPerp ? usd : -usd;
  recordLedger(s, account, { type: 'accountClassTransfer', usdc: wireUsd(usd), toPerp });
  return null;
}

export function subAccountTransfer(
  s: State,
  master: Account,
  subAddress: Address,
  isDeposit: boolean,
  usd: number,
): string | null {
  const sub = master.subAccounts.find((a) => a.address === subAddress);
  const [from, to] = isDeposit ? [master, sub] : [sub, master];
  if (from === undefined || to === undefined)
    return `Invalid sub-account transfer from ${master.address} to ${subAddress}`;
  const pot = potOf(from, 0);
  if (!Number.isSafeInteger(usd) || usd <= 0 || withdrawableOf(pot) < usd) return INSUFFICIENT;
  creditPerp(s, pot, -usd);
  creditPerp(s, potOf(to, 0), usd);
  flow(from, -usd);
  flow(to, usd);
  const delta = {
    type: 'subAccountTransfer' as const,
    usdc: wireUsd(usd),
    user: from.address,
    destination: to.address,
  };
  recordLedger(s, master, delta);
  if (sub) recordLedger(s, sub, delta);
  return null;
}

function spotDebit(account: Account, usd: number): string | null {
  if (isUnified(account)) {
    const pot = potOf(account, 0);
    if (withdrawableOf(pot) < usd) return 'Insufficient spot balance';
    pot.usd = (pot.usd - usd) as MicroUsd;
    return null;
  }
  if (account.spotUsd < usd) return 'Insufficient spot balance';
  account.spotUsd -= usd;
  return null;
}

function spotCredit(account: Account, usd: number): void {
  if (isUnified(account)) {
    const pot = potOf(account, 0);
    pot.usd = (pot.usd + usd) as MicroUsd;
  } else account.spotUsd += usd;
}

const isUsdc = (token: string): boolean => token === 'USDC' || token.startsWith('USDC:') || token === '';

export function spotSend(
  s: State,
  account: Account,
  destination: Address,
  token: string,
  amount: string,
): string | null {
  const usd = parseAmount(amount);
  if (!isUsdc(token) || usd === null) return 'Insufficient spot balance';
  const refused = spotDebit(account, usd);
  if (refused !== null) return refused;
  const to = accountFor(s, destination);
  spotCredit(to, usd);
  account.netFlow -= usd;
  to.netFlow += usd;
  const delta = {
    type: 'spotTransfer' as const,
    token: 'USDC',
    amount: wireUsd(usd),
    usdcValue: wireUsd(usd),
    user: account.address,
    destination: to.address,
    fee: '0.0',
    nativeTokenFee: '0.0',
    nonce: null,
    feeToken: 'USDC',
  };
  recordLedger(s, account, delta);
  recordLedger(s, to, delta);
  return null;
}

export interface SendAsset {
  readonly destination: Address;
  readonly sourceDex: string;
  readonly destinationDex: string;
  readonly token: string;
  readonly amount: string;
  readonly fromSubAccount: string;
}

/** Between dexs ("" first dex, "spot", or a builder dex's name) and accounts. */
export function sendAsset(
  s: State,
  signer: Account,
  send: SendAsset,
  nonce: number,
  byAgent: boolean,
): string | null {
  const from =
    send.fromSubAccount === ''
      ? signer
      : signer.subAccounts.find((a) => a.address === send.fromSubAccount.toLowerCase());
  if (from === undefined || !isAddress(send.destination)) return INSUFFICIENT;
  const own =
    send.destination === signer.address || signer.subAccounts.some((a) => a.address === send.destination);
  if (byAgent && !own) return 'Agent can only send asset to same user or their sub-accounts.';
  const usd = parseAmount(send.amount);
  if (usd === null || !isUsdc(send.token)) return INSUFFICIENT;
  const source = placeOf(s, send.sourceDex);
  const target = placeOf(s, send.destinationDex);
  if (source === null || target === null) return 'Invalid perp DEX';
  if (isUnified(from) && source === target && from.address === send.destination)
    return 'Action disabled when unified account is active';
  const refused = takeFrom(s, from, source, usd);
  if (refused !== null) return refused;
  const to = accountFor(s, send.destination);
  putInto(s, to, target, usd);
  if (to !== from) {
    from.netFlow -= usd;
    to.netFlow += usd;
  }
  if (source !== 'spot') from.netPerpFlow -= usd;
  if (target !== 'spot') to.netPerpFlow += usd;
  const delta = {
    type: 'send' as const,
    user: from.address,
    destination: to.address,
    sourceDex: send.sourceDex,
    destinationDex: send.destinationDex,
    token: 'USDC',
    amount: wireUsd(usd),
    usdcValue: wireUsd(usd),
    fee: '0.0',
    nativeTokenFee: '0.0',
    nonce,
    feeToken: '',
  };
  recordLedger(s, from, delta);
  if (to !== from) recordLedger(s, to, delta);
  return null;
}

function placeOf(s: State, dex: string): number | 'spot' | null {
  if (dex === 'spot') return 'spot';
  return s.dexes.find((d) => d.name === dex)?.index ?? null;
}

function takeFrom(s: State, account: Account, place: number | 'spot', usd: number): string | null {
  if (place === 'spot') return spotDebit(account, usd);
  const pot = potOf(account, place);
  if (withdrawableOf(pot) < usd) return INSUFFICIENT;
  creditPerp(s, pot, -usd);
  const dex = s.dexes[place];
  if (dex) dex.netDeposit -= usd;
  return null;
}

function putInto(s: State, account: Account, place: number | 'spot', usd: number): void {
  if (place === 'spot') {
    spotCredit(account, usd);
    return;
  }
  creditPerp(s, potOf(account, place), usd);
  const dex = s.dexes[place];
  if (dex) dex.netDeposit += usd;
}
