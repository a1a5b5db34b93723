/**
 * Writes the past of a world: every trader lives through the same market, the houses take the other sides, and what
 * is left at the end is the state the world begins with.
 */
import type { Address } from '../../domain/address.ts';
import type { CoinSeed } from '../venue/coin_table.ts';
import { DIRECTIONAL } from './archetypes.ts';
import { writeBackground } from './background.ts';
import { type Member, makeCast } from './cast.ts';
import {
  Directional,
  type DirectionalKind,
  type DirectionalPart,
  directionalPlan,
  Treasurer,
} from './directional.ts';
import { Draw } from './draw.ts';
import { Fast, type FastKind, type FastPlan, fastPlan, unseenReturn } from './fast.ts';
import { FillColumns, MAKER } from './fill_columns.ts';
import { Fold } from './fold.ts';
import { type Actor, type Flow, Life } from './life.ts';
import { type CoinHistory, DAY_MS, MarketHistory, MINUTE_MS } from './market_history.ts';
import { type PortfolioGrid, portfolioGrid } from './portfolio_grid.ts';
import { type Gift, Sponsor, sponsorships } from './sponsors.ts';
import { Martingale, Pump } from './toxic.ts';

export interface PastOptions {
  readonly seed: string;
  /** The venue's, for addresses and ids. */
  readonly salt: number;
  readonly traders: number;
  readonly days: number;
  /** ms, a whole minute: the world begins here. */
  readonly end: number;
  readonly coins: readonly CoinSeed[];
  /** The accounts that take the other side of whoever has no partner. */
  readonly houses: readonly Address[];
}

export interface AccountPast {
  readonly member: Member;
  /** ms and micro-USD from which the fills explain everything. */
  readonly opening: { readonly time: number; readonly usd: number };
  /** At the end. */
  readonly fold: Fold;
  readonly flows: readonly Flow[];
  /** Account value and net flow at every time of the grid; NaN before the account existed. */
  readonly values: Float64Array;
  readonly netFlows: Float64Array;
  /** Own rows: a range for who trades, a list in order of time for who only answers. */
  readonly rows: { readonly from: number; readonly to: number } | Uint32Array;
  /** What it goes on with. */
  readonly parts: readonly DirectionalPart[];
  readonly fast: FastPlan | null;
  /** Coins of a martingale or a pump. */
  readonly coins: readonly CoinHistory[];
}

export interface Past {
  readonly options: PastOptions;
  readonly market: MarketHistory;
  readonly grid: PortfolioGrid;
  readonly rows: FillColumns;
  /** Rows in order of time, and each row's place in it. */
  readonly order: Uint32Array;
  readonly rank: Uint32Array;
  /** By place in the cast. */
  readonly accounts: readonly AccountPast[];
}

/** Round trips of a fast actor that are told: a few more fills than the venue serves. */
const TOLD_TRIPS = 5_050;

export function generatePast(options: PastOptions): Past {
  const market = new MarketHistory(options);
  const grid = portfolioGrid(market.start, market.end);
  const cast = makeCast({ ...options, start: market.start });
  const rows = new FillColumns(Math.ceil(options.traders * options.days * 18));
  const houses = options.houses.length;
  const gifts = sponsorships(options.seed, cast);
  const accounts: (AccountPast | undefined)[] = cast.map((member) => {
    if (member.kind === 'house' || (member.mirror && member.kind === 'wash')) return undefined;
    return new Biography(member, market, grid, rows, houses).write(gifts.get(member.index) ?? []);
  });
  writeBackground(options.seed, market, rows, houses);
  const order = rows.byTime(market.start);
  const rank = new Uint32Array(rows.length);
  for (let place = 0; place < order.length; place++) rank[order[place] as number] = place;
  for (const past of answerers(cast, accounts, market, grid, rows, order)) accounts[past.member.index] = past;
  return { options, market, grid, rows, order, rank, accounts: accounts as AccountPast[] };
}

const isDirectional = (kind: string): kind is DirectionalKind => Object.hasOwn(DIRECTIONAL, kind);
const isFast = (kind: string): kind is FastKind =>
  kind === 'marketMaker' || kind === 'scalper' || kind === 'wash';

/** One trader's life from its first money to the end. */
class Biography {
  readonly #member: Member;
  readonly #market: MarketHistory;
  readonly #grid: PortfolioGrid;
  readonly #rows: FillColumns;
  readonly #houses: number;
  readonly #values: Float64Array;
  readonly #netFlows: Float64Array;

  constructor(member: Member, market: MarketHistory, grid: PortfolioGrid, rows: FillColumns, houses: number) {
    this.#member = member;
    this.#market = market;
    this.#grid = grid;
    this.#rows = rows;
    this.#houses = houses;
    this.#values = new Float64Array(grid.times.length).fill(Number.NaN);
    this.#netFlows = new Float64Array(grid.times.length).fill(Number.NaN);
  }

  write(gifts: readonly Gift[]): AccountPast {
    const member = this.#member;
    const market = this.#market;
    const from = this.#rows.length;
    const fast = isFast(member.kind) ? this.#fast(member.kind) : null;
    const opening = fast?.opening ?? { time: member.start, usd: member.equity };
    const houses = this.#houses;
    const partner = member.kind === 'wash' ? member.partner : null;
    const life = new Life(
      { ...member, start: opening.time },
      market,
      new Draw(`${member.seed}/side`),
      this.#rows,
      this.#grid.times,
      (coin, draw) => partner ?? (coin.index + draw.int(2)) % houses,
    );
    this.#open(life, opening);
    const actors = [...this.#actors(fast?.plan ?? null, opening.time), new Sponsor(gifts)];
    life.run(actors, market.end + 1);
    // Paid in before the first fill that is told.
    const older = opening.time !== member.start && member.start > market.start;
    const flows = older ? [this.#firstMoney(), ...life.flows] : life.flows;
    return {
      member,
      opening,
      fold: life.fold,
      flows,
      values: this.#values,
      netFlows: this.#netFlows,
      rows: { from, to: this.#rows.length },
      parts: actors.flatMap((actor) => (actor instanceof Directional ? [actor.part] : [])),
      fast: fast?.plan ?? null,
      coins: actors.flatMap((actor) =>
        actor instanceof Martingale || actor instanceof Pump ? actor.coins : [],
      ),
    };
  }

  #firstMoney(): Flow {
    const { start, equity } = this.#member;
    return { kind: 'deposit', time: start, usd: equity };
  }

  /** An account older than the history opens with its money; a newer one is paid in. */
  #open(life: Life, opening: AccountPast['opening']): void {
    const { fold } = life;
    fold.onSample = (sample, value) => {
      this.#values[sample] = value;
      this.#netFlows[sample] = fold.netFlow;
    };
    const member = this.#member;
    const known = opening.time === member.start && member.start > this.#market.start;
    if (!known) {
      fold.usd = opening.usd;
      fold.netFlow = member.equity;
    } else if (member.master === null) life.flow(this.#firstMoney());
    else
      life.flow({
        kind: member.vault ? 'vaultIn' : 'subIn',
        time: member.start,
        usd: member.equity,
        other: member.master,
      });
  }

  #actors(plan: FastPlan | null, from: number): Actor[] {
    const member = this.#member;
    const { kind, seed } = member;
    const market = this.#market;
    const pick = (draw: Draw): CoinHistory => market.pick(draw);
    const draw = new Draw(`${seed}/plan`);
    if (plan !== null) return [new Fast(plan, draw, from)];
    if (kind === 'martingale') return [new Martingale(draw, from, pick)];
    if (kind === 'pump') return [new Pump(draw, from, thinCoin(market, draw))];
    const twin = kind === 'hedge';
    const shape = isDirectional(kind) ? kind : 'lucky';
    const slots = twin || kind === 'gambler' || kind === 'beta' ? 1 : 1 + draw.int(3);
    const whole = directionalPlan(shape, twin ? 0 : (member.sharpe ?? 0), member, draw, pick);
    // Independent positions add up: each carries its part of the skill and of the leverage.
    const part = {
      ...whole,
      sharpe: whole.sharpe / Math.sqrt(slots),
      leverage: whole.leverage / slots,
    };
    const actors: Actor[] = Array.from(
      { length: slots },
      (_, slot) => new Directional(part, new Draw(`${seed}/slot/${slot}`), from, member.mirror ? -1 : 1),
    );
    const ownsItsMoney = member.master === null && !twin;
    if (ownsItsMoney) actors.push(new Treasurer(new Draw(`${seed}/money`), from, market.end, member.equity));
    return actors;
  }

  /** What a fast actor earned before the first fill that is told: its opening, and points of its portfolio. */
  #fast(kind: FastKind): { readonly plan: FastPlan; readonly opening: AccountPast['opening'] } {
    const member = this.#member;
    const market = this.#market;
    const draw = new Draw(`${member.seed}/fast`);
    const plan = fastPlan(kind, draw, (each) => market.pick(each));
    const told = market.end - Math.ceil((TOLD_TRIPS * DAY_MS) / plan.trips / MINUTE_MS) * MINUTE_MS;
    if (told <= member.start) return { plan, opening: { time: member.start, usd: member.equity } };
    let usd = member.equity;
    let sample = this.#grid.times.findIndex((time) => time >= member.start);
    for (let time = member.start; time < told; time += DAY_MS) {
      const until = Math.min(told, time + DAY_MS);
      for (; sample >= 0 && (this.#grid.times[sample] ?? until) < until; sample++) {
        this.#values[sample] = usd;
        this.#netFlows[sample] = member.equity;
      }
      const part = Math.sqrt((until - time) / DAY_MS);
      usd = Math.round(usd * (1 + part * unseenReturn(plan, draw)));
    }
    return { plan, opening: { time: told, usd } };
  }
}

/** A coin of the quieter half. */
function thinCoin(market: MarketHistory, draw: Draw): CoinHistory {
  const quiet = [...market.coins].sort((a, b) => a.weight - b.weight || a.index - b.index);
  return quiet[draw.int(Math.ceil(quiet.length / 2))] as CoinHistory;
}

/** Houses and the silent halves of wash rings: their past is the other side of everybody else's. */
function answerers(
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
    fold.usd = opening.usd;
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

/** Applies one row to a fold from the side of account `index`. */
export function answer(fold: Fold, index: number, rows: FillColumns, row: number): void {
  const coin = fold.market.byIndex[rows.coin[row] as number] as CoinHistory;
  const own = rows.owner[row] === index;
  const maker = ((rows.flags[row] as number) & MAKER) !== 0;
  const size = rows.size[row] as number;
  fold.advance(rows.time[row] as number);
  fold.fill(coin, rows.px[row] as number, own ? size : -size, own === maker);
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
