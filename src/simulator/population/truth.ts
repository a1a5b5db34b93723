/** What is true of each trader. Only the control interface tells it; the wire has no way to ask. */
import type { Address } from '../../domain/address.ts';
import type { TraderKind } from './cast.ts';
import type { Past } from './past.ts';

export interface TraderTruth {
  readonly user: Address;
  readonly kind: TraderKind | 'house';
  /** Expected annual Sharpe ratio of its own positions before any cost, in the past; null where the kind has none. */
  readonly sharpe: number | null;
  /** The same from the start of the world on: some lose their skill then. */
  readonly laterSharpe: number | null;
  /** ms of its first money. */
  readonly start: number;
  /** ms from which its fills explain everything, and its account value then, micro-USD. */
  readonly openingTime: number;
  readonly openingUsd: number;
  /** The other wallet of a hedge or a wash ring; the master of a sub-account; the leader of a vault. */
  readonly partner: Address | null;
  readonly master: Address | null;
  readonly vault: boolean;
  /** Whom a follower buys after. */
  readonly leader: Address | null;
}

export function truthOf(past: Past): TraderTruth[] {
  const address = (index: number | null): Address | null =>
    index === null ? null : (past.accounts[index]?.member.address ?? null);
  return past.accounts.map(({ member, opening }) => ({
    user: member.address,
    kind: member.kind,
    sharpe: member.sharpe,
    laterSharpe: member.laterSharpe,
    start: member.start,
    openingTime: opening.time,
    openingUsd: opening.usd,
    partner: address(member.partner),
    master: address(member.master),
    vault: member.vault,
    leader: address(member.leader),
  }));
}
