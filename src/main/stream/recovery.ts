/** What the stream role knew when it last wrote, read back at its start: starting and recovering are the same. */
import { TraderLedger } from '../../discovery/trader_ledger.ts';
import { AddressIndex } from '../../domain/address_index.ts';
import { CoinTable } from '../../domain/listed_coin.ts';
import { TradeColumns } from '../../domain/trade_columns.ts';
import { TradeMemory } from '../../domain/trade_memory.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { readCoins } from '../../store/coins.ts';
import type { Database } from '../../store/database.ts';
import { openStreamState } from '../../store/stream_state.ts';
import { loadTraders } from '../../store/traders.ts';
import { readNewestTradeKeys, readTradesFrom } from '../../store/trades.ts';
import { StreamPipeline } from './pipeline.ts';

/** More than any answer of `recentTrades` or replay holds. */
const REMEMBERED_TRADES = 1024;

export interface RecoveryOptions {
  readonly database: Database;
  readonly epoch: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** To be called only while holding the stream's lease. */
export async function recoverPipeline(options: RecoveryOptions): Promise<StreamPipeline> {
  const { database, epoch, clock, random } = options;
  const state = await database.transaction((tx) => openStreamState(tx, epoch, clock.now()));
  const coins = new CoinTable(await readCoins(database, true));
  const addresses = new AddressIndex(random.int(2 ** 31));
  const ledger = new TraderLedger();
  const through: number[] = [];
  await loadTraders(database, (trader, address) => {
    addresses.load(trader.traderId, address);
    ledger.load(trader);
    through[trader.traderId] = trader.throughSeq;
  });
  await readTradesFrom(
    database,
    state.tradersThrough,
    coins,
    (rows, seq) => ledger.replay(rows, seq, (id) => through[id] ?? 0),
    new TradeColumns(),
  );
  const memory = await recallTrades(database, coins);
  return new StreamPipeline({ coins, addresses, memory, ledger, state });
}

async function recallTrades(database: Database, coins: CoinTable): Promise<TradeMemory> {
  const memory = new TradeMemory();
  for (const coin of coins.all()) {
    const { keys, all } = await readNewestTradeKeys(database, coin.id, REMEMBERED_TRADES);
    for (const { time, tradeId } of keys) memory.add(coin.id, time, tradeId);
    // The oldest block read may be cut in two.
    const [oldest] = keys;
    if (!all && oldest !== undefined) memory.forgetBefore(coin.id, oldest.time + 1);
  }
  return memory;
}
