/** Who founds sub-accounts and vaults, and who pays into vaults: money is brought in and handed on. */
import type { Member } from './cast.ts';
import { Draw } from './draw.ts';
import type { Actor, Life } from './life.ts';
import { MINUTE_MS } from './market_history.ts';

/** Part of a vault's first money that its leader pays; the rest comes from depositors. */
const LEADER_PERCENT = 40;
const DEPOSITORS = 3;

export interface Deposit {
  /** Place of the depositor in the cast. */
  readonly user: number;
  /** Micro-USD. */
  readonly usd: number;
}

/** Who pays how much into a vault when it opens; the leader first. They add up to the vault's first money. */
export function vaultDeposits(seed: string, cast: readonly Member[], vault: Member): Deposit[] {
  const draw = new Draw(`${seed}/vault/${vault.index}`);
  const leader = vault.master ?? 0;
  const others = new Set<number>();
  for (let tries = 0; tries < 40 && others.size < DEPOSITORS; tries++) {
    const member = cast[draw.int(cast.length)] as Member;
    const plain = member.kind === 'lucky' || member.kind === 'mild' || member.kind === 'negative';
    if (
      plain &&
      member.master === null &&
      member.index !== leader &&
      member.start < vault.start - 5 * MINUTE_MS
    )
      others.add(member.index);
  }
  const each =
    others.size === 0 ? 0 : Math.floor((vault.equity * (100 - LEADER_PERCENT)) / 100 / others.size);
  const deposits = [...others].map((user) => ({ user, usd: each }));
  return [{ user: leader, usd: vault.equity - each * others.size }, ...deposits];
}

/** By place in the cast: which accounts the member pays for. */
export function sponsorships(seed: string, cast: readonly Member[]): Map<number, Gift[]> {
  const gifts = new Map<number, Gift[]>();
  const give = (user: number, gift: Gift): void => {
    const list = gifts.get(user);
    if (list === undefined) gifts.set(user, [gift]);
    else list.push(gift);
  };
  for (const member of cast) {
    if (member.master === null) continue;
    if (!member.vault) {
      give(member.master, {
        to: member.index,
        time: member.start,
        usd: member.equity,
        kind: 'subOut',
        fee: 0,
      });
      continue;
    }
    for (const { user, usd } of vaultDeposits(seed, cast, member)) {
      const founds = user === member.master;
      const kind = founds ? 'vaultCreate' : 'vaultOut';
      give(user, { to: member.index, time: member.start, usd, kind, fee: founds ? VAULT_FEE : 0 });
    }
  }
  for (const list of gifts.values()) list.sort((a, b) => a.time - b.time || a.to - b.to);
  return gifts;
}

const VAULT_FEE = 100_000_000;

export interface Gift {
  readonly to: number;
  /** ms. */
  readonly time: number;
  readonly usd: number;
  readonly kind: 'subOut' | 'vaultOut' | 'vaultCreate';
  /** Kept by the venue. */
  readonly fee: number;
}

/** Brings the money of each gift in two minutes before, and hands it on. */
export class Sponsor implements Actor {
  readonly #gifts: readonly Gift[];
  #next = 0;
  #brought = false;
  at = Number.POSITIVE_INFINITY;

  constructor(gifts: readonly Gift[]) {
    this.#gifts = gifts;
    this.#plan(0);
  }

  #plan(after: number): void {
    const gift = this.#gifts[this.#next];
    this.at =
      gift === undefined
        ? Number.POSITIVE_INFINITY
        : Math.max(after, this.#brought ? gift.time : gift.time - 2 * MINUTE_MS);
  }

  act(life: Life): void {
    const gift = this.#gifts[this.#next] as Gift;
    const { usd, fee, kind, to } = gift;
    const time = this.at;
    if (this.#brought) {
      life.flow({ kind, time, usd, fee, other: to });
      this.#next++;
    } else life.flow({ kind: 'deposit', time, usd: usd + fee });
    this.#brought = !this.#brought;
    this.#plan(time);
  }
}
