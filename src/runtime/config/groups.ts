/**
 * Every setting of the program, in groups; a role reads only the groups that it names (see main/roles). To add a
 * setting: one line in the right group with its unit as the last word of its name, then `npm run docs:generate`.
 */
import {
  type Basis,
  choice,
  decimal,
  type Field,
  flag,
  integer,
  listOrAll,
  path,
  port,
  secretText,
  secretUrl,
  text,
  url,
  type Value,
} from './field.ts';

/** Host names of the real exchange, by network. */
export const VENUE_HOSTS = {
  mainnet: 'api.hyperliquid.xyz',
  testnet: 'api.hyperliquid-testnet.xyz',
} as const;

const venueUrl = (scheme: 'http' | 'ws', pathname: string) => (basis: Basis) =>
  basis.NETWORK === 'simulator'
    ? `${scheme}://127.0.0.1:${basis.SIMULATOR_PORT}${pathname}`
    : `${scheme}s://${VENUE_HOSTS[basis.NETWORK]}${pathname}`;

/** Read by every role. */
const base = {
  NETWORK: choice(
    'Which exchange: our own simulator (no real money, works offline), or the real exchange (mainnet, testnet).',
    ['simulator', 'mainnet', 'testnet'],
    'simulator',
  ),
  DATA_DIR: path('Folder of everything this installation keeps: embedded database, keys, run files.', {
    default: (basis) => `data/${basis.NETWORK}`,
    defaultDoc: '`data/<network>`',
  }),
  LOG_LEVEL: choice(
    'Least severe log line that is written.',
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace'],
    'info',
  ),
};

const storage = {
  DATABASE_URL: secretUrl(
    'PostgreSQL 15 or later. Absent: an embedded PostgreSQL runs in DATA_DIR, started and stopped by the process manager.',
    ['postgres:', 'postgresql:'],
  ),
  REDIS_URL: secretUrl(
    'Redis 7 for jobs, cache and the weight budget over many machines. Absent: the database does it, for one machine.',
    ['redis:', 'rediss:'],
  ),
};

const exchange = {
  WEBSOCKET_URL: url('WebSocket of the exchange.', {
    protocols: ['ws:', 'wss:'],
    defaultPath: '/ws',
    default: venueUrl('ws', '/ws'),
    defaultDoc: 'follows NETWORK',
  }),
  HYPERLIQUID_API_URL: url('Information endpoint (REST) of the exchange.', {
    protocols: ['http:', 'https:'],
    defaultPath: '/info',
    default: venueUrl('http', '/info'),
    defaultDoc: 'follows NETWORK',
  }),
  WORKER_EGRESS: text(
    'IP addresses through which this machine reaches the exchange, comma-separated, each with a weight budget of its own: an address of this machine is bound to; any other word only names the address that the network gives. Roles with the same entry share its budget; the stream uses the first.',
    {
      default: 'default',
      accepts: 'up to 16 addresses or names of 64 letters, digits, dots, colons or dashes',
      pattern: /^[A-Za-z0-9.:_-]{1,64}(,[A-Za-z0-9.:_-]{1,64}){0,15}$/,
    },
  ),
};

const feed = {
  POPULAR_COINS: listOrAll(
    'Coins whose public trades are watched: `*` is every listed perpetual of every dex; a list like `BTC,ETH,SOL,AVAX` narrows it.',
    { entry: /^[A-Za-z0-9]{1,24}(:[A-Za-z0-9]{1,24})?$/, entryDoc: 'coin names' },
  ),
  COINS_REFRESH_SECONDS: integer(
    'Pause between two looks at the list of coins: new ones are watched and delisted ones let go within this time.',
    { default: 300, min: 1, max: 86_400 },
  ),
  TRADES_RETENTION_HOURS: integer('How long public trades are kept before their day is dropped.', {
    default: 72,
    min: 1,
    max: 24 * 366,
  }),
};

const worker = {
  BATCH_SIZE: integer('Traders that a tracking batch claims at a time (weight 2 each).', {
    default: 50,
    min: 1,
    max: 500,
  }),
  WORKER_CONCURRENCY: integer('Jobs that one worker process runs at a time.', {
    default: 4,
    min: 1,
    max: 64,
  }),
  TRACKING_INTERVAL_SECONDS: integer('Pause between the starts of two tracking batches.', {
    default: 75,
    min: 5,
    max: 3600,
  }),
  SNAPSHOTS_RETENTION_DAYS: integer('How long account snapshots (account values, audits) are kept.', {
    default: 7,
    min: 2,
    max: 3660,
  }),
  CHANGES_RETENTION_DAYS: integer(
    'How long position changes (the event log) are kept; they go in blocks of five million offsets, when the newest of a block is older.',
    { default: 7, min: 1, max: 3660 },
  ),
  GAPS_RETENTION_DAYS: integer('How long recorded losses of the trades feed and found drift are kept.', {
    default: 30,
    min: 1,
    max: 3660,
  }),
  LEADERBOARD_INTERVAL_SECONDS: integer('Pause between the starts of two leaderboard calculations.', {
    default: 600,
    min: 10,
    max: 86_400,
  }),
  LEADERBOARD_FILE: flag(
    "Read the exchange's own public leaderboard file, once at the start and every six hours, to know whose past to read first (mainnet and testnet; undocumented, and it may refuse).",
    false,
  ),
};

const api = {
  HOST: text('Address that the web server listens on. Anything but loopback needs a TLS proxy in front.', {
    default: '127.0.0.1',
    accepts: 'a host name or IP address',
    pattern: /^[A-Za-z0-9.:_-]{1,255}$/,
  }),
  PORT: port('Port of the web server.', 8787),
  PUBLIC_URL: text(
    'Where else the web server is reached, for example through a TLS proxy; comma-separated. The sign-in link leads to the first.',
    {
      default: '',
      accepts: 'addresses like `https://autotrade.example`, without user name, path and query',
      pattern: /^https?:\/\/[^\s,/\\?#@]+(,https?:\/\/[^\s,/\\?#@]+)*$/,
    },
  ),
  TRUSTED_PROXIES: text('Proxies whose X-Forwarded-For is believed; comma-separated.', {
    default: '',
    accepts: 'IP addresses or ranges like `10.0.0.0/8`',
    pattern: /^[0-9a-fA-F.:/]+(,[0-9a-fA-F.:/]+)*$/,
  }),
};

const simulator = {
  SIMULATOR_PORT: port('Port of the simulated exchange, on 127.0.0.1.', 3001),
  SIMULATOR_SEED: text('Seed of the simulated market: the same seed gives the same market.', {
    default: '1',
    accepts: 'up to 64 letters, digits, dots or dashes',
    pattern: /^[A-Za-z0-9._-]{1,64}$/,
  }),
  SIMULATOR_MARKET: choice(
    'What is simulated: venue is the whole exchange with order books, margin and accounts; tape only prints trades, at any rate.',
    ['venue', 'tape'],
    'venue',
  ),
  SIMULATOR_SIGNATURES: choice(
    'Network whose signatures the simulated exchange accepts. The Python and Rust clients sign for testnet at any address but the real one.',
    ['either', 'mainnet', 'testnet'],
    'either',
  ),
  SIMULATOR_TRADERS: integer(
    'Traders of the simulated exchange that have a past; 0 lets everybody begin when it starts.',
    { default: 2000, min: 0, max: 20_000 },
  ),
  SIMULATOR_HISTORY_DAYS: integer('Length of that past in days.', { default: 90, min: 1, max: 365 }),
  SIMULATOR_ARCHIVE: path<undefined>(
    'Folder to which that past is written as hourly archive files, as the real exchange publishes them.',
    { default: undefined },
  ),
  SIMULATOR_RECORD: path<undefined>(
    'File to which the simulated public market is recorded, for a later replay.',
    {
      default: undefined,
    },
  ),
  SIMULATOR_CONTROL_PORT: integer(
    'Port of the interface that injects faults and moves the simulated venue, on 127.0.0.1; 0 is off.',
    { default: 0, min: 0, max: 65_535 },
  ),
  SIMULATOR_REST_WEIGHT_PER_MINUTE: integer(
    "Request weight that the simulated exchange grants an address per minute, and the platform's budget with it. " +
      'The real exchange grants 1200, at which the histories that a leaderboard needs take hours.',
    {
      default: 100_000,
      min: 1,
      max: 1_000_000_000,
    },
  ),
  SIMULATOR_WEBSOCKET_CONNECTIONS: integer(
    'WebSocket connections that the simulated exchange grants an address.',
    {
      default: 15,
      min: 1,
      max: 100_000,
    },
  ),
  SIMULATOR_WEBSOCKET_SUBSCRIPTIONS: integer('Subscriptions over all connections of an address.', {
    default: 1000,
    min: 1,
    max: 1_000_000,
  }),
  SIMULATOR_WEBSOCKET_USERS: integer(
    'Different users in the subscriptions of an address (10 in the documents).',
    {
      default: 15,
      min: 1,
      max: 1_000_000,
    },
  ),
  SIMULATOR_WEBSOCKET_CONNECTS_PER_MINUTE: integer('New WebSocket connections of an address in a minute.', {
    default: 30,
    min: 1,
    max: 1_000_000,
  }),
  SIMULATOR_WEBSOCKET_MESSAGES_PER_MINUTE: integer(
    'Messages that an address may send in a minute over all its connections.',
    { default: 2000, min: 1, max: 1_000_000_000 },
  ),
  SIMULATOR_WEBSOCKET_POSTS: integer('Requests over WebSocket that an address may have unanswered.', {
    default: 100,
    min: 1,
    max: 1_000_000,
  }),
  SIMULATOR_REST_WINDOW: choice(
    'How the simulated exchange counts that minute: any 60 seconds, or whole minutes.',
    ['sliding', 'fixed'],
    'sliding',
  ),
  SIMULATOR_REPLAY: path<undefined>('A recorded capture to replay instead of generating a market.', {
    default: undefined,
  }),
  SIMULATOR_REPLAY_SPEED: decimal('Pace of a replay: 1 is as recorded.', {
    default: 1,
    min: 0.01,
    max: 10_000,
  }),
  SIMULATOR_REPLAY_TIMES: choice(
    'Times in a replay: shift moves them so that the recording starts now, keep leaves them.',
    ['shift', 'keep'],
    'shift',
  ),
  SIMULATOR_TRADES_PER_SECOND: decimal('Mean rate of the generated market, over all coins.', {
    default: 20,
    min: 0.1,
    max: 20_000,
  }),
};

/** Read by `autotrade import fills` alone. */
const archive = {
  ARCHIVE_ACCESS_KEY: secretText(
    'Key id for a signed bucket of the fill archive. Absent: it is read unsigned.',
  ),
  ARCHIVE_SECRET_KEY: secretText('Secret key that belongs to it.'),
  ARCHIVE_REGION: text('Region of the bucket.', {
    default: 'us-east-1',
    accepts: 'letters, digits and dashes',
    pattern: /^[a-z0-9-]{1,40}$/,
  }),
};

/** Read by the process manager alone. */
const manager = {
  LOG_DIR: path('Folder of the log files, one per service.', { default: 'logs' }),
  LOG_FILE_MEGABYTES: integer('A log file that grows beyond this is rotated.', {
    default: 10,
    min: 1,
    max: 1024,
  }),
  LOG_KEEP_FILES: integer('Rotated log files kept per service.', { default: 5, min: 1, max: 100 }),
  STATUS_INTERVAL_SECONDS: integer('Pause between two status tables on the terminal.', {
    default: 30,
    min: 1,
    max: 3600,
  }),
  COLOR: flag('Colours on the terminal, when it is one.', true),
};

export const GROUPS = { base, storage, exchange, feed, worker, api, simulator, archive, manager } as const;

export type GroupName = keyof typeof GROUPS;

/** What a group is about, for docs/CONFIG.md. */
export const GROUP_TITLES: Readonly<Record<GroupName, string>> = {
  base: 'Every role',
  storage: 'Database and jobs',
  exchange: 'Exchange',
  feed: 'Trades feed (role stream)',
  worker: 'Periodic work (roles worker, scheduler)',
  api: 'Web server (role api)',
  simulator: 'Simulated exchange (role simulator)',
  archive: 'Public fill archive (`autotrade import fills`)',
  manager: 'Process manager',
};

/** The values of one group. */
export type GroupValues<G extends GroupName> = {
  readonly [K in keyof (typeof GROUPS)[G]]: Value<(typeof GROUPS)[G][K]>;
};

type Union<T> = (T extends unknown ? (value: T) => void : never) extends (value: infer I) => void ? I : never;

/** The values of several groups together, `base` always among them: what a role's mapping gets. */
export type Settings<G extends GroupName = GroupName> = Union<
  G | 'base' extends infer E ? (E extends GroupName ? GroupValues<E> : never) : never
>;

/** All fields by name. */
export const FIELDS: ReadonlyMap<string, Field<unknown>> = new Map(
  Object.values(GROUPS).flatMap((group) => Object.entries(group) as [string, Field<unknown>][]),
);

/** Set by the process manager for its children, never by a user. */
export const INTERNAL_KEYS = ['AUTOTRADE_RESTARTS', 'AUTOTRADE_MANAGED'] as const;
