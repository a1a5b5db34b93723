/** Rows of the store as the contract shows them. */
import type { Known, Position, PositionChange } from '../contract/positions.ts';
import type { TraderRow } from '../contract/traders.ts';
import type { Trade } from '../contract/trades.ts';
import type { Cell } from '../contract/values.ts';
import { coinSymbol } from '../domain/coin.ts';
import type { ChangeView } from '../store/read_changes.ts';
import type { PositionView } from '../store/read_positions.ts';
import type { TraderView } from '../store/read_traders.ts';
import type { TradeView } from '../store/read_trades.ts';
import { absentCell, decimalCell, partialCell, staleCell, unknownCell } from './cells.ts';

export const traderRow = (view: TraderView): TraderRow => ({
  address: view.address,
  firstSeenAt: view.firstSeenAt,
  lastSeenAt: view.lastSeenAt,
  tradeCount: view.tradeCount,
  notionalUsd: view.notionalUsd,
  coinCount: view.coinCount,
  lastTrackedAt: view.lastTrackedAt,
  watched: view.watched,
});

export const tradeRow = (view: TradeView): Trade => ({
  coin: coinSymbol({ dex: view.dex, name: view.coinName }),
  tradeId: view.tradeId,
  time: view.time,
  price: view.price,
  size: view.size,
  notionalUsd: view.notionalUsd,
  side: view.takerIsBuyer ? 'buy' : 'sell',
  buyer: view.buyer,
  seller: view.seller,
});

/** A figure that stands on a position, with what is known about the position. */
function knownCell(value: string, known: Known): Cell {
  const cell = decimalCell(value);
  if (known === 'exact') return cell;
  if (known === 'stale') return staleCell(cell, 'trades may have been missed since the last audit');
  if (known === 'quarantined')
    return partialCell(cell, 'an audit found a difference; two that agree will clear it');
  return partialCell(cell, 'the position was never audited: only trades that we saw are in it');
}

/** Opening and increasing realise nothing, and what no trade changed was not seen: neither is a zero. */
function realised(view: ChangeView): Cell {
  if (view.cause === 'audit') return unknownCell('an audit corrected the position: no trade was seen');
  if (view.cause === 'new_precision')
    return unknownCell('the exchange changed the precision of the coin: its positions are followed anew');
  if (view.kind === 'opened' || view.kind === 'increased') return absentCell('nothing was closed');
  return knownCell(view.realisedPnlUsd, view.known);
}

export const changeRow = (view: ChangeView): PositionChange => ({
  epoch: view.epoch,
  offset: view.offset,
  trader: view.trader,
  coin: coinSymbol({ dex: view.dex, name: view.coinName }),
  kind: view.kind,
  cause: view.cause,
  sizeBefore: view.sizeBefore,
  sizeAfter: view.sizeAfter,
  price: view.price,
  notionalUsd: view.notionalUsd,
  realisedPnlUsd: realised(view),
  known: view.known,
  tradeIds: [...view.tradeIds],
  exchangeTime: view.exchangeTime,
  receivedAt: view.receivedAt,
  committedAt: view.committedAt,
});

export const positionRow = (view: PositionView): Position => ({
  coin: coinSymbol({ dex: view.dex, name: view.coinName }),
  size: view.size,
  entryPrice:
    view.entryPrice === null ? unknownCell('the cost is not known') : knownCell(view.entryPrice, view.known),
  realisedPnlUsd: knownCell(view.episodePnlUsd, view.known),
  known: view.known,
  openedAt: view.openedAt,
  changedAt: view.changedAt,
  verifiedAt: view.verifiedAt,
});
