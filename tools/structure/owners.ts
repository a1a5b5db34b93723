/** Who may touch the world outside: clock, chance, settings, terminal, network, and code that is loaded. Data. */

export interface Ban {
  readonly what: string;
  /** Globals that nobody else may name, or members of them: `console`, `Math.random`. */
  readonly globals: readonly string[];
  /** Uses of those globals that are free, as `usageText` (calls.ts) writes them. */
  readonly free?: readonly string[];
  /** Names that nobody else may import, by module; `*` is all of it. */
  readonly modules: Readonly<Record<string, '*' | readonly string[]>>;
  /** Files or folders that own it, and why. */
  readonly owners: Readonly<Record<string, string>>;
  readonly instead: string;
  /** Whether tests beside the code may do it. */
  readonly inTests: boolean;
}

const REQUESTS = ['request', 'get', 'Agent', 'globalAgent', 'ClientRequest', 'WebSocket'];
const RANDOM = [
  'randomBytes',
  'pseudoRandomBytes',
  'prng',
  'rng',
  'randomUUID',
  'randomInt',
  'randomFill',
  'randomFillSync',
  'getRandomValues',
  'webcrypto',
  'generateKey',
  'generateKeySync',
  'generateKeyPair',
  'generateKeyPairSync',
  'generatePrime',
  'generatePrimeSync',
];

const BROWSER = "the web app's one file that touches the browser";

export const BANS: readonly Ban[] = [
  {
    what: 'the real clock',
    globals: ['Date', 'performance', 'process.hrtime', 'process.uptime'],
    free: ['Date.UTC', 'Date.parse', 'new Date(x)', 'instanceof Date'],
    modules: { 'node:perf_hooks': ['performance', 'default'], 'node:process': ['hrtime', 'uptime'] },
    owners: { 'src/runtime/clock.ts': 'is the clock', 'src/web/browser.ts': BROWSER },
    instead: 'take a Clock (runtime/clock.ts)',
    inTests: true,
  },
  {
    what: 'real timers',
    globals: [
      'setTimeout',
      'setInterval',
      'setImmediate',
      'requestAnimationFrame',
      'requestIdleCallback',
      'scheduler',
      'AbortSignal.timeout',
    ],
    modules: { 'node:timers': '*', 'node:timers/promises': '*' },
    owners: { 'src/runtime/clock.ts': 'is the clock', 'src/web/browser.ts': BROWSER },
    instead: 'take a Clock (runtime/clock.ts); tests wait on a condition',
    inTests: false,
  },
  {
    what: 'real randomness',
    globals: ['Math.random', 'crypto.randomUUID', 'crypto.getRandomValues', 'crypto.randomBytes'],
    modules: { 'node:crypto': RANDOM },
    owners: {
      'src/runtime/random.ts': 'is the source of chance and of secrets',
      'src/web/browser.ts': BROWSER,
    },
    instead: 'take a Random, or secretBytes (runtime/random.ts)',
    inTests: false,
  },
  {
    what: 'the environment',
    globals: ['process.env'],
    modules: { 'node:process': ['env'] },
    owners: { 'src/runtime/config/environment.ts': 'reads it for the settings, once' },
    instead: 'declare a setting (runtime/config/groups.ts)',
    inTests: true,
  },
  {
    what: 'the terminal',
    globals: ['console', 'process.stdout', 'process.stderr', 'process.stdin'],
    modules: { 'node:process': ['stdout', 'stderr', 'stdin'], 'node:console': '*' },
    owners: { 'src/main/': 'is the command line' },
    instead: 'take a Logger (runtime/log.ts)',
    inTests: true,
  },
  {
    what: 'the network',
    globals: ['fetch', 'WebSocket', 'XMLHttpRequest', 'EventSource', 'WebTransport', 'navigator.sendBeacon'],
    modules: {
      'node:http': REQUESTS,
      'node:https': REQUESTS,
      'node:http2': '*',
      'node:net': ['connect', 'createConnection', 'Socket', 'Stream'],
      'node:tls': ['connect', 'TLSSocket'],
      'node:dgram': '*',
      'node:dns': '*',
      'node:dns/promises': '*',
      ws: ['WebSocket', 'createWebSocketStream'],
    },
    owners: {
      'src/hyperliquid/': 'reaches the venue',
      'src/web/browser.ts': BROWSER,
      'src/main/': 'the doctor and the commands ask the venue and running services',
    },
    instead: 'only hyperliquid reaches the venue and only web reaches the api',
    inTests: true,
  },
  {
    what: 'a listening socket',
    globals: [],
    modules: {
      'node:http': ['createServer', 'Server'],
      'node:https': ['createServer', 'Server'],
      'node:net': ['createServer', 'Server'],
      'node:tls': ['createServer', 'Server'],
      ws: ['WebSocketServer', 'Server'],
    },
    owners: {
      'src/api/': 'is the web server',
      'src/simulator/': 'is the simulated venue',
      'src/main/manager.ts': 'sees before anything starts whether a port is free',
      'src/store/embedded/launcher.ts': 'looks for a free port for the database',
    },
    instead: 'only api and simulator serve',
    inTests: true,
  },
  {
    what: 'a way to code that the import table does not see',
    globals: [
      'require',
      'module',
      'eval',
      'Function',
      'Worker',
      'SharedWorker',
      'importScripts',
      'process.getBuiltinModule',
      'process.binding',
      'process.dlopen',
      'process.mainModule',
    ],
    modules: {
      'node:module': ['createRequire', 'Module', 'register', 'default'],
      'node:vm': '*',
      'node:worker_threads': '*',
      'node:cluster': '*',
    },
    owners: {
      'src/store/embedded/binaries.ts':
        "finds the folder of PostgreSQL's platform package, which exports no code",
      'src/simulator/signing/recover.ts': 'loads optional native code, and falls back where there is none',
    },
    instead: 'import it by its name',
    inTests: true,
  },
  {
    what: 'another program',
    globals: [],
    modules: { 'node:child_process': '*' },
    owners: {
      'src/main/': 'starts the services and watches over them',
      'src/store/embedded/': 'runs PostgreSQL',
    },
    instead: 'only the process manager and the embedded database start programs',
    inTests: true,
  },
  {
    what: 'a delayed move of a job (the PostgreSQL backend of the queue runs such jobs twice)',
    globals: ['DelayedError'],
    modules: { bullmq: ['DelayedError'] },
    owners: {},
    instead: 'end the job and add a delayed one',
    inTests: false,
  },
];

/** Names of the object that holds all globals. Only its members may be used, so that it is seen which. */
export const GLOBAL_OBJECTS: ReadonlySet<string> = new Set([
  'globalThis',
  'global',
  'window',
  'self',
  'frames',
  'parent',
  'top',
]);

/** What only Node has: not for rooms whose code also runs in browsers. */
export const NODE_GLOBALS: ReadonlySet<string> = new Set([
  'process',
  'Buffer',
  'global',
  'setImmediate',
  'clearImmediate',
  '__dirname',
  '__filename',
]);
