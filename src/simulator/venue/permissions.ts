/** Who may sign for whom: accounts, agents, nonces and the address action budget (protocol reference 1.4, 4.4, 4.5). */
import type { Address } from '../../domain/address.ts';
import type { Action, SignedRequest } from './actions.ts';
import { wireDecimal } from './arithmetic.ts';
import type { Account, Agent, State } from './state.ts';

const USD = 1_000_000;
const NOBODY = '0x0000000000000000000000000000000000000000';
const USER_SIGNED: ReadonlySet<Action['type']> = new Set([
  'approveAgent',
  'approveBuilderFee',
  'usdSend',
  'withdraw3',
  'spotSend',
  'usdClassTransfer',
  'sendAsset',
  'userSetAbstraction',
  'userDexAbstraction',
  'userPortfolioMargin',
]);

const isUserSigned = (action: Action): boolean => USER_SIGNED.has(action.type);

export interface Actor {
  /** The key's own account. */
  readonly signer: Account;
  /** The account that the action is for: a sub-account or vault if one was named. */
  readonly account: Account;
  readonly byAgent: boolean;
}

/** @returns who acts, or the refusal's text. */
export function resolveActor(s: State, request: SignedRequest): Actor | string {
  const own = s.accounts.get(request.signer);
  if (isUserSigned(request.action)) {
    if (own === undefined || own.kind !== 'user')
      return `Must deposit before performing actions. User: ${request.signer}`;
    return { signer: own, account: own, byAgent: false };
  }
  const agent = own === undefined ? s.agents.get(request.signer) : undefined;
  const signer = own ?? agent?.account;
  if (signer === undefined) return `User or API Wallet ${request.signer} does not exist.`;
  if (request.vaultAddress === null || request.vaultAddress === signer.address)
    return { signer, account: signer, byAgent: agent !== undefined };
  const target = s.accounts.get(request.vaultAddress);
  if (target === undefined || !(target.master === signer || target.vault?.leader === signer))
    return `Vault not registered: ${request.vaultAddress}`;
  return { signer, account: target, byAgent: agent !== undefined };
}

/** Burns the nonce. @returns null, or why it is refused. */
export function burnNonce(s: State, signer: Address, nonce: number): string | null {
  const { kept, pastMs, futureMs } = s.rules.nonces;
  if (!Number.isSafeInteger(nonce) || nonce < 0) return 'Nonce mismatch.';
  const low = s.time - pastMs;
  const high = s.time + futureMs;
  if (nonce <= low) return `Invalid nonce: nonce too low ${nonce} < ${low}`;
  if (nonce >= high) return `Invalid nonce: nonce too high ${nonce} > ${high}`;
  const set = s.nonces.get(signer) ?? { kept: [] };
  if (set.kept.length === 0) s.nonces.set(signer, set);
  const list = set.kept;
  const smallest = list[0];
  if (list.length >= kept && smallest !== undefined && nonce < smallest)
    return `Invalid nonce: nonce too low ${nonce} < ${smallest}`;
  let at = list.length;
  while (at > 0 && (list[at - 1] as number) > nonce) at -= 1;
  if (at > 0 && list[at - 1] === nonce) return `Invalid nonce: duplicate nonce ${nonce}`;
  list.splice(at, 0, nonce);
  if (list.length > kept) list.shift();
  return null;
}

export const requestCapOf = (s: State, account: Account): number =>
  s.rules.budget.initial + Math.floor(account.cumulativeVolume / USD) + account.requestsReserved;

/** Requests that the action counts against the address. */
export function requestCount(action: Action): number {
  switch (action.type) {
    case 'order':
      return action.orders.length;
    case 'cancel':
    case 'cancelByCloid':
      return action.cancels.length;
    case 'batchModify':
      return action.modifies.length;
    default:
      return 1;
  }
}

const isCancel = (action: Action): boolean => action.type === 'cancel' || action.type === 'cancelByCloid';

/** Charges the action to the address budget. @returns null, or the refusal's text. */
export function spendBudget(s: State, account: Account, action: Action): string | null {
  if (!account.ordinary) return null;
  const rules = s.rules.budget;
  const cap = requestCapOf(s, account);
  const limit = isCancel(action) ? Math.min(cap + rules.cancelExtra, cap * 2) : cap;
  const count = requestCount(action);
  if (account.requestsUsed + count > limit) {
    // Refused requests are not counted and do not restart the window. The venue refuses beyond its cap, not at it.
    if (account.requestsUsed > limit && s.time - account.lastExhaustedAt < rules.exhaustedIntervalMs)
      return `Too many cumulative requests sent (${account.requestsUsed} > ${limit}) for cumulative volume traded $${dollars(account.cumulativeVolume)}. Place taker orders to free up 1 request per USDC traded.`;
    account.lastExhaustedAt = s.time;
  }
  account.requestsUsed += count;
  return null;
}

const dollars = (microUsd: number): string => wireDecimal(Math.floor(microUsd / 10_000), 2);

function removeAgent(s: State, agent: Agent): void {
  s.agents.delete(agent.address);
  s.nonces.delete(agent.address);
  const list = agent.account.agents;
  const index = list.indexOf(agent);
  if (index >= 0) list.splice(index, 1);
}

export function expireAgent(s: State, address: Address): void {
  const agent = s.agents.get(address);
  if (agent) removeAgent(s, agent);
}

/** Expiry is enforced here, not at the signature: an agent works for up to one prune period longer. */
export function pruneAgents(s: State): void {
  for (const agent of [...s.agents.values()]) if (agent.validUntil < s.time) removeAgent(s, agent);
}

const VALID_UNTIL = / valid_until (\d{1,16})$/;

/** @returns null, or the refusal's text. */
export function approveAgent(
  s: State,
  account: Account,
  address: Address,
  nameText: string | null,
): string | null {
  const rules = s.rules.agents;
  let name: string | null = nameText === null || nameText === '' ? null : nameText;
  let validUntil = s.time + rules.validMs;
  const suffix = name === null ? null : VALID_UNTIL.exec(name);
  if (suffix && name !== null) {
    validUntil = Number(suffix[1]);
    name = name.slice(0, suffix.index) || null;
    if (validUntil <= s.time) return 'Agent valid_until already expired.';
    if (validUntil > s.time + rules.maxValidMs) return 'Agent valid_until too far in the future.';
  }
  if (name !== null && name.length > 16) return 'Extra agent name too long.';
  const previous = account.agents.find((a) => a.name === name);
  if (address === NOBODY) {
    if (previous) removeAgent(s, previous);
    return null;
  }
  const taken = s.agents.get(address);
  if (s.accounts.has(address) || (taken && taken !== previous)) return 'Extra agent already used.';
  const limit = rules.named + rules.perSubAccount * account.subAccounts.length;
  if (
    name !== null &&
    previous === undefined &&
    account.agents.filter((a) => a.name !== null).length >= limit
  )
    return `Too many extra agents for cumulative volume traded. Current limit is ${limit}`;
  if (previous) removeAgent(s, previous);
  const agent: Agent = { address, account, name, validUntil };
  s.agents.set(address, agent);
  account.agents.push(agent);
  return null;
}
