/** Dispatch of every signed action to its rule; the answer has the venue's shape (protocol reference 4.7). */

import { DomainError } from '../../domain/errors.ts';
import { parseLots, parseTicks } from '../../domain/money.ts';
import { setAbstraction } from './abstraction.ts';
import type { Action, ActionAnswer, SignedRequest } from './actions.ts';
import { wireDecimal } from './arithmetic.ts';
import { topUpIsolated, updateIsolatedMargin, updateLeverage } from './leverage_actions.ts';
import { withdrawableOf } from './margin.ts';
import {
  batchModifyAction,
  cancelAction,
  cancelByCloidAction,
  modifyAction,
  orderAction,
} from './order_actions.ts';
import {
  type Actor,
  approveAgent,
  burnNonce,
  requestCount,
  resolveActor,
  spendBudget,
} from './permissions.ts';
import { type Account, newAccount, potOf, type State } from './state.ts';
import {
  classTransfer,
  creditPerp,
  INSUFFICIENT,
  sendAsset,
  spotSend,
  subAccountTransfer,
  usdSend,
  withdraw,
} from './transfers.ts';
import { cancelTwap, startTwap } from './twap.ts';
import { createVault, derivedAddress, vaultDistribute, vaultTransfer } from './vaults.ts';

const USD = 1_000_000;
const DAY_MS = 86_400_000;
const OK: ActionAnswer = { status: 'ok', response: { type: 'default' } };
const err = (response: string): ActionAnswer => ({ status: 'err', response });
const okOr = (refused: string | null): ActionAnswer => (refused === null ? OK : err(refused));
const dollars = (microUsd: number): string => wireDecimal(Math.floor(microUsd / 10_000), 2);

/** Checks signer, nonce, expiry, batch size and budget, then acts. */
export function executeRequest(s: State, request: SignedRequest): ActionAnswer {
  const actor = resolveActor(s, request);
  if (typeof actor === 'string') return err(actor);
  const { action } = request;
  if (requestCount(action) > s.rules.maxBatch) return err('Signed action over weight limit of 200.');
  const nonceError = burnNonce(s, request.signer, request.nonce);
  if (nonceError !== null) return err(nonceError);
  const { account } = actor;
  if (request.expiresAfter !== null && request.expiresAfter < s.time) {
    account.requestsUsed += s.rules.budget.staleMultiplier * requestCount(action);
    return err('Action already expired');
  }
  const spent = action.type === 'reserveRequestWeight' ? null : spendBudget(s, account, action);
  if (spent !== null) return err(spent);
  const forced = account.refusals[0];
  if (forced?.refusal.level === 'action') {
    forced.count -= 1;
    if (forced.count <= 0) account.refusals.shift();
    return err(forced.refusal.text);
  }
  return (
    tradingAction(s, actor, action) ??
    moneyAction(s, actor, action, request) ??
    settingAction(s, actor, action)
  );
}

function tradingAction(s: State, { account }: Actor, action: Action): ActionAnswer | null {
  switch (action.type) {
    case 'order':
      return orderAction(s, account, action);
    case 'cancel':
      return cancelAction(s, account, action);
    case 'cancelByCloid':
      return cancelByCloidAction(s, account, action);
    case 'modify':
      return modifyAction(s, account, action);
    case 'batchModify':
      return batchModifyAction(s, account, action);
    case 'scheduleCancel':
      return okOr(scheduleCancel(s, account, action.time));
    case 'updateLeverage':
      return okOr(updateLeverage(s, account, s.byAssetId.get(action.asset), action.isCross, action.leverage));
    case 'updateIsolatedMargin':
      return okOr(updateIsolatedMargin(s, account, s.byAssetId.get(action.asset), action.ntli));
    case 'topUpIsolatedOnlyMargin':
      return okOr(topUpIsolated(s, account, s.byAssetId.get(action.asset), action.leverage));
    case 'twapOrder':
      return twapOrder(s, account, action);
    case 'twapCancel': {
      const refused = cancelTwap(s, account, action.t);
      return twapAnswer('twapCancel', refused === null ? 'success' : { error: refused });
    }
    default:
      return null;
  }
}

const twapAnswer = (type: string, status: unknown): ActionAnswer => ({
  status: 'ok',
  response: { type, data: { status } },
});

/** undefined where the text has other digits than the coin. */
function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

function twapOrder(s: State, account: Account, action: Extract<Action, { type: 'twapOrder' }>): ActionAnswer {
  const { a, b, s: size, r, m, t } = action.twap;
  const market = s.byAssetId.get(a);
  if (market === undefined) return twapAnswer('twapOrder', { error: `Order has invalid asset. asset=${a}` });
  const sz = parsed(() => parseLots(size, market.szDecimals));
  if (sz === undefined || sz <= 0) return twapAnswer('twapOrder', { error: 'Order has invalid size.' });
  const { t: trigger = null, s: stop = null } = action.details ?? {};
  const stopPx = stop === null ? null : parsed(() => parseTicks(stop, market.szDecimals));
  const triggerPx = trigger === null ? null : parsed(() => parseTicks(trigger.p, market.szDecimals));
  if (stopPx === undefined || triggerPx === undefined)
    return twapAnswer('twapOrder', { error: 'Price must be divisible by tick size.' });
  const started = startTwap(s, account, {
    market,
    isBuy: b,
    sz,
    reduceOnly: r,
    minutes: m,
    randomize: t,
    stopPx,
    trigger: trigger === null || triggerPx === null ? null : { px: triggerPx, above: trigger.a },
  });
  return twapAnswer(
    'twapOrder',
    typeof started === 'number' ? { running: { twapId: started } } : { error: started },
  );
}

function scheduleCancel(s: State, account: Account, time: number | undefined): string | null {
  const rules = s.rules.scheduleCancel;
  if (time === undefined) {
    account.scheduledCancel = null;
    s.scheduled.delete(account);
    return null;
  }
  if (account.cumulativeVolume < rules.volumeUsd * USD)
    return `Cannot set scheduled cancel time until enough volume traded. Required: $${rules.volumeUsd}. Traded: $${dollars(account.cumulativeVolume)}`;
  if (time < s.time + rules.minAheadMs)
    return 'Scheduled cancel time too early, must be at least 5 seconds from now.';
  const day = Math.floor(s.time / DAY_MS);
  if (account.scheduleTriggers.day === day && account.scheduleTriggers.count >= rules.perDay)
    return 'Too many scheduled cancels triggered today.';
  account.scheduledCancel = time;
  s.scheduled.add(account);
  return null;
}

function moneyAction(s: State, actor: Actor, action: Action, request: SignedRequest): ActionAnswer | null {
  const { account, signer } = actor;
  switch (action.type) {
    case 'usdSend':
      return okOr(usdSend(s, account, action.destination, action.amount));
    case 'withdraw3':
      return okOr(withdraw(s, account, action.amount, request.nonce));
    case 'spotSend':
      return okOr(spotSend(s, account, action.destination, action.token, action.amount));
    case 'usdClassTransfer':
      return okOr(classTransfer(s, account, action.amount, action.toPerp));
    case 'sendAsset':
    case 'agentSendAsset':
      return okOr(sendAsset(s, signer, action, request.nonce, actor.byAgent));
    case 'subAccountTransfer':
      return okOr(subAccountTransfer(s, signer, action.subAccountUser, action.isDeposit, action.usd));
    case 'subAccountSpotTransfer':
      return okOr(subAccountSpot(s, signer, action));
    case 'vaultTransfer':
      return okOr(vaultTransfer(s, account, action.vaultAddress, action.isDeposit, action.usd));
    case 'vaultDistribute':
      return okOr(vaultDistribute(s, signer, action.vaultAddress, action.usd));
    case 'createVault': {
      const made = createVault(s, signer, action.name, action.description, action.initialUsd);
      if (typeof made === 'string') return err(made);
      return { status: 'ok', response: { type: 'createVault', data: made.vault.address } };
    }
    case 'reserveRequestWeight':
      return okOr(reserveWeight(s, account, action.weight, action.destination));
    default:
      return null;
  }
}

function subAccountSpot(
  s: State,
  master: Account,
  action: Extract<Action, { type: 'subAccountSpotTransfer' }>,
): string | null {
  const sub = master.subAccounts.find((a) => a.address === action.subAccountUser);
  if (sub === undefined)
    return `Invalid sub-account transfer from ${master.address} to ${action.subAccountUser}`;
  const [from, to] = action.isDeposit ? [master, sub] : [sub, master];
  return spotSend(s, from, to.address, action.token, action.amount);
}

function reserveWeight(
  s: State,
  account: Account,
  weight: number,
  destination: string | undefined,
): string | null {
  const target =
    destination === undefined ? account : [...s.accounts.values()].find((a) => a.address === destination);
  const price = weight * s.rules.budget.reservePrice;
  const pot = potOf(account, 0);
  if (target === undefined || !Number.isSafeInteger(weight) || weight <= 0) return INSUFFICIENT;
  if (withdrawableOf(pot) < price) return INSUFFICIENT;
  creditPerp(s, pot, -price);
  account.netFlow -= price;
  account.netPerpFlow -= price;
  s.fees += BigInt(price);
  target.requestsReserved += weight;
  return null;
}

function settingAction(s: State, actor: Actor, action: Action): ActionAnswer {
  const { account, signer } = actor;
  switch (action.type) {
    case 'approveAgent':
      return okOr(approveAgent(s, account, action.agentAddress, action.agentName));
    case 'approveBuilderFee':
      return okOr(approveBuilder(s, account, action));
    case 'userSetAbstraction':
    case 'userDexAbstraction':
    case 'userPortfolioMargin':
    case 'agentSetAbstraction':
    case 'agentEnableDexAbstraction':
      return okOr(setAbstraction(s, account, action));
    case 'createSubAccount':
      return createSubAccount(s, signer, action.name);
    case 'subAccountModify': {
      const sub = signer.subAccounts.find((a) => a.address === action.subAccountUser);
      if (sub === undefined) return err(`Invalid sub-account ${action.subAccountUser}`);
      sub.name = action.name;
      return OK;
    }
    case 'vaultModify': {
      const vault = s.accounts.get(action.vaultAddress)?.vault;
      if (!vault || vault.leader !== signer) return err(`Vault not registered: ${action.vaultAddress}`);
      vault.allowDeposits = action.allowDeposits ?? vault.allowDeposits;
      vault.alwaysCloseOnWithdraw = action.alwaysCloseOnWithdraw ?? vault.alwaysCloseOnWithdraw;
      return OK;
    }
    case 'setReferrer':
      return okOr(setReferrer(s, account, action.code));
    case 'registerReferrer':
      account.referralCode = action.code;
      return OK;
    case 'setDisplayName':
      account.displayName = action.displayName;
      return OK;
    default:
      // noop, claimRewards, evmUserModify, spotUser: accepted, nothing of ours changes.
      return OK;
  }
}

function setReferrer(s: State, account: Account, code: string): string | null {
  if (account.referrer !== null) return 'Referrer already set.';
  const owner = s.accountList.find((a) => a.referralCode === code);
  if (owner === account) return 'Cannot self-refer.';
  // Clients set their maker's code on the first order; an unknown code is accepted without a discount.
  account.referrer = { account: owner ?? account, code };
  return null;
}

function approveBuilder(
  s: State,
  account: Account,
  action: Extract<Action, { type: 'approveBuilderFee' }>,
): string | null {
  const match = /^(\d{1,3})(?:\.(\d{1,3}))?%$/.exec(action.maxFeeRate);
  if (!match) return 'Invalid max fee rate.';
  const tenthsBp = Number(match[1]) * 1000 + Number((match[2] ?? '').padEnd(3, '0'));
  if (tenthsBp > 1000) return 'Max builder fee too high.';
  if (tenthsBp === 0) account.builders.delete(action.builder);
  else {
    if (!account.builders.has(action.builder) && account.builders.size >= s.rules.builder.maxApprovals)
      return 'Too many approved builders.';
    account.builders.set(action.builder, tenthsBp);
  }
  return null;
}

function createSubAccount(s: State, master: Account, name: string): ActionAnswer {
  const rules = s.rules.subAccounts;
  if (name.length < 1 || name.length > 16) return err('Sub-account name must have 1 to 16 characters.');
  const volume = Math.floor(master.cumulativeVolume / USD);
  if (volume < rules.volumeUsd)
    return err(
      `Cannot create sub-accounts until enough volume traded. Required: $${rules.volumeUsd}. Traded: $${dollars(master.cumulativeVolume)}`,
    );
  const limit = Math.min(rules.max, rules.base + Math.floor(volume / rules.perUsd));
  if (master.subAccounts.length >= limit) return err(`Too many sub-accounts. Current limit is ${limit}`);
  const sub = newAccount(s, derivedAddress(s, 0x5b01), 'subAccount', { master, name });
  master.subAccounts.push(sub);
  return { status: 'ok', response: { type: 'createSubAccount', data: sub.address } };
}
