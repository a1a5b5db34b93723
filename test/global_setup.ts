import type { TestProject } from 'vitest/node';
import { type Broker, startBroker } from './servers/broker.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Port of the broker that starts the run's servers on first use. */
    serverBroker: number;
  }
}

/** Several projects share one broker: they run in one process. */
const run = globalThis as { autotradeTestBroker?: { users: number; broker: Promise<Broker> } };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  run.autotradeTestBroker ??= { users: 0, broker: startBroker() };
  const entry = run.autotradeTestBroker;
  entry.users++;
  project.provide('serverBroker', (await entry.broker).port);
  return async () => {
    if (--entry.users > 0) return;
    delete run.autotradeTestBroker;
    await (await entry.broker).stop();
  };
}
