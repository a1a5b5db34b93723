/** One simulator: a market source, its wire server, and on request faults and a recorder. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { MicroUsd } from '../domain/money.ts';
import type { Clock } from '../runtime/clock.ts';
import { ConfigError, errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { seededRandom } from '../runtime/random.ts';
import { type TakerOptions, Takers } from './agents/takers.ts';
import { SimulatedWorld, type WorldOptions } from './agents/world.ts';
import type { AcceptedNetwork } from './exchange/exchange.ts';
import { KNOWN_BUILDERS } from './exchange/known_builders.ts';
import { VenueBackend } from './exchange/venue_backend.ts';
import { type ControlServer, startControl } from './faults/control.ts';
import { FaultPlan } from './faults/plan.ts';
import { writeArchive } from './population/archive.ts';
import type { PastRecords } from './population/past_records.ts';
import { type PopulationSize, populatedWorld } from './population/populated_world.ts';
import { truthOf } from './population/truth.ts';
import { type Recorder, startRecorder } from './replay/recorder.ts';
import { parseRecording } from './replay/recording.ts';
import { Replay } from './replay/replay.ts';
import { Tape } from './tape/tape.ts';
import { COIN_SEEDS } from './venue/coin_table.ts';
import type { Backend } from './wire/backend.ts';
import type { LimitSettings } from './wire/limits.ts';
import { startWireServer, type WireServer } from './wire/server.ts';

/** The complete venue: books, margin, accounts that trade, and a population that keeps it moving. */
export interface VenueSource {
  readonly kind: 'venue';
  readonly seed: string;
  /** About this many trades a second over all coins. */
  readonly tradesPerSecond: number;
  /** Virtual time lived before the first client is served, ms. */
  readonly warmUpMs?: number;
  /** Traders with a past, and its length. Absent: everybody begins with the world. */
  readonly population?: PopulationSize;
  /** Which network's signatures are accepted. */
  readonly network?: AcceptedNetwork;
}

export interface ReplaySource {
  readonly kind: 'replay';
  /** File of a recorded capture. */
  readonly path: string;
  /** 1 = recorded pace. */
  readonly speed: number;
  readonly times: 'shift' | 'keep';
  readonly startDelayMs?: number;
}

export interface TapeSource {
  readonly kind: 'tape';
  readonly seed: string;
  readonly tradesPerSecond: number;
  readonly coins?: number;
  readonly addresses?: number;
}

export interface SimulatorOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly source: VenueSource | ReplaySource | TapeSource;
  readonly clock: Clock;
  readonly log: Logger;
  /** Overrides of the venue's limits per client IP. */
  readonly limits?: Partial<LimitSettings>;
  /** Faults and levers over HTTP on this port of the same host; 0 picks one. Absent: no faults at all. */
  readonly control?: { readonly port: number; readonly seed: string };
  /** Folder to which the past of a population is written as the venue's archive files, in the background. */
  readonly archivePath?: string;
  /** File to which the public market is recorded. */
  readonly recordPath?: string;
}

export interface Simulator extends WireServer {
  /** Present when `control` was asked for. */
  readonly controlUrl: string | undefined;
  readonly faults: FaultPlan | undefined;
}

const WARM_UP_MS = 120_000;
/** A world with a past needs only that its makers quote. */
const PEOPLED_WARM_UP_MS = 5_000;
const TRADERS = 3000;
/** Newcomers beside a population with a past. */
const NEWCOMERS = 300;
/** Trades a second of the population, for each of its traders. */
const LIVING_TRADES_PER_SECOND = 0.0035;
/** Measured with that many traders: the makers' own trades, and acts per day of each trader for one trade a second. */
const MAKER_TRADES_PER_SECOND = 2.2;
const ACTS_PER_DAY_PER_TRADE = 33.6;
/** A known builder's balance, micro-USD: 1,000 USD. */
const BUILDER_BALANCE = 1_000_000_000 as MicroUsd;

/**
 * Each start of a generated market is a world of its own. A replay is not: it plays the same again. The name does not
 * tell the seed, from which anybody with this program could make the truth about every trader.
 */
const runOf = ({ kind, seed }: VenueSource | TapeSource, now: number): string =>
  `${kind} ${createHash('sha256').update(`${kind} ${seed} ${now}`).digest('hex').slice(0, 32)}`;

function openVenue(source: VenueSource, clock: Clock): Opened {
  const now = clock.now();
  const { population } = source;
  const others = MAKER_TRADES_PER_SECOND + LIVING_TRADES_PER_SECOND * (population?.traders ?? 0);
  const wanted = Math.max(0.1, source.tradesPerSecond - others);
  const traders = population === undefined ? TRADERS : NEWCOMERS;
  const takers = { traders, actsPerDay: wanted * ACTS_PER_DAY_PER_TRADE * (TRADERS / traders) };
  const warmUpMs = source.warmUpMs ?? (population === undefined ? WARM_UP_MS : PEOPLED_WARM_UP_MS);
  const options: WorldOptions = { seed: source.seed, startTime: now - warmUpMs, takers };
  const populated = population === undefined ? undefined : peopled(options, population, takers, clock);
  const world = populated?.world ?? new SimulatedWorld(options);
  for (const builder of KNOWN_BUILDERS) world.venue.control.deposit(builder, BUILDER_BALANCE);
  world.advanceTo(now);
  const network = source.network === undefined ? {} : { network: source.network };
  return {
    backend: new VenueBackend({ world, clock, run: runOf(source, now), ...network }),
    records: populated?.records,
  };
}

/**
 * Newcomers begin when the past is made, not when it ends: what they trade while nobody can look would fill the short
 * lists of recent trades, from which a client that connects learns who has been there.
 */
function peopled(options: WorldOptions, size: PopulationSize, takers: TakerOptions, clock: Clock) {
  const populated = populatedWorld({ ...options, takers: null }, size);
  const startTime = clock.now();
  populated.world.join((stage) => new Takers({ ...stage, startTime }, takers, COIN_SEEDS));
  return populated;
}

async function openReplay(source: ReplaySource, clock: Clock, log: Logger): Promise<Backend> {
  let text: string;
  try {
    text = await readFile(source.path, 'utf8');
  } catch (cause) {
    throw new ConfigError(
      'RECORDING_UNREADABLE',
      `cannot read the recording ${source.path} (${errorMessage(cause)}); name a capture that can be read`,
      { cause },
    );
  }
  return new Replay({ recording: parseRecording(text), clock, log, ...source });
}

interface Opened {
  readonly backend: Backend;
  /** Of a venue whose traders have a past. */
  readonly records?: PastRecords | undefined;
}

async function openBackend({ source, clock, log }: SimulatorOptions): Promise<Opened> {
  switch (source.kind) {
    case 'venue':
      return openVenue(source, clock);
    case 'replay':
      return { backend: await openReplay(source, clock, log) };
    case 'tape':
      return {
        backend: new Tape({
          ...source,
          clock,
          random: seededRandom(source.seed),
          run: runOf(source, clock.now()),
        }),
      };
  }
}

async function record(path: string, backend: Backend, { hub }: WireServer, clock: Clock): Promise<Recorder> {
  const metas = backend.info.get('allPerpMetas')?.({}) as { universe: { name: string }[] }[];
  const coins = metas.flatMap((meta) => meta.universe.map((coin) => coin.name));
  return startRecorder({ path, backend, hub, clock, coins });
}

async function archive(records: PastRecords, path: string, signal: AbortSignal, log: Logger): Promise<void> {
  try {
    const { files } = await writeArchive(records, path, signal);
    log.info({ path, files, complete: !signal.aborted }, 'archive of the past written');
  } catch (err) {
    log.error({ err, path }, 'archive of the past could not be written; is the folder writable?');
  }
}

interface Beside {
  readonly recorder: Recorder | undefined;
  readonly controls: ControlServer | undefined;
}

/** What was asked for beside the server: a control port, a recorder. */
async function openBeside(
  options: SimulatorOptions,
  opened: Opened,
  server: WireServer,
  faults?: FaultPlan,
): Promise<Beside> {
  const { clock, control, host, log, recordPath } = options;
  const { backend, records } = opened;
  let controls: ControlServer | undefined;
  if (control !== undefined && faults !== undefined)
    controls = await startControl({
      host,
      port: control.port,
      plan: faults,
      log,
      dropConnections: () => server.dropConnections(),
      ...(backend instanceof VenueBackend
        ? { venue: backend.venue, setSkew: (ms: number) => backend.setSkew(ms) }
        : {}),
      ...(records === undefined ? {} : { population: () => truthOf(records.past) }),
    });
  try {
    const recorder = recordPath === undefined ? undefined : await record(recordPath, backend, server, clock);
    return { controls, recorder };
  } catch (error) {
    await controls?.close();
    throw error;
  }
}

/** A server beside which something cannot start must not stay behind. */
async function openBesideOrClose(
  options: SimulatorOptions,
  opened: Opened,
  server: WireServer,
  faults?: FaultPlan,
): Promise<Beside> {
  try {
    return await openBeside(options, opened, server, faults);
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** Starts a simulator and resolves when it serves. @throws ConfigError PORT_IN_USE, RECORDING_* */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { clock, control, log } = options;
  const faults = control === undefined ? undefined : new FaultPlan(control.seed, clock);
  const opened = await openBackend(options);
  const { backend, records } = opened;
  const server = await startWireServer({ ...options, backend, ...(faults === undefined ? {} : { faults }) });
  const { controls, recorder } = await openBesideOrClose(options, opened, server, faults);
  const archiving = new AbortController();
  if (records !== undefined && options.archivePath !== undefined)
    void archive(records, options.archivePath, archiving.signal, log);
  return {
    ...server,
    controlUrl: controls?.url,
    faults,
    close: async () => {
      archiving.abort();
      await controls?.close();
      await recorder?.stop();
      await server.close();
    },
  };
}
