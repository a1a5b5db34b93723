/**
 * Records the public market of a running simulator in the recordings' own format, one frame a line:
 * `{"received_wall_ns":…,"channel":…,"data":…}`. What it writes, the replay plays.
 */
import { open } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { Clock } from '../../runtime/clock.ts';
import { ConfigError, errorMessage } from '../../runtime/errors.ts';
import { type Backend, InvalidSubscription, type Subscription } from '../wire/backend.ts';
import type { Hub, Listener } from '../wire/hub.ts';

const CHANNELS = ['l2Book', 'bbo', 'trades'] as const;

export interface RecorderOptions {
  readonly path: string;
  readonly backend: Backend;
  readonly hub: Hub;
  readonly clock: Clock;
  /** Symbols of the coins to record. */
  readonly coins: readonly string[];
}

export interface Recorder {
  /** Ends the file; resolves when everything is written. */
  stop(): Promise<void>;
}

/** @throws ConfigError RECORDING_EXISTS, RECORDING_UNWRITABLE */
async function newFile(path: string) {
  try {
    return await open(path, 'wx');
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new ConfigError(
      exists ? 'RECORDING_EXISTS' : 'RECORDING_UNWRITABLE',
      exists
        ? `${path} exists; record to another file`
        : `cannot write the recording ${path} (${errorMessage(cause)}); name a file in a folder that is there`,
      { cause },
    );
  }
}

/** Starts recording: first what a new subscriber would get, then every frame as it goes out. */
export async function startRecorder({
  path,
  backend,
  hub,
  clock,
  coins,
}: RecorderOptions): Promise<Recorder> {
  const file = (await newFile(path)).createWriteStream();
  const write = (frame: string) =>
    file.write(`{"received_wall_ns":${Math.round(clock.now())}000000,${frame.slice(1)}\n`);
  const listener: Listener = { deliver: (_, frame) => write(frame) };
  const subscriptions: Subscription[] = [];
  for (const coin of coins)
    for (const type of CHANNELS) {
      const subscription = normalised(backend, type, coin);
      const channel = backend.channels.get(type);
      if (subscription === undefined || channel === undefined) continue;
      for (const frame of channel.initial(subscription)) write(frame);
      hub.add(subscription, listener);
      subscriptions.push(subscription);
    }
  return {
    stop: async () => {
      for (const subscription of subscriptions) hub.remove(subscription, listener);
      file.end();
      await finished(file);
    },
  };
}

function normalised(backend: Backend, type: string, coin: string): Subscription | undefined {
  try {
    return backend.channels.get(type)?.normalise({ type, coin });
  } catch (error) {
    if (error instanceof InvalidSubscription) return undefined;
    throw error;
  }
}
