/** Property: after any sequence of actions, every block keeps the venue's invariants. */
import fc from 'fast-check';
import type { Address } from '../../src/domain/address.ts';
import type { MicroUsd } from '../../src/domain/money.ts';
import type { Action } from '../../src/simulator/venue/actions.ts';
import { COIN_SEEDS } from '../../src/simulator/venue/coin_table.ts';
import { DEFAULT_RULES } from '../../src/simulator/venue/rules.ts';
import { SimulatedVenue } from '../../src/simulator/venue/venue.ts';
import { anyStep, applyStep, ladder, MAKER, type Step, USERS, userAddress } from './venue_actions.ts';
import { Invariants } from './venue_invariants.ts';

const START = Date.UTC(2026, 0, 5, 11, 59, 30);
const COINS = COIN_SEEDS.filter((c) => ['BTC', 'XRP', 'GOLD'].includes(c.name));

/** Rules as on the venue, but sub-accounts and scheduled cancels without a volume first. */
const RULES = {
  ...DEFAULT_RULES,
  subAccounts: { ...DEFAULT_RULES.subAccounts, volumeUsd: 0 },
  scheduleCancel: { ...DEFAULT_RULES.scheduleCancel, volumeUsd: 0 },
  vault: { ...DEFAULT_RULES.vault, lockupMs: 0 },
};

function newVenue(): SimulatedVenue {
  const venue = new SimulatedVenue({ seed: 3, startTime: START, coins: COINS, rules: RULES });
  for (let i = 0; i < USERS; i++) venue.control.deposit(userAddress(i), (100_000 * 1e6) as MicroUsd);
  venue.control.deposit(MAKER, (50_000_000 * 1e6) as MicroUsd);
  venue.produceBlock(START + 70);
  return venue;
}

function setUp(venue: SimulatedVenue): void {
  let nonce = START;
  const act = (signer: Address, action: Action): void =>
    venue.submit({ signer, action, nonce: nonce++, vaultAddress: null, expiresAfter: null }, () => {});
  for (const signer of [MAKER, ...Array.from({ length: USERS }, (_, i) => userAddress(i))])
    act(signer, {
      type: 'sendAsset',
      destination: signer,
      sourceDex: '',
      destinationDex: 'xyz',
      token: 'USDC',
      amount: signer === MAKER ? '10000000' : '30000',
      fromSubAccount: '',
    });
  for (const market of venue.state.markets) {
    const lever = (signer: Address, isCross: boolean, leverage: number): void =>
      act(signer, {
        type: 'updateLeverage',
        asset: market.assetId,
        isCross: isCross && market.marginMode === null,
        leverage: Math.min(market.maxLeverage, leverage),
      });
    lever(MAKER, true, 5);
    for (let i = 0; i < USERS; i++) lever(userAddress(i), i !== 4, 5 + i * 9);
  }
  venue.produceBlock(venue.time + 70);
  for (const market of venue.state.markets) ladder(venue, market, 150, nonce++);
  venue.produceBlock(venue.time + 70);
}

function runSequence(steps: readonly Step[]): void {
  const venue = newVenue();
  const invariants = new Invariants(venue);
  setUp(venue);
  let nonce = START + 1000;
  for (const step of steps) {
    nonce = Math.max(nonce + 1, venue.time);
    const wait = applyStep(venue, step, nonce);
    const end = venue.time + wait;
    // What the chain does by itself on the way (funding, TWAP slices) happens at its own time.
    while (venue.nextDue() < end && wait > 5_000) {
      venue.produceBlock(Math.max(venue.nextDue(), venue.time + 1));
      if (wait > 3_600_000) break;
    }
    venue.produceBlock(Math.max(end, venue.time + 1));
    invariants.check();
  }
}

/** Throws fast-check's report, with the smallest failing sequence, on the first breach. */
export function proveSequences(sequences: number, seed?: number): void {
  fc.assert(fc.property(fc.array(anyStep, { minLength: 1, maxLength: 60, size: 'max' }), runSequence), {
    numRuns: sequences,
    ...(seed === undefined ? {} : { seed }),
  });
}
