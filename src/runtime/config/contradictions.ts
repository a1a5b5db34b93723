/** Settings that are fine alone and wrong together. Each answer is a sentence that says what to change. */
import { VENUE_HOSTS } from './groups.ts';

type Values = Readonly<Record<string, unknown>>;

type VenueKind = 'mainnet' | 'testnet' | 'loopback' | 'other';

/** Which exchange an address belongs to, by its host. */
function venueOf(address: string): VenueKind {
  const host = new URL(address).hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'hyperliquid-testnet.xyz' || host.endsWith('.hyperliquid-testnet.xyz')) return 'testnet';
  if (host === 'hyperliquid.xyz' || host.endsWith('.hyperliquid.xyz')) return 'mainnet';
  if (host === 'localhost' || host === '::1' || host === '0.0.0.0' || /^127\./.test(host)) return 'loopback';
  return 'other';
}

function urlProblem(name: string, address: string, network: string): string | undefined {
  const venue = venueOf(address);
  if (network === 'simulator') {
    if (venue !== 'mainnet' && venue !== 'testnet') return undefined;
    return `${name} is the real exchange (${venue}) but NETWORK is simulator; set NETWORK=${venue}, or remove ${name}`;
  }
  const expected = VENUE_HOSTS[network === 'testnet' ? 'testnet' : 'mainnet'];
  if (venue === 'loopback')
    return `${name} is this machine but NETWORK is ${network}; remove it to use ${expected}, or set NETWORK=simulator`;
  if (venue !== 'other' && venue !== network)
    return `${name} belongs to ${venue} but NETWORK is ${network}; remove it to use ${expected}`;
  if (!/^(https|wss):/.test(address))
    return `${name} is not encrypted; NETWORK=${network} needs https:// or wss://`;
  return undefined;
}

/** Ports that are listened on in this configuration; two alike would show at the start as another program's. */
function portProblems(values: Values, network: string): string[] {
  const names = network === 'simulator' ? ['PORT', 'SIMULATOR_PORT', 'SIMULATOR_CONTROL_PORT'] : ['PORT'];
  // 0 is off.
  const on = names.filter((name) => values[name] !== undefined && values[name] !== 0);
  return on.flatMap((name, index) =>
    on
      .slice(index + 1)
      .filter((other) => values[other] === values[name])
      .map((other) => `${name} and ${other} are both ${String(values[name])}; give one another number`),
  );
}

/** All contradictions among the values present. */
export function contradictions(values: Values): string[] {
  const problems: string[] = [];
  const network = String(values['NETWORK']);
  for (const name of ['WEBSOCKET_URL', 'HYPERLIQUID_API_URL']) {
    const address = values[name];
    if (typeof address !== 'string') continue;
    const problem = urlProblem(name, address, network);
    if (problem !== undefined) problems.push(problem);
  }
  if (network !== 'simulator' && values['SIMULATOR_REPLAY'] !== undefined)
    problems.push(`SIMULATOR_REPLAY is set but NETWORK is ${network}; remove it, or set NETWORK=simulator`);
  return [...problems, ...portProblems(values, network)];
}
