/** The IP addresses through which this machine reaches the venue, each with its weight ledger and its client. */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { fetchFrom } from '../hyperliquid/bound_fetch.ts';
import { createInfoClient, type InfoClient } from '../hyperliquid/transport.ts';
import type { WeightLedger } from '../hyperliquid/weight/ledger.ts';
import { ConfigError } from '../runtime/errors.ts';
import { pressing } from './pressing_ledger.ts';
import { openWeightLedger, type WeightLedgerOptions } from './weight_ledger.ts';

export interface Egress {
  /** Entry of WORKER_EGRESS: names the budget. */
  readonly name: string;
  readonly ledger: WeightLedger;
  readonly info: InfoClient;
  close(): Promise<void>;
}

/** Entries of WORKER_EGRESS, each once. */
export const egressNames = (setting: string): [string, ...string[]] =>
  [...new Set(setting.split(','))] as [string];

/** Loopback addresses belong to every machine, listed or not. */
const isOurs = (address: string): boolean =>
  address.startsWith('127.') ||
  Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === address));

export interface EgressOptions extends Omit<WeightLedgerOptions, 'egress'> {
  /** HYPERLIQUID_API_URL */
  readonly url: string;
  /** What is asked cannot wait for the rotation's next pause: it makes room. For a process that does not poll itself. */
  readonly isPressing?: boolean;
  /** See InfoClientOptions; also told which egress. */
  readonly observe?: (egress: string, type: string, outcome: string, elapsedMs: number) => void;
}

/** @throws ConfigError `EGRESS_UNKNOWN` for an IP address that this machine does not have. */
export function requireEgress(name: string): void {
  if (isIP(name) === 0 || isOurs(name)) return;
  throw new ConfigError(
    'EGRESS_UNKNOWN',
    `WORKER_EGRESS names ${name}, which is no address of this machine; use one that is, or a word of your own for the address that the network gives`,
  );
}

/** @throws ConfigError as `requireEgress`. */
export function openEgress(name: string, options: EgressOptions): Egress {
  requireEgress(name);
  const { url, clock, observe } = options;
  const bound = isIP(name) === 0 ? undefined : fetchFrom(name);
  const weight = openWeightLedger({ ...options, egress: name });
  const ledger = options.isPressing ? pressing(weight.ledger, options) : weight.ledger;
  const info = createInfoClient({
    url,
    ledger,
    clock,
    ...(bound === undefined ? {} : { fetch: bound.fetch }),
    ...(observe === undefined ? {} : { observe: (type, outcome, ms) => observe(name, type, outcome, ms) }),
  });
  return {
    name,
    ledger,
    info,
    async close() {
      bound?.close();
      await weight.close();
    },
  };
}
