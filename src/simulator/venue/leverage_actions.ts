/** Leverage and isolated margin (protocol reference 4.6, 4.8). All return null or the refusal's text. */
import type { MicroUsd } from '../../domain/money.ts';
import { ceilDiv } from './arithmetic.ts';
import { availableOf, crossMargin, initialOf, isolatedEquity, notionalOf, tierOf } from './margin.ts';
import { type Account, type Market, potOf, type State } from './state.ts';

export function updateLeverage(
  s: State,
  account: Account,
  market: Market | undefined,
  isCross: boolean,
  leverage: number,
): string | null {
  if (market === undefined || !Number.isInteger(leverage) || leverage < 1 || leverage > market.maxLeverage)
    return 'Invalid leverage value';
  if (isCross && market.marginMode !== null) return 'Cross margin is not allowed for this asset.';
  const position = account.positions.get(market.index);
  if (position) {
    if (position.isolated === isCross) return 'Cannot switch leverage type with open position.';
    if (leverage > tierOf(market, notionalOf(position)).maxLeverage) return 'Invalid leverage value';
    const refused = position.isolated ? retuneIsolated(position, leverage) : retuneCross(position, leverage);
    if (refused !== null) return refused;
    position.leverage = leverage;
    position.pot.examineAt = -1;
  }
  account.leverage.set(market.index, { leverage, isCross });
  s.events.touched.add(account.address);
  return null;
}

type Held = NonNullable<ReturnType<Account['positions']['get']>>;

function retuneCross(position: Held, leverage: number): string | null {
  const value = notionalOf(position);
  const more = initialOf(value, leverage) - initialOf(value, position.leverage);
  const margin = crossMargin(position.pot);
  if (more > 0 && margin.equity - margin.initial < more)
    return 'Cross position does not have sufficient margin available to decrease leverage. To decrease leverage, deposit more collateral.';
  return null;
}

/** A lower leverage adds margin from the pot; a higher one releases none. */
function retuneIsolated(position: Held, leverage: number): string | null {
  const more = initialOf(notionalOf(position), leverage) - isolatedEquity(position);
  if (leverage >= position.leverage || more <= 0) return null;
  if (availableOf(position.pot) < more)
    return 'Isolated position does not have sufficient margin available to decrease leverage. To decrease leverage, add margin to the position.';
  position.pot.usd = (position.pot.usd - more) as MicroUsd;
  position.isolatedUsd = (position.isolatedUsd + more) as MicroUsd;
  return null;
}

export function updateIsolatedMargin(
  s: State,
  account: Account,
  market: Market | undefined,
  microUsd: number,
): string | null {
  const position = market && account.positions.get(market.index);
  if (position === undefined) return 'Cannot update margin for empty position.';
  if (!position.isolated) return 'Position does not use isolated margin.';
  if (!Number.isSafeInteger(microUsd) || microUsd === 0) return 'Update to isolated margin cannot be zero.';
  if (microUsd < 0) {
    if (position.market.marginMode === 'strictIsolated')
      return 'Cannot remove isolated margin for this asset. To remove margin, reduce the position.';
    const need = Math.max(
      initialOf(notionalOf(position), position.leverage),
      ceilDiv(notionalOf(position), 10),
    );
    if (isolatedEquity(position) + microUsd < need)
      return 'Position does not have sufficient margin for reduction.';
  } else if (availableOf(potOf(account, position.market.dexIndex)) < microUsd)
    return 'Account does not have sufficient margin available for increase.';
  position.pot.usd = (position.pot.usd - microUsd) as MicroUsd;
  position.isolatedUsd = (position.isolatedUsd + microUsd) as MicroUsd;
  position.pot.examineAt = -1;
  s.events.touched.add(account.address);
  return null;
}

/** Adds what brings the position to the wanted (lower) leverage. */
export function topUpIsolated(
  s: State,
  account: Account,
  market: Market | undefined,
  leverage: string,
): string | null {
  const position = market && account.positions.get(market.index);
  if (position === undefined) return 'Cannot update margin for empty position.';
  if (!position.isolated) return 'Position does not use isolated margin.';
  const wanted = Number(leverage);
  if (!(wanted > 0 && wanted <= 1000)) return 'Invalid leverage value';
  const more = Math.ceil(notionalOf(position) / wanted) - isolatedEquity(position);
  return more <= 0 ? null : updateIsolatedMargin(s, account, market, more);
}
