/**
 * The weight budget in use: account states per minute that the real roles fetch from a simulator that enforces the
 * venue's limit, under its sliding and its fixed window; refusals (HTTP 429); and how evenly the rotation serves.
 * The cases of one kind of window run at once in real time, each a world of its own (simulator, database, queue); all
 * roles share this process, their ledgers share only PostgreSQL or Redis. Needs a machine that is otherwise idle: what
 * is measured is the use of time.
 *
 * Cases can be named (`redis-8-sliding embedded-1-fixed`): they run at once, over two and a half minutes instead of
 * five. `--quick` looks at 20 s of two cases: the rate before the window fills, no full window.
 */
import { systemClock } from '../src/runtime/clock.ts';
import { type Broker, startBroker } from '../test/servers/broker.ts';
import { Traffic } from './budget/traffic.ts';
import { type BudgetWorld, openWorld, type WorldPlan } from './budget/world.ts';
import type { BenchOptions, BenchResult, RunBench } from './result.ts';

/** 1200 weight a minute, 2 for each state. */
const FULL_RATE = 600;
/** Rotation of 100 s at the full rate. */
const TRADERS = 1_000;

/** Of named cases: warm-up and measurement. */
const NAMED_MS = [75_000, 150_000] as const;

const plan = (backend: WorldPlan['backend'], workers: number, window: WorldPlan['window']): WorldPlan => ({
  name: `budget_${backend}_${workers}_${window}`,
  backend,
  workers,
  window,
  traders: backend === 'embedded' ? 'stream' : TRADERS,
});

const casesOf = (window: WorldPlan['window']): WorldPlan[] => [
  plan('embedded', 1, window),
  plan('redis', 1, window),
  plan('redis', 4, window),
  plan('redis', 8, window),
];
const QUICK = [plan('embedded', 1, 'sliding'), plan('redis', 4, 'fixed')];

const ALL = [...casesOf('sliding'), ...casesOf('fixed')];
const caseName = (one: WorldPlan): string => `${one.backend}-${one.workers}-${one.window}`;

/** Cases that run at once. */
function groupsOf({ quick, rest: cases = [] }: BenchOptions): WorldPlan[][] {
  if (quick) return [QUICK];
  if (cases.length === 0) return [casesOf('sliding'), casesOf('fixed')];
  const named = ALL.filter((one) => cases.includes(caseName(one)));
  if (named.length === cases.length) return [named];
  throw new Error(`cases are ${ALL.map(caseName).join(', ')}`);
}

const titleOf = (one: WorldPlan): string =>
  `${one.backend === 'embedded' ? 'embedded, stream and 1 worker' : `Redis, ${one.workers} workers`}, ${one.window} window`;

export const run: RunBench = async (options) => {
  const groups = groupsOf(options);
  const broker = await startBroker();
  const traffic = new Traffic();
  traffic.begin();
  try {
    const results: BenchResult[] = [];
    for (const group of groups) results.push(...(await measure(broker, traffic, group, options)));
    return results;
  } finally {
    traffic.end();
    await broker.stop();
  }
};

async function measure(
  broker: Broker,
  traffic: Traffic,
  plans: readonly WorldPlan[],
  { quick, rest: cases = [], say }: BenchOptions,
): Promise<BenchResult[]> {
  const worlds = new Map<WorldPlan, BudgetWorld>();
  try {
    for (const one of plans) {
      const world = await openWorld(broker, one);
      if (world === undefined) say(`${titleOf(one)}: not measured, there is no Redis here`);
      else worlds.set(one, world);
    }
    // The first minute fills the window; what counts is what comes after.
    const [warmUpMs, measuredMs] = quick ? [3_000, 15_000] : cases.length > 0 ? NAMED_MS : [90_000, 300_000];
    say(`measuring for ${measuredMs / 1000} s after ${warmUpMs / 1000} s`);
    await systemClock.sleep(warmUpMs);
    const from = systemClock.monotonic();
    await systemClock.sleep(measuredMs);
    const to = systemClock.monotonic();
    return [...worlds].flatMap(([one, world]) =>
      resultsOf(one, traffic.figures(world.port, from, to), quick),
    );
  } finally {
    await Promise.all([...worlds.values()].map((world) => world.close()));
  }
}

function resultsOf(one: WorldPlan, figures: ReturnType<Traffic['figures']>, quick: boolean): BenchResult[] {
  const title = titleOf(one);
  const { statesPerMinute, refused, mostWeightInAMinute, longestWaitMs } = figures;
  const results: BenchResult[] = [
    {
      name: `${title}: account states`,
      value: statesPerMinute,
      unit: '1/min',
      against: 'the whole budget',
      ratio: statesPerMinute / FULL_RATE,
      target: '>= 0.95',
    },
    { name: `${title}: refused with 429`, value: refused, unit: 'requests', target: '== 0' },
    { name: `${title}: most weight in 60 s`, value: mostWeightInAMinute, unit: 'weight', target: '<= 1200' },
  ];
  if (!quick && longestWaitMs !== undefined && one.traders !== 'stream') {
    const ideal = (one.traders / FULL_RATE) * 60_000;
    results.push({
      name: `${title}: longest wait of a trader`,
      value: longestWaitMs / 1000,
      unit: 's',
      against: 'the ideal rotation',
      ratio: longestWaitMs / ideal,
      target: '<= 1.1',
    });
  }
  return results;
}
