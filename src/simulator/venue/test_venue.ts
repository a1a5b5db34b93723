/** A venue with three funded accounts and short ways to act on it, for the tests of this room. */
import { type Address, parseAddress } from '../../domain/address.ts';
import type { MicroUsd } from '../../domain/money.ts';
import type { Action, ActionAnswer, OrderWire } from './actions.ts';
import type { BlockEvents } from './records.ts';
import type { VenueRules } from './rules.ts';
import { SimulatedVenue } from './venue.ts';

export const START = Date.UTC(2026, 0, 5, 12, 0, 1);
export const user = (n: number): Address => parseAddress(`0x${n.toString(16).padStart(40, '0')}`);
export const ALICE = user(0xa11ce);
export const BOB = user(0xb0b);
export const CAROL = user(0xca401);

/** Orders of BTC as the wire sends them. */
export function limit(
  b: boolean,
  p: string,
  s: string,
  tif: 'Gtc' | 'Ioc' | 'Alo' = 'Gtc',
  r = false,
): OrderWire {
  return { a: 0, b, p, s, r, t: { limit: { tif } } };
}
export function trigger(
  b: boolean,
  triggerPx: string,
  s: string,
  tpsl: 'tp' | 'sl',
  isMarket = true,
): OrderWire {
  return { a: 0, b, p: triggerPx, s, r: true, t: { trigger: { isMarket, triggerPx, tpsl } } };
}
export const orders = (list: OrderWire[], grouping: 'na' | 'normalTpsl' | 'positionTpsl' = 'na'): Action => ({
  type: 'order',
  orders: list,
  grouping,
});

export class TestVenue {
  readonly venue: SimulatedVenue;
  readonly blocks: BlockEvents[] = [];
  #nonce = START;

  constructor(rules: Partial<VenueRules> = {}) {
    this.venue = new SimulatedVenue({ seed: 7, startTime: START, rules });
    this.venue.onBlock((events) => void this.blocks.push(events));
    for (const who of [ALICE, BOB, CAROL]) this.venue.control.deposit(who, (100_000 * 1e6) as MicroUsd);
    this.step();
  }

  step(ms = 70): void {
    this.venue.produceBlock(this.venue.time + ms);
    const { difference } = this.venue.conservation();
    if (difference !== 0n) throw new Error(`conservation is off by ${difference} micro-USD`);
  }

  act(signer: Address, action: Action, vaultAddress: Address | null = null): ActionAnswer {
    let got: ActionAnswer | undefined;
    this.#nonce = Math.max(this.#nonce + 1, this.venue.time);
    this.venue.submit({ signer, action, nonce: this.#nonce, vaultAddress, expiresAfter: null }, (answer) => {
      got = answer;
    });
    this.step();
    if (got === undefined) throw new Error('no answer');
    return got;
  }

  /** The answer's response; throws where the venue refuses. */
  ok(signer: Address, action: Action, vaultAddress: Address | null = null) {
    const answer = this.act(signer, action, vaultAddress);
    if (answer.status === 'err') throw new Error(answer.response);
    return answer.response;
  }

  /** The refusal's text; throws where the venue accepts. */
  refusal(signer: Address, action: Action, vaultAddress: Address | null = null): string {
    const answer = this.act(signer, action, vaultAddress);
    if (answer.status === 'ok') throw new Error(`accepted: ${JSON.stringify(answer.response)}`);
    return answer.response;
  }

  order(
    who: Address,
    order: Partial<OrderWire> & { p: string; s: string; b: boolean },
    tif: 'Gtc' | 'Ioc' | 'Alo' = 'Gtc',
  ) {
    const wire: OrderWire = { a: 0, r: false, t: { limit: { tif } }, ...order };
    const answer = this.act(who, { type: 'order', orders: [wire], grouping: 'na' });
    if (answer.status === 'err') throw new Error(answer.response);
    return (answer.response.data as { statuses: unknown[] }).statuses[0] as {
      resting?: { oid: number };
      filled?: { totalSz: string; avgPx: string; oid: number };
      error?: string;
    };
  }

  lever(who: Address, leverage: number, isCross = true, asset = 0): void {
    this.ok(who, { type: 'updateLeverage', asset, isCross, leverage });
  }

  /** Accounts trade `size` at `px`: the seller rests, the buyer takes. */
  trade(buyer: Address, seller: Address, px: string, s: string, asset = 0): void {
    const rested = this.order(seller, { a: asset, b: false, p: px, s });
    if (!rested.resting) throw new Error(`the seller's order: ${JSON.stringify(rested)}`);
    const taken = this.order(buyer, { a: asset, b: true, p: px, s }, 'Ioc');
    if (!taken.filled) throw new Error(`the buyer's order: ${JSON.stringify(taken)}`);
  }

  /** Blocks at the chain's own times up to `ms` from now. */
  pass(ms: number): void {
    const end = this.venue.time + ms;
    while (this.venue.nextDue() <= end) this.step(Math.max(1, this.venue.nextDue() - this.venue.time));
    if (this.venue.time < end) this.step(end - this.venue.time);
  }

  szi(who: Address): string {
    const state = this.venue.query.clearinghouseState(who, '');
    return state.assetPositions[0]?.position.szi ?? '0.0';
  }
}
