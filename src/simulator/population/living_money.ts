/** Money of the population after the world began: paid in, taken out, moved to sub-accounts, dexs and vaults. */
import { BUILDER_DEX } from '../venue/coin_table.ts';
import { perpEquity, withdrawableOf } from '../venue/margin.ts';
import { type Account, potOf, type State } from '../venue/state.ts';
import { deposit, sendAsset, subAccountTransfer, withdraw } from '../venue/transfers.ts';
import { vaultTransfer } from '../venue/vaults.ts';
import type { Member } from './cast.ts';
import type { Draw } from './draw.ts';
import type { AccountPast, Past } from './past.ts';

const CENT = 10_000;
/** Nobody pays in or takes out less, micro-USD. */
const LEAST_DEPOSIT = 20_000_000;
const LEAST_WITHDRAWAL = 10_000_000;
const LEAST_IN_VAULT = 5_000_000;

/** One movement of one trader of the past. */
export function moveMoney(s: State, past: Past, draw: Draw): void {
  const { member } = past.accounts[draw.int(past.accounts.length)] as AccountPast;
  const account = s.accounts.get(member.address);
  const what = draw.uniform();
  const part = draw.uniform(0.05, 0.4);
  if (account === undefined || member.kind === 'house' || member.vault) return;
  const usd = Math.floor((Math.max(perpEquity(account), 50_000_000) * part) / CENT) * CENT;
  const free = withdrawableOf(potOf(account, member.reach === 'builder' ? 1 : 0));
  const sub = account.subAccounts[0];
  if (sub !== undefined && what < 0.4)
    subAccountTransfer(s, account, sub.address, free > usd, free > usd ? usd : Math.floor(usd / 10));
  else if (what < 0.08 && member.reach !== 'builder') payIntoVault(s, account, Math.min(usd, free));
  else if (what < 0.5 && free > 2 * usd && usd > LEAST_WITHDRAWAL) takeOut(s, account, member, usd);
  else if (member.master === null) payIn(s, account, member, Math.max(usd, LEAST_DEPOSIT));
}

function payIn(s: State, account: Account, member: Member, usd: number): void {
  deposit(s, member.address, usd);
  if (member.reach === 'builder') sendBetween(s, account, ['', BUILDER_DEX], usd);
}

function takeOut(s: State, account: Account, member: Member, usd: number): void {
  if (member.reach === 'builder') sendBetween(s, account, [BUILDER_DEX, ''], usd);
  withdraw(s, account, String(usd / 1e6), s.time);
}

function sendBetween(
  s: State,
  account: Account,
  [sourceDex, destinationDex]: [string, string],
  usd: number,
): void {
  const { address } = account;
  const send = { destination: address, sourceDex, destinationDex, token: 'USDC', amount: String(usd / 1e6) };
  sendAsset(s, account, { ...send, fromSubAccount: '' }, s.time, false);
}

function payIntoVault(s: State, account: Account, usd: number): void {
  const vault = s.accountList.find((each) => each.vault !== null && each.vault.leader !== account);
  if (vault !== undefined && usd > LEAST_IN_VAULT) vaultTransfer(s, account, vault.address, true, usd);
}
