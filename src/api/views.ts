/** Rows of the store as the contract shows them. */
import type { TraderRow } from '../contract/traders.ts';
import type { Trade } from '../contract/trades.ts';
import { coinSymbol } from '../domain/coin.ts';
import type { TraderView } from '../store/read_traders.ts';
import type { TradeView } from '../store/read_trades.ts';

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
