/** What the stream role knew when it last wrote, read back at its start: starting and recovering are the same. */
import { TraderLedger } from '../../discovery/trader_ledger.ts';
import { AddressIndex } from '../../domain/address_index.ts';
import { KNOWN, QUARANTINED } from '../../domain/change_columns.ts';
import { DirtyQueue } from '../../domain/dirty_queue.ts';
import { CoinTable, type ListedCoin } from '../../domain/listed_coin.ts';
import { TradeMemory } from '../../domain/trade_memory.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { PositionRecord } from '../../store/positions.ts';
import type { StreamState } from '../../store/stream_state.ts';
import { PositionBook } from '../../tracking/position_book.ts';
import { TraderDexs } from '../../tracking/trader_dexs.ts';
import { StreamPipeline } from './pipeline.ts';
import type { RecoverySource } from './recovery_source.ts';

/** More than any answer of `recentTrades` or replay holds. */
const REMEMBERED_TRADES = 1024;

export interface RecoveryOptions {
  readonly source: RecoverySource;
  readonly epoch: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** To be called only while holding the stream's lease. */
export async function recoverPipeline(options: RecoveryOptions): Promise<StreamPipeline> {
  const { source, epoch, clock, random } = options;
  const state = await source.begin(epoch, clock.now());
  const listed = await source.coins();
  const coins = new CoinTable(listed);
  const former = listed.filter(({ id, symbol }) => coins.bySymbol(symbol)?.id !== id);
  const addresses = new AddressIndex(random.int(2 ** 31));
  const ledger = new TraderLedger();
  const through: number[] = [];
  const unlisted = new DirtyQueue();
  await source.traders((trader, address, isListed) => {
    addresses.load(trader.traderId, address);
    ledger.load(trader);
    through[trader.traderId] = trader.throughSeq;
    if (!isListed) unlisted.mark(trader.traderId, 0);
  });
  await source.trades(state.tradersThrough, coins, (rows, seq) =>
    ledger.replay(rows, seq, (id) => through[id] ?? 0),
  );
  const memory = await recallTrades(source, coins, former);
  const dexs = new TraderDexs();
  for (const coin of coins.all()) dexs.addCoin(coin.id, coin.dex);
  for (const { traderId, dex, ...known } of await source.traderDexs()) dexs.set(traderId, dex, known);
  const book = await recallBook(source, coins, state, dexs);
  const refused = await source.refused();
  const parts = { coins, addresses, memory, ledger, unlisted, book, dexs, refused, state };
  const pipeline = new StreamPipeline(parts);
  const newest = Math.max(await source.newestTradeTime(), state.aliveUntil);
  retireFormer(pipeline, former, newest === 0 ? clock.now() : newest, clock.now());
  return pipeline;
}

/** What the life before left undone of coins that go on under another id: that it was committed is all that is known. */
function retireFormer(
  pipeline: StreamPipeline,
  former: readonly ListedCoin[],
  time: number,
  now: number,
): void {
  const { book, coins } = pipeline;
  for (const { id, symbol } of former) {
    const current = coins.bySymbol(symbol)?.id;
    if (current !== undefined && book.exactSince(current) === 0) pipeline.begins(current, time);
    if (book.openIn(id).length > 0) pipeline.retire(id, time, now);
  }
}

/**
 * The checkpoint, then every change after it: the log is the truth. How a position is known is the checkpoint's word
 * where it is of the same change, because it may have been put in doubt since; and a trader's quarantine is the word of
 * its newest audit, which the checkpoint may be older than.
 */
async function recallBook(
  source: RecoverySource,
  coins: CoinTable,
  state: StreamState,
  dexs: TraderDexs,
): Promise<PositionBook> {
  const book = new PositionBook({ seededAt: (trader, coin) => dexs.seededAt(trader, coin) });
  for (const [coin, time] of await source.gapEnds()) book.gap(coin, time);
  const knownOf = ({ traderId, coinId, known }: Pick<PositionRecord, 'traderId' | 'coinId' | 'known'>) => {
    const isVouchedFor = known === 'exact' || known === 'stale';
    return isVouchedFor && dexs.isQuarantined(traderId, coinId) ? QUARANTINED : KNOWN.indexOf(known);
  };
  await source.positions(coins, (one) =>
    book.load(one.traderId, one.coinId, { ...one, known: knownOf(one) }),
  );
  const from = { epoch: state.epoch, offset: state.positionsThrough };
  await source.changes(from, coins, (one) => {
    const slot = book.slot(one.traderId, one.coinId);
    if (one.offset > book.state(slot).offset)
      book.load(one.traderId, one.coinId, { ...one, known: knownOf(one), verifiedAt: 0 });
    book.dirty.mark(slot, one.offset);
  });
  // A snapshot older than this start cannot be compared: what happened since it was taken is not in memory.
  book.recent.startAt((await source.newestTradeTime()) + 1);
  return book;
}

/** A replay repeats what was traded under a coin's former ids too. */
async function recallTrades(
  source: RecoverySource,
  coins: CoinTable,
  former: readonly ListedCoin[],
): Promise<TradeMemory> {
  const memory = new TradeMemory();
  const since = await source.tradesSince();
  for (const coin of [...former, ...coins.all()]) {
    const id = coins.bySymbol(coin.symbol)?.id ?? coin.id;
    const { keys, all } = await source.newestTrades(coin.id, REMEMBERED_TRADES);
    for (const { time, tradeId } of keys) memory.add(id, time, tradeId);
    memory.forgetBefore(id, since);
    // The oldest block read may be cut in two.
    const [oldest] = keys;
    if (!all && oldest !== undefined) memory.forgetBefore(id, oldest.time + 1);
  }
  return memory;
}
