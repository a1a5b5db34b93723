/** A digest of everything a venue did, to compare two runs byte for byte. */
import { createHash } from 'node:crypto';
import type { BlockEvents, FillRecord, OrderUpdateRecord, TradeRecord } from './records.ts';

const tradeLine = (t: TradeRecord): string =>
  `T|${t.coin.symbol}|${t.side}|${t.px}|${t.sz}|${t.hash}|${t.tid}|${t.buyer}|${t.seller}`;
const fillLine = (f: FillRecord): string =>
  `F|${f.user}|${f.coin.symbol}|${f.side}|${f.px}|${f.sz}|${f.startPosition}|${f.dir}|${f.closedPnl}|${f.fee}|${f.oid}|${f.crossed}|${f.twapId}`;
const orderLine = (u: OrderUpdateRecord): string =>
  `O|${u.order.user}|${u.order.oid}|${u.status}|${u.order.limitPx}|${u.order.sz}|${u.order.origSz}`;

export class LogHash {
  readonly #hash = createHash('sha256');
  trades = 0;
  fills = 0;
  orders = 0;
  blocks = 0;

  readonly sink = (events: BlockEvents): void => {
    this.blocks += 1;
    const lines = [`B|${events.height}|${events.time}|${events.marksMoved}`];
    for (const list of events.trades.values()) for (const t of list) lines.push(tradeLine(t));
    for (const f of events.fills) lines.push(fillLine(f));
    for (const u of events.orders) {
      lines.push(orderLine(u));
      if (u.order.timestamp === u.statusTimestamp && u.status !== 'triggered') this.orders += 1;
    }
    for (const f of events.funding)
      lines.push(`U|${f.user}|${f.coin.symbol}|${f.usdc}|${f.szi}|${f.rateE10}`);
    for (const l of events.ledger) lines.push(`L|${l.user}|${JSON.stringify(l.delta)}`);
    for (const l of events.liquidations) lines.push(`Q|${l.lid}|${l.liquidatedUser}|${l.liquidatedNtlPos}`);
    for (const t of events.twaps) lines.push(`W|${t.state.twapId}|${t.status}|${t.state.executedSz}`);
    this.trades += events.fills.length / 2;
    this.fills += events.fills.length;
    this.#hash.update(`${lines.join('\n')}\n`);
  };

  /** Ends the digest. */
  hex(): string {
    return this.#hash.digest('hex');
  }
}
