/** The population after the world began: each trader goes on as its past shows it, and money comes and goes. */
import { Agenda } from '../agents/agenda.ts';
import type { Population, Stage } from '../agents/population.ts';
import type { CoinSeed } from '../venue/coin_table.ts';
import type { State } from '../venue/state.ts';
import { CLASS_TAKING } from '../venue/venue.ts';
import { Draw } from './draw.ts';
import { Foresight } from './foresight.ts';
import { Hand, type LivingAgent, pauseOf } from './living.ts';
import { LivingDirectional } from './living_directional.ts';
import { moveMoney } from './living_money.ts';
import { LivingFast, LivingMartingale, LivingRing } from './living_others.ts';
import { LivingFollower, LivingPump } from './living_pump.ts';
import { DAY_MS } from './market_history.ts';
import type { AccountPast, Past } from './past.ts';

/** Deposits, withdrawals and transfers of a trader a day. */
const MONEY_MOVES_PER_TRADER = 0.05;

export class LivingTraders implements Population {
  readonly #stage: Stage;
  readonly #past: Past;
  readonly #foresight: Foresight;
  readonly #agenda = new Agenda<LivingAgent>();
  readonly #money: Draw;
  #moneyAt: number;

  constructor(stage: Stage, past: Past, coins: readonly CoinSeed[], oracleMs?: number) {
    this.#stage = stage;
    this.#past = past;
    this.#foresight = new Foresight(stage.seed, stage.startTime, coins, stage.venue.state, oracleMs);
    this.#money = new Draw(`${stage.seed}/living/money`);
    this.#moneyAt = stage.startTime + this.#pause();
    for (const each of past.accounts)
      for (const agent of agentsOf(each, past, stage.startTime))
        if (agent.at !== Number.POSITIVE_INFINITY) this.#agenda.add(agent.at, agent);
  }

  #pause(): number {
    return pauseOf(this.#money, DAY_MS / (MONEY_MOVES_PER_TRADER * Math.max(1, this.#past.options.traders)));
  }

  nextAt(): number {
    return Math.min(this.#agenda.nextAt, this.#moneyAt);
  }

  act(time: number): void {
    for (let agent = this.#agenda.take(time); agent !== undefined; agent = this.#agenda.take(time)) {
      const due = agent;
      this.#stage.venue.enqueue(CLASS_TAKING, (s) => this.#turn(s, due));
    }
    if (this.#moneyAt > time) return;
    this.#moneyAt = time + this.#pause();
    this.#stage.venue.enqueue(CLASS_TAKING, (s) => moveMoney(s, this.#past, this.#money));
    this.#foresight.forget(time);
  }

  #turn(s: State, agent: LivingAgent): void {
    const account = s.accounts.get(agent.member.address);
    if (account === undefined) return;
    agent.act(new Hand(s, account, agent.member, this.#foresight));
    if (agent.at !== Number.POSITIVE_INFINITY) this.#agenda.add(Math.max(agent.at, s.time + 1), agent);
  }
}

/** Nobody acts for a house: it is one of the world's makers; the silent half of a ring acts with the other. */
function agentsOf(each: AccountPast, past: Past, start: number): LivingAgent[] {
  const { member, fast, parts, coins } = each;
  const draw = (part: string): Draw => new Draw(`${member.seed}/living/${part}`);
  if (fast !== null) {
    if (member.mirror) return [];
    const partner = member.partner === null ? undefined : past.accounts[member.partner]?.member;
    return partner === undefined
      ? [new LivingFast(member, fast, draw('fast'), start)]
      : [new LivingRing(member, partner, fast, draw('ring'), start)];
  }
  const [coin] = coins;
  if (member.kind === 'martingale') return [new LivingMartingale(member, coins, draw('ladder'), start)];
  if (member.kind === 'pump' && coin !== undefined)
    return [new LivingPump(member, coin, draw('pump'), start)];
  const leader = member.leader === null ? undefined : past.accounts[member.leader];
  const theirs = leader?.coins[0];
  if (leader !== undefined && theirs !== undefined)
    return [new LivingFollower(member, leader.member, theirs, draw('follows'), start)];
  return parts.map(
    ({ plan, open }, slot) => new LivingDirectional(member, plan, open, draw(`slot/${slot}`), start),
  );
}
