/** The population after the world began: each trader goes on as its past shows it, and money comes and goes. */
import { Agenda } from '../agents/agenda.ts';
import type { Population, Stage } from '../agents/population.ts';
import type { CoinSeed } from '../venue/coin_table.ts';
import { perpEquity, withdrawableOf } from '../venue/margin.ts';
import { type Account, potOf, type State } from '../venue/state.ts';
import { deposit, subAccountTransfer, withdraw } from '../venue/transfers.ts';
import { vaultTransfer } from '../venue/vaults.ts';
import { CLASS_TAKING } from '../venue/venue.ts';
import { Draw } from './draw.ts';
import { Foresight } from './foresight.ts';
import type { AccountPast, Past } from './generate.ts';
import { Hand, type LivingAgent, pauseOf } from './living.ts';
import { LivingDirectional } from './living_directional.ts';
import { LivingFast, LivingMartingale, LivingPump, LivingRing } from './living_others.ts';
import { DAY_MS } from './market_history.ts';

/** Deposits, withdrawals and transfers of a trader a day. */
const MONEY_MOVES_PER_TRADER = 0.05;
const CENT = 10_000;

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
    this.#stage.venue.enqueue(CLASS_TAKING, (s) => this.#moveMoney(s));
    this.#foresight.forget(time);
  }

  #turn(s: State, agent: LivingAgent): void {
    const account = s.accounts.get(agent.member.address);
    if (account === undefined) return;
    agent.act(new Hand(s, account, agent.member, this.#foresight));
    if (agent.at !== Number.POSITIVE_INFINITY) this.#agenda.add(Math.max(agent.at, s.time + 1), agent);
  }

  /** Somebody pays in, takes out, moves money to a sub-account or into a vault. */
  #moveMoney(s: State): void {
    const draw = this.#money;
    const { accounts } = this.#past;
    const each = accounts[draw.int(accounts.length)] as AccountPast;
    const account = s.accounts.get(each.member.address);
    const what = draw.uniform();
    const part = draw.uniform(0.05, 0.4);
    if (account === undefined || each.member.kind === 'house' || each.member.vault) return;
    const equity = perpEquity(account);
    const usd = Math.floor((Math.max(equity, 50_000_000) * part) / CENT) * CENT;
    const free = withdrawableOf(potOf(account, 0));
    const sub = account.subAccounts[0];
    if (sub !== undefined && what < 0.4) {
      subAccountTransfer(s, account, sub.address, free > usd, free > usd ? usd : Math.floor(usd / 10));
      return;
    }
    if (what < 0.08) payIntoVault(s, account, Math.min(usd, free));
    else if (what < 0.5 && free > 2 * usd && usd > 10_000_000)
      withdraw(s, account, String(usd / 1e6), s.time);
    else if (each.member.master === null) deposit(s, each.member.address, Math.max(usd, 20_000_000));
  }
}

function payIntoVault(s: State, account: Account, usd: number): void {
  const vault = s.accountList.find((each) => each.vault !== null && each.vault.leader !== account);
  if (vault !== undefined && usd > 5_000_000) vaultTransfer(s, account, vault.address, true, usd);
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
  return parts.map(
    ({ plan, open }, slot) => new LivingDirectional(member, plan, open, draw(`slot/${slot}`), start),
  );
}
