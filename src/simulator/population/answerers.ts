/** Accounts whose past is the other side of everybody else's. */
import type { Member } from './cast.ts';
import type { FillColumns } from './fill_columns.ts';
import { answer, Fold } from './fold.ts';
import type { MarketHistory } from './market_history.ts';
import type { AccountPast } from './past.ts';
import type { PortfolioGrid } from './portfolio_grid.ts';

/** Houses and the silent halves of wash rings: their past is the other side of everybody else's. */
export function answerers(
  cast: readonly Member[],
  accounts: readonly (AccountPast | undefined)[],
  market: MarketHistory,
  grid: PortfolioGrid,
  rows: FillColumns,
  order: Uint32Array,
): AccountPast[] {
  const lists = rowsOfAnswerers(accounts, rows, order);
  return cast.flatMap((member) => {
    const list = lists[member.index];
    if (list === undefined || accounts[member.index] !== undefined) return [];
    const partner = member.partner === null ? undefined : accounts[member.partner];
    const opening = partner?.opening ?? { time: member.start, usd: member.equity };
    const fold = new Fold(market, member.terms, opening.time, grid.times);
    const values = partner?.values.slice() ?? new Float64Array(grid.times.length).fill(Number.NaN);
    const netFlows = partner?.netFlows.slice() ?? new Float64Array(grid.times.length).fill(Number.NaN);
    fold.usd = opening.usd - member.dexEquity;
    fold.dexUsd = member.dexEquity;
    fold.netFlow = member.equity;
    fold.onSample = (sample, value) => {
      values[sample] = value;
      netFlows[sample] = fold.netFlow;
    };
    for (const row of list) answer(fold, member.index, rows, row);
    fold.advance(market.end);
    const flows =
      partner?.flows.filter((flow) => flow.time < opening.time || flow.time === member.start) ?? [];
    return [
      {
        member,
        opening,
        fold,
        flows,
        values,
        netFlows,
        rows: list,
        parts: [],
        fast: partner?.fast ?? null,
        coins: [],
      },
    ];
  });
}

/** Rows of each answering account in order of time, by place in the cast. */
function rowsOfAnswerers(
  accounts: readonly (AccountPast | undefined)[],
  rows: FillColumns,
  order: Uint32Array,
): (Uint32Array | undefined)[] {
  const counts = new Uint32Array(accounts.length);
  const count = (index: number): void => {
    if (accounts[index] === undefined) counts[index] = (counts[index] as number) + 1;
  };
  for (let row = 0; row < rows.length; row++) {
    count(rows.owner[row] as number);
    count(rows.counter[row] as number);
  }
  const lists = accounts.map((past, index) =>
    past === undefined ? new Uint32Array(counts[index] as number) : undefined,
  );
  counts.fill(0);
  const add = (index: number, row: number): void => {
    const list = lists[index];
    if (list === undefined) return;
    const at = counts[index] as number;
    list[at] = row;
    counts[index] = at + 1;
  };
  for (const row of order) {
    add(rows.owner[row] as number, row);
    add(rows.counter[row] as number, row);
  }
  return lists;
}
