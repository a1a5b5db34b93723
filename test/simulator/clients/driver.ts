/** What every third-party client must be able to do against the simulator, and what a test needs to ask it. */
import { createRequire } from 'node:module';
import type { VenueWorld } from '../venue_world.ts';

export const SCENARIOS = [
  'load markets',
  'read state',
  'subscribe trades',
  'subscribe bbo',
  'subscribe l2Book',
  'subscribe userFills',
  'subscribe orderUpdates',
  'place',
  'modify',
  'cancel',
  'cancel by cloid',
  'market order',
  'reduce-only',
  'trigger',
  'leverage',
  'agent approval and trading',
  'refusal: minimum value',
  'refusal: margin',
  'refusal: post only',
  'refusal: unknown order',
  'refusal: reduce only',
  'refusal: unknown signer',
  'refusal: rate limit',
  'refusal: every known text',
  'refusal: server down',
] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** A scenario that a client's own interface does not offer is named with the reason instead. */
export type Steps = Partial<Record<Scenario, () => Promise<unknown>>> & {
  readonly notOffered: Partial<Record<Scenario, string>>;
};

export interface Driver {
  readonly name: string;
  readonly steps: Steps;
  close(): Promise<void>;
}

export type OpenDriver = (world: VenueWorld) => Promise<Driver>;

/** An account of its own for each client: private keys of tests, never of anything real. */
export interface TestAccount {
  readonly privateKey: string;
  readonly address: string;
  readonly signTypedData: (domain: object, types: object, value: object) => Promise<string>;
  readonly getAddress: () => Promise<string>;
}

const require = createRequire(import.meta.url);
// The wallet library that the npm client `hyperliquid` brings along: signatures are made by code that is not ours.
const ethers = createRequire(require.resolve('hyperliquid'))('ethers') as {
  Wallet: new (privateKey: string) => TestAccount;
};

/** The account of a number: key 0x…00n repeated. */
export const testAccount = (n: number): TestAccount =>
  new ethers.Wallet(`0x${n.toString(16).padStart(2, '0').repeat(32)}`);

/** Fails unless `condition` holds. */
export function check(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** The error that `run` throws; fails when it does not. */
export async function refusalOf(run: () => Promise<unknown>): Promise<Error> {
  try {
    const answer = await run();
    throw new TypeError(`was accepted: ${JSON.stringify(answer)}`);
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith('was accepted')) throw error;
    return error as Error;
  }
}

/** Fails unless `run` is refused with an error of this class and text. */
export async function refused(
  run: () => Promise<unknown>,
  kind: new (...args: never[]) => Error,
  text: RegExp,
): Promise<void> {
  const error = await refusalOf(run);
  check(error instanceof kind, `${error.name} is no ${kind.name}: ${error.message}`);
  check(text.test(error.message), `unexpected text: ${error.message}`);
}
