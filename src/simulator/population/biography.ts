/** One trader's past from its first money to the end of the history. */
import { DIRECTIONAL } from './archetypes.ts';
import type { Member } from './cast.ts';
import { Directional, type DirectionalKind, directionalPlan, Treasurer } from './directional.ts';
import { Draw } from './draw.ts';
import { Fast, type FastKind, type FastPlan, fastPlan, unseenReturn } from './fast.ts';
import type { FillColumns } from './fill_columns.ts';
import { type Actor, type Flow, Life, type Part } from './life.ts';
import { type CoinHistory, DAY_MS, type MarketHistory, MINUTE_MS } from './market_history.ts';
import type { AccountPast } from './past.ts';
import type { PortfolioGrid } from './portfolio_grid.ts';
import { Follower, Pump } from './pump.ts';
import { type Gift, Sponsor } from './sponsors.ts';
import { Martingale } from './toxic.ts';

/** Round trips of a fast actor that are told: a few more fills than the venue serves. */
const TOLD_TRIPS = 5_050;

const isDirectional = (kind: string): kind is DirectionalKind => Object.hasOwn(DIRECTIONAL, kind);
const isFast = (kind: string): kind is FastKind =>
  kind === 'marketMaker' || kind === 'scalper' || kind === 'wash';

/** What all biographies of a world share. */
export interface BiographyStage {
  readonly market: MarketHistory;
  readonly grid: PortfolioGrid;
  readonly rows: FillColumns;
  /** How many accounts, the first ones, take the other side. */
  readonly houses: number;
}

export class Biography {
  readonly member: Member;
  readonly part: Part;
  readonly #stage: BiographyStage;
  readonly #values: Float64Array;
  readonly #netFlows: Float64Array;
  readonly #opening: AccountPast['opening'];
  readonly #fast: FastPlan | null;
  readonly #from: number;
  readonly #followers: readonly Biography[];

  /** @param followers who trades with it and must live together with it */
  constructor(
    member: Member,
    stage: BiographyStage,
    gifts: readonly Gift[],
    followers: readonly Biography[] = [],
  ) {
    this.member = member;
    this.#stage = stage;
    this.#followers = followers;
    const { grid, rows, houses, market } = stage;
    this.#values = new Float64Array(grid.times.length).fill(Number.NaN);
    this.#netFlows = new Float64Array(grid.times.length).fill(Number.NaN);
    this.#from = rows.length;
    const { kind } = member;
    const fast = isFast(kind) ? this.#unseen(kind) : null;
    this.#fast = fast?.plan ?? null;
    this.#opening = fast?.opening ?? { time: member.start, usd: member.equity };
    const partner = kind === 'wash' ? member.partner : null;
    const life = new Life(
      { ...member, start: this.#opening.time },
      market,
      new Draw(`${member.seed}/side`),
      rows,
      grid.times,
      (coin, draw) => partner ?? (coin.index + draw.int(2)) % houses,
      kind === 'pump' || kind === 'follower',
    );
    this.#open(life);
    const actors = [...this.#actors(life, this.#opening.time), new Sponsor(gifts)];
    this.part = { life, actors };
  }

  /** What it lived, when it is over. */
  past(): AccountPast {
    const { member } = this;
    const { life, actors } = this.part;
    const { market, rows } = this.#stage;
    // Paid in before the first fill that is told.
    const older = this.#opening.time !== member.start && member.start > market.start;
    return {
      member,
      opening: this.#opening,
      fold: life.fold,
      flows: older ? [this.#firstMoney(), ...life.flows] : life.flows,
      values: this.#values,
      netFlows: this.#netFlows,
      rows: life.ownRows === null ? { from: this.#from, to: rows.length } : Uint32Array.from(life.ownRows),
      parts: actors.flatMap((actor) => (actor instanceof Directional ? [actor.part] : [])),
      fast: this.#fast,
      coins: actors.flatMap((actor) =>
        actor instanceof Martingale || actor instanceof Pump || actor instanceof Follower ? actor.coins : [],
      ),
    };
  }

  #firstMoney(): Flow {
    const { start, equity } = this.member;
    return { kind: 'deposit', time: start, usd: equity };
  }

  /** An account older than the history opens with its money; a newer one is paid in. */
  #open(life: Life): void {
    const { fold } = life;
    fold.onSample = (sample, value) => {
      this.#values[sample] = value;
      this.#netFlows[sample] = fold.netFlow;
    };
    const { member } = this;
    const opening = this.#opening;
    const known = opening.time === member.start && member.start > this.#stage.market.start;
    if (!known) {
      fold.usd = opening.usd - member.dexEquity;
      fold.dexUsd = member.dexEquity;
      fold.netFlow = member.equity;
    } else if (member.master === null) life.deposit(member.start, member.equity);
    else
      life.flow({
        kind: member.vault ? 'vaultIn' : 'subIn',
        time: member.start,
        usd: member.equity,
        other: member.master,
      });
  }

  #actors(life: Life, from: number): Actor[] {
    const { member } = this;
    const { kind, seed } = member;
    const { market } = this.#stage;
    const draw = new Draw(`${seed}/plan`);
    if (this.#fast !== null) return [new Fast(this.#fast, draw, from)];
    if (kind === 'martingale') return [new Martingale(draw, from, (each) => market.pick(each))];
    if (kind === 'pump') return [new Pump(draw, from, thinCoin(market, draw), this.#followersOf())];
    if (kind === 'follower') return [new Follower(draw, life), this.#treasurer(from)];
    return this.#directional(draw, from);
  }

  #followersOf(): Follower[] {
    return this.#followers.flatMap(({ part }) => part.actors.filter((actor) => actor instanceof Follower));
  }

  #treasurer(from: number): Treasurer {
    const { seed, equity } = this.member;
    return new Treasurer(new Draw(`${seed}/money`), from, this.#stage.market.end, equity);
  }

  /** Independent positions add up: each carries its part of the skill and of the leverage. */
  #directional(draw: Draw, from: number): Actor[] {
    const { member } = this;
    const { kind, seed } = member;
    const { market } = this.#stage;
    const twin = kind === 'hedge';
    const shape = isDirectional(kind) ? kind : 'lucky';
    const slots = twin || kind === 'gambler' || kind === 'beta' ? 1 : 1 + draw.int(3);
    const leverage = member.leverage / slots;
    const pick = (each: Draw): CoinHistory =>
      kind === 'beta'
        ? (market.majors[each.int(market.majors.length)] as CoinHistory)
        : market.pick(each, member.reach, leverage, leverage * member.equity);
    const plan = directionalPlan(
      shape,
      { sharpe: (member.sharpe ?? 0) / Math.sqrt(slots), leverage, equity: member.equity },
      draw,
      pick,
    );
    const actors: Actor[] = Array.from(
      { length: slots },
      (_, slot) => new Directional(plan, new Draw(`${seed}/slot/${slot}`), from, member.mirror ? -1 : 1),
    );
    const ownsItsMoney = member.master === null && !twin;
    if (ownsItsMoney) actors.push(this.#treasurer(from));
    return actors;
  }

  /** What a fast actor earned before the first fill that is told: its opening, and points of its portfolio. */
  #unseen(kind: FastKind): { readonly plan: FastPlan; readonly opening: AccountPast['opening'] } {
    const { member } = this;
    const { market, grid } = this.#stage;
    const draw = new Draw(`${member.seed}/fast`);
    const plan = fastPlan(kind, member.equity, draw, (each) => market.pick(each));
    const told = market.end - Math.ceil((TOLD_TRIPS * DAY_MS) / plan.trips / MINUTE_MS) * MINUTE_MS;
    if (told <= member.start) return { plan, opening: { time: member.start, usd: member.equity } };
    let usd = member.equity;
    let sample = grid.times.findIndex((time) => time >= member.start);
    for (let time = member.start; time < told; time += DAY_MS) {
      const until = Math.min(told, time + DAY_MS);
      for (; sample >= 0 && (grid.times[sample] ?? until) < until; sample++) {
        this.#values[sample] = usd;
        this.#netFlows[sample] = member.equity;
      }
      const part = Math.sqrt((until - time) / DAY_MS);
      usd = Math.round(usd * (1 + part * unseenReturn(plan, draw)));
    }
    return { plan, opening: { time: told, usd } };
  }
}

/** A coin of the quieter half of the first dex. */
function thinCoin(market: MarketHistory, draw: Draw): CoinHistory {
  const quiet = market.coins.filter((coin) => coin.dex === 0);
  quiet.sort((a, b) => a.weight - b.weight || a.index - b.index);
  return quiet[draw.int(Math.ceil(quiet.length / 2))] as CoinHistory;
}
