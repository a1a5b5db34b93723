/** Unmodified third-party clients against the simulator over real sockets; prints client x scenario at the end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCcxt, openCcxtPro } from './clients/ccxt.ts';
import { type Driver, type OpenDriver, SCENARIOS, type Scenario } from './clients/driver.ts';
import { openNktkas } from './clients/nktkas.ts';
import { openNomeida } from './clients/nomeida.ts';
import { startVenueWorld, type VenueWorld } from './venue_world.ts';

const CLIENTS: readonly (readonly [string, OpenDriver])[] = [
  ['@nktkas/hyperliquid 0.32.2', openNktkas],
  ['hyperliquid 1.7.7', openNomeida],
  ['ccxt 4.5.84', openCcxt],
  ['ccxt pro 4.5.84', openCcxtPro],
];

const table = new Map<string, Map<Scenario, string>>();

describe.each(CLIENTS)('%s', (name, open) => {
  let world: VenueWorld;
  let driver: Driver;
  const results = new Map<Scenario, string>();
  beforeAll(async () => {
    table.set(name, results);
    world = await startVenueWorld({ control: 'third-party' });
    driver = await open(world);
  });
  afterAll(async () => {
    await driver?.close();
    await world?.close();
  });

  it.each(SCENARIOS)('%s', async (scenario) => {
    const step = driver.steps[scenario];
    const reason = driver.steps.notOffered[scenario];
    if (step === undefined) {
      expect(reason, 'a scenario without a step says why').toBeTypeOf('string');
      results.set(scenario, 'n/a');
      return;
    }
    results.set(scenario, 'FAILED');
    await step();
    results.set(scenario, 'ok');
  });
});

afterAll(() => {
  const names = [...table.keys()];
  const lines = SCENARIOS.map(
    (scenario) =>
      `| ${scenario.padEnd(28)} | ${names.map((name) => (table.get(name)?.get(scenario) ?? '-').padEnd(name.length)).join(' | ')} |`,
  );
  console.log([`| ${'scenario'.padEnd(28)} | ${names.join(' | ')} |`, ...lines].join('\n'));
});
