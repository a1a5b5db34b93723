import { expect, it } from 'vitest';
import type { WeightLedger } from '../hyperliquid/weight/ledger.ts';
import { LocalWeightLedger } from '../hyperliquid/weight/local_ledger.ts';
import { ManualClock } from '../runtime/clock.ts';
import { silentLogger } from '../runtime/log.ts';
import { CATCH_UP_MS } from '../tracking/pace.ts';
import { pressing } from './pressing_ledger.ts';

const LIMIT = 1200;

function open() {
  const clock = new ManualClock(0);
  const plain = new LocalWeightLedger(clock, { limit: LIMIT, windowMs: 60_000, reserve: {} });
  return { clock, plain, ledger: pressing(plain, { limit: LIMIT, log: silentLogger }) };
}

/** How long the rotation pauses from now on. */
const pause = async (ledger: WeightLedger) => Math.round(await ledger.place(0, CATCH_UP_MS));
/** 60 s for the .97 of the limit that the rotation takes. */
const msOf = (weight: number) => Math.round((weight * 60_000) / (0.97 * LIMIT));

it('has the rotation pause for what is asked, and go on earlier for what is given back', async () => {
  const { plain, ledger } = open();
  const grant = await ledger.acquire(30, 'repairs');
  expect(await pause(plain)).toBe(msOf(30));
  await grant.settle(21);
  expect(await pause(plain)).toBe(msOf(21));
});

it('gives back the pause of what was not granted, and asks for the next only then', async () => {
  const { clock, plain, ledger } = open();
  const full = await plain.acquire(LIMIT, 'sweep');
  const outcomes: string[] = [];
  const ask = (tag: string) =>
    ledger.acquire(30, 'repairs', { maxWaitMs: 5_000 }).then(
      () => outcomes.push(tag),
      (error) => outcomes.push(`${tag} ${error.code}`),
    );
  const all = [ask('first'), ask('second'), ask('third')];
  expect(await pause(plain)).toBe(msOf(90));
  await clock.advance(5_000);
  expect(outcomes).toEqual(['first WEIGHT_EXHAUSTED']);
  await clock.advance(4_000);
  await full.settle(LIMIT - 60);
  await Promise.all(all);
  expect(outcomes).toEqual(['first WEIGHT_EXHAUSTED', 'second', 'third']);
});

it('asks for weight although the rotation cannot be told', async () => {
  const { plain } = open();
  const deaf: WeightLedger = {
    acquire: (...given) => plain.acquire(...given),
    place: () => Promise.reject(new Error('away')),
    snapshot: () => plain.snapshot(),
  };
  const grant = await pressing(deaf, { limit: LIMIT, log: silentLogger }).acquire(20, 'repairs');
  await grant.settle(20);
  expect((await plain.snapshot()).used).toBe(20);
});
