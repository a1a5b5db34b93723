/** One simulator: a market source and its wire server. Tests start it in-process, the role as a service. */
import { readFile } from 'node:fs/promises';
import type { Clock } from '../runtime/clock.ts';
import { ConfigError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { seededRandom } from '../runtime/random.ts';
import { parseRecording } from './replay/recording.ts';
import { Replay } from './replay/replay.ts';
import { Tape } from './tape/tape.ts';
import type { Backend } from './wire/backend.ts';
import type { LimitSettings } from './wire/limits.ts';
import { startWireServer, type WireServer } from './wire/server.ts';

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
  readonly source: ReplaySource | TapeSource;
  readonly clock: Clock;
  readonly log: Logger;
  /** Overrides of the venue's limits per client IP. */
  readonly limits?: Partial<LimitSettings>;
}

async function openReplay(source: ReplaySource, clock: Clock, log: Logger): Promise<Backend> {
  let text: string;
  try {
    text = await readFile(source.path, 'utf8');
  } catch (cause) {
    throw new ConfigError('RECORDING_UNREADABLE', `cannot read the recording ${source.path}`, { cause });
  }
  return new Replay({ recording: parseRecording(text), clock, log, ...source });
}

/** Starts a simulator and resolves when it serves. @throws ConfigError PORT_IN_USE, RECORDING_* */
export async function startSimulator(options: SimulatorOptions): Promise<WireServer> {
  const { source, clock, log } = options;
  const backend =
    source.kind === 'replay'
      ? await openReplay(source, clock, log)
      : new Tape({ ...source, clock, random: seededRandom(source.seed) });
  return startWireServer({ ...options, backend });
}
