/**
 * Position changes of a recorded capture, folded from its text alone: decimals as BigInt, nothing of the product. One
 * change is an unbroken run of fills of one trader, coin, block and direction.
 */
import { readFileSync } from 'node:fs';

/** Sizes and money as BigInt in millionths. */
export interface FoldedChange {
  readonly time: number;
  readonly before: bigint;
  after: bigint;
  notional: bigint;
  realised: bigint;
  cost: bigint;
  episode: number;
  readonly tradeIds: number[];
}

interface WireTrade {
  readonly coin: string;
  readonly px: string;
  readonly sz: string;
  readonly time: number;
  readonly tid: number;
  readonly users: readonly [string, string];
}

const MILLION = 1_000_000n;

export function millionths(text: string): bigint {
  const negative = text.startsWith('-');
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const magnitude = BigInt(whole + fraction.padEnd(6, '0').slice(0, 6));
  return negative ? -magnitude : magnitude;
}

const size = (value: bigint): bigint => (value < 0n ? -value : value);

class FoldedPosition {
  held = 0n;
  cost = 0n;
  episode = 0;
  readonly changes: FoldedChange[] = [];

  fill(lots: bigint, price: bigint, time: number, tradeId: number): void {
    let change = this.changes.at(-1);
    const goesOn = change?.time === time && change.after > change.before === lots > 0n;
    if (!goesOn || change === undefined) {
      change = {
        time,
        before: this.held,
        after: 0n,
        notional: 0n,
        realised: 0n,
        cost: 0n,
        episode: 0,
        tradeIds: [],
      };
      this.changes.push(change);
    }
    const value = (amount: bigint) => (amount * price) / MILLION;
    const adds = this.held === 0n || this.held > 0n === lots > 0n;
    if (adds) {
      if (this.held === 0n) this.episode++;
      this.cost += value(size(lots));
    } else {
      const closed = size(lots) < size(this.held) ? size(lots) : size(this.held);
      // The average entry, rounded half up; all of it when nothing stays.
      const leaving = (2n * this.cost * closed + size(this.held)) / (2n * size(this.held));
      change.realised += this.held > 0n ? value(closed) - leaving : leaving - value(closed);
      this.cost -= leaving;
      if (size(lots) > closed) {
        this.episode++;
        this.cost = value(size(lots) - closed);
      }
    }
    this.held += lots;
    change.after = this.held;
    change.notional += value(size(lots));
    change.cost = this.cost;
    change.episode = this.episode;
    change.tradeIds.push(tradeId);
  }
}

/** By "address coin". */
export function foldRecording(path: string): Map<string, readonly FoldedChange[]> {
  const positions = new Map<string, FoldedPosition>();
  const seen = new Set<string>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (!line.includes('"channel":"trades"')) continue;
    for (const one of (JSON.parse(line) as { data: WireTrade[] }).data) {
      const key = `${one.coin} ${one.time} ${one.tid}`;
      if (seen.has(key)) continue;
      seen.add(key);
      for (const [i, user] of one.users.entries()) {
        const name = `${user.toLowerCase()} ${one.coin}`;
        const position = positions.get(name) ?? new FoldedPosition();
        positions.set(name, position);
        position.fill((i === 0 ? 1n : -1n) * millionths(one.sz), millionths(one.px), one.time, one.tid);
      }
    }
  }
  return new Map([...positions].map(([key, { changes }]) => [key, changes]));
}
