import { describe, expect, it } from 'vitest';
import { smallWorldOptions } from '../agents/world.ts';
import { ZERO_HASH } from '../venue/arithmetic.ts';
import { LogHash } from '../venue/log_hash.ts';
import type { BlockEvents, FillRecord, TradeRecord } from '../venue/records.ts';
import { ARCHETYPES } from './archetypes.ts';
import type { Member } from './cast.ts';
import { Draw } from './draw.ts';
import { Foresight } from './foresight.ts';
import { moveMoney } from './living_money.ts';
import { type PopulatedWorld, populatedWorld } from './populated_world.ts';

const END = Date.UTC(2026, 2, 10, 7, 23);
const HOUR = 3_600_000;

/** What a world did, as anybody can read it from its events, by the truth of who did it. */
class Observed {
  readonly facts = new Set<string>();
  readonly #members: ReadonlyMap<string, Member>;
  readonly #entries = new Map<string, { readonly oid: number; readonly time: number }>();
  readonly #world: PopulatedWorld['world'];

  constructor({ world, past }: PopulatedWorld) {
    this.#members = new Map(past.accounts.map(({ member }) => [member.address, member]));
    this.#world = world;
    world.venue.onBlock((events) => this.#read(events));
  }

  #read(events: BlockEvents): void {
    for (const fill of events.fills) this.#fill(fill, this.#members.get(fill.user));
    for (const trades of events.trades.values()) for (const trade of trades) this.#trade(trade);
    for (const twap of events.twaps)
      if (this.#members.has(twap.state.user)) this.facts.add(`a TWAP is ${twap.status}`);
  }

  #fill(fill: FillRecord, member: Member | undefined): void {
    if (member === undefined) {
      this.facts.add('newcomer trades');
      return;
    }
    this.facts.add(`${member.kind} trades`);
    if (member.vault) this.facts.add('a vault trades');
    else if (member.master !== null) this.facts.add('a sub-account trades');
    if (member.terms.unified) this.facts.add('a unified account trades');
    if (fill.coin.dex !== '')
      this.facts.add(`the builder dex is traded by ${member.kind === 'house' ? 'house' : member.reach}`);
    if (fill.builderFee !== null) this.facts.add('a builder is paid');
    if (fill.twapId !== null && fill.hash === ZERO_HASH) this.facts.add('a TWAP slice has no transaction');
    if (fill.twapId === null && fill.dir.startsWith('Open') && member.sharpe !== null) this.#entry(fill);
    const partner = member.partner === null ? undefined : this.#world.venue.state.markets[fill.coin.index];
    if (member.kind === 'hedge' && partner !== undefined) this.#hedge(member, fill.coin.index);
  }

  /** Two orders of one entry within a quarter of an hour. */
  #entry(fill: FillRecord): void {
    const key = `${fill.user}/${fill.coin.symbol}/${fill.side}`;
    const before = this.#entries.get(key);
    if (
      before !== undefined &&
      before.oid !== fill.oid &&
      fill.startPosition !== 0 &&
      fill.time - before.time < HOUR / 4
    )
      this.facts.add('an entry is split');
    this.#entries.set(key, { oid: fill.oid, time: fill.time });
  }

  #hedge(member: Member, coin: number): void {
    const { accountList } = this.#world.venue.state;
    const other = [...this.#members.values()].find((each) => each.index === member.partner);
    const szi = (address: string | undefined): number =>
      accountList.find((account) => account.address === address)?.positions.get(coin)?.szi ?? 0;
    if (szi(member.address) * szi(other?.address) < 0) this.facts.add('two wallets are hedged');
  }

  #trade({ buyer, seller }: TradeRecord): void {
    const [b, s] = [this.#members.get(buyer), this.#members.get(seller)];
    if (b === undefined || s === undefined) return;
    if (b.leader === s.index) this.facts.add('a leader sells to its follower');
    if (b.kind === 'wash' && b.partner === s.index) this.facts.add('a wash ring trades with itself');
  }
}

const WANTED = [
  ...[...ARCHETYPES, 'hedge', 'pump', 'follower', 'house', 'newcomer'].map((kind) => `${kind} trades`),
  'a vault trades',
  'a sub-account trades',
  'a unified account trades',
  'the builder dex is traded by builder',
  'the builder dex is traded by all',
  'a builder is paid',
  'a TWAP is activated',
  'a TWAP is finished',
  'a TWAP slice has no transaction',
  'an entry is split',
  'two wallets are hedged',
  'a leader sells to its follower',
  'a wash ring trades with itself',
];

describe('a population that lives on', { timeout: 400_000 }, () => {
  it('does everything through the book that its past shows, and loses no money', () => {
    const opened = populatedWorld(smallWorldOptions('living', END), { traders: 520, days: 4 });
    const observed = new Observed(opened);
    const missing = (): string[] => WANTED.filter((fact) => !observed.facts.has(fact));
    for (let hour = 1; hour <= 48 && missing().length > 0; hour++) opened.world.advanceTo(END + hour * HOUR);
    expect(missing()).toEqual([]);
    expect(opened.world.venue.conservation().difference).toBe(0n);
    const { query } = opened.world.venue;
    const slices = opened.past.accounts.flatMap(({ member }) =>
      query
        .userTwapSliceFills(member.address, { startTime: END })
        .map((row) => [member.address, row.fill.tid] as const),
    );
    expect(slices.length).toBeGreaterThan(0);
    for (const [user, tid] of slices.slice(0, 5))
      expect(query.userFills(user, false).some((fill) => fill.tid === tid)).toBe(false);
  });

  it('pays in and out, to sub-accounts, between dexs and into vaults', () => {
    const { world, past } = populatedWorld(smallWorldOptions('money', END), { traders: 400, days: 20 });
    const seen = new Map<string, number>();
    world.venue.onBlock((events) => {
      for (const row of events.ledger) seen.set(row.delta.type, (seen.get(row.delta.type) ?? 0) + 1);
    });
    const draw = new Draw('money');
    for (let i = 0; i < 2_000; i++) moveMoney(world.venue.state, past, draw);
    world.advanceTo(END + 60_000);
    expect([...seen.keys()].sort()).toEqual(
      expect.arrayContaining(['deposit', 'send', 'subAccountTransfer', 'vaultDeposit', 'withdraw']),
    );
    expect(world.venue.conservation().difference).toBe(0n);
    // The same kinds are in the past.
    const { query } = world.venue;
    const before = new Set(
      past.accounts.flatMap(({ member }) =>
        query
          .userNonFundingLedgerUpdates(member.address, { startTime: 0, endTime: END - 1 })
          .map((row) => row.delta.type),
      ),
    );
    expect([...before].sort()).toEqual(
      expect.arrayContaining([
        'deposit',
        'send',
        'subAccountTransfer',
        'vaultCreate',
        'vaultDeposit',
        'withdraw',
      ]),
    );
  });

  it('is the same for the same seed', () => {
    const run = (): string => {
      const { world } = populatedWorld(smallWorldOptions('living', END), { traders: 40, days: 2 });
      const log = new LogHash();
      world.venue.onBlock(log.sink);
      world.advanceTo(END + HOUR / 2);
      return log.hex();
    };
    expect(run()).toBe(run());
  });

  it('sees the fair prices that come', () => {
    const options = smallWorldOptions('seen', END);
    const { world } = populatedWorld(options, { traders: 10, days: 1 });
    const { state } = world.venue;
    const foresight = new Foresight('seen', END, options.coins ?? [], state);
    const before = state.markets.map((market) => market.oracle);
    const seen = state.markets.map((market) => foresight.move(market, END, END + HOUR));
    world.advanceTo(END + HOUR);
    state.markets.forEach((market, i) => {
      const came = market.oracle / (before[i] ?? 1) - 1;
      expect(Math.abs(came - (seen[i] ?? 0)), market.symbol).toBeLessThan(2e-3);
    });
  });
});
