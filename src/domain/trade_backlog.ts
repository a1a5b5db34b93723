import { TradeColumns } from './trade_columns.ts';

/** Trades that wait, first in first out, in blocks of a bounded size. */
export class TradeBacklog {
  readonly #blockRows: number;
  readonly #blocks: TradeColumns[] = [];
  #length = 0;

  /** @param blockRows rows after which a new block begins; a run of one coin and block time is never cut. */
  constructor(blockRows: number) {
    this.#blockRows = blockRows;
  }

  get length(): number {
    return this.#length;
  }

  add(rows: TradeColumns): void {
    for (let at = 0; at < rows.length; at++) {
      let block = this.#blocks.at(-1);
      if (block === undefined || (block.length >= this.#blockRows && !continues(block, rows, at))) {
        block = new TradeColumns();
        this.#blocks.push(block);
      }
      block.pushFrom(rows, at);
    }
    this.#length += rows.length;
  }

  /** The oldest block, which is then the caller's. */
  take(): TradeColumns | undefined {
    const block = this.#blocks.shift();
    this.#length -= block?.length ?? 0;
    return block;
  }
}

function continues(block: TradeColumns, rows: TradeColumns, at: number): boolean {
  const last = block.length - 1;
  return block.coin[last] === rows.coin[at] && block.time[last] === rows.time[at];
}
