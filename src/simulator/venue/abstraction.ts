/** Account modes: standard, or unified (one collateral for spot and every dex). */
import type { MicroUsd } from '../../domain/money.ts';
import type { Abstraction, Action } from './actions.ts';
import { type Account, isUnified, potOf, type State } from './state.ts';

type AbstractionAction = Extract<
  Action,
  {
    type:
      | 'userSetAbstraction'
      | 'userDexAbstraction'
      | 'userPortfolioMargin'
      | 'agentSetAbstraction'
      | 'agentEnableDexAbstraction';
  }
>;

function wantedMode(account: Account, action: AbstractionAction): Abstraction {
  switch (action.type) {
    case 'userSetAbstraction':
      return action.abstraction;
    case 'agentSetAbstraction':
      return action.abstraction === 'u'
        ? 'unifiedAccount'
        : action.abstraction === 'p'
          ? 'portfolioMargin'
          : 'disabled';
    case 'userPortfolioMargin':
      return action.enabled ? 'portfolioMargin' : 'disabled';
    case 'userDexAbstraction':
      return action.enabled ? 'dexAbstraction' : 'disabled';
    case 'agentEnableDexAbstraction':
      return account.abstraction === 'disabled' ? 'dexAbstraction' : account.abstraction;
  }
}

/** @returns null, or the refusal's text. */
export function setAbstraction(s: State, account: Account, action: AbstractionAction): string | null {
  let target: Account | undefined = account;
  if ('user' in action && action.user !== account.address)
    target = account.subAccounts.find((a) => a.address === action.user);
  if (target === undefined) return 'Abstraction can only be set for the user or its sub-accounts.';
  const mode = wantedMode(target, action);
  const unify = mode === 'unifiedAccount' || mode === 'portfolioMargin';
  if (unify !== isUnified(target)) {
    if (target.positions.size > 0 || target.open.size > 0)
      return 'Cannot change abstraction with open positions or orders.';
    if (unify) joinPots(target);
    else splitPots(target);
  }
  target.abstraction = mode;
  s.events.touched.add(target.address);
  return null;
}

/** Everything becomes one balance. It shows as spot USDC, so the perp side's flow ends here. */
function joinPots(account: Account): void {
  const pot = potOf(account, 0);
  for (const other of account.pots) {
    if (other === pot) continue;
    pot.usd = (pot.usd + other.usd) as MicroUsd;
    other.usd = 0 as MicroUsd;
  }
  account.netPerpFlow += account.spotUsd;
  pot.usd = (pot.usd + account.spotUsd) as MicroUsd;
  account.spotUsd = 0;
}

/** The balance becomes spot USDC again. */
function splitPots(account: Account): void {
  const pot = potOf(account, 0);
  account.netPerpFlow -= pot.usd;
  account.spotUsd += pot.usd;
  pot.usd = 0 as MicroUsd;
}
