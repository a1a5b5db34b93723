/** Trader ids have 32 bits: with a row below this they are one exact integer. */
const MOST_ROWS = 2 ** 21;

/** The ids of `traders`, which stand by row, ascending, each with its row. */
export function rowsByTrader(traders: Uint32Array): {
  readonly traders: Uint32Array;
  readonly rows: Uint32Array;
} {
  const { length } = traders;
  // Id and row in one number: a sort of numbers is many times faster than one that asks a function.
  const keys = new Float64Array(length);
  for (let row = 0; row < length; row++) keys[row] = (traders[row] as number) * MOST_ROWS + row;
  keys.sort();
  const sorted = new Uint32Array(length);
  const rows = new Uint32Array(length);
  for (let k = 0; k < length; k++) {
    const key = keys[k] as number;
    rows[k] = key % MOST_ROWS;
    sorted[k] = Math.floor(key / MOST_ROWS);
  }
  return { traders: sorted, rows };
}
