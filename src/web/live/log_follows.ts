/**
 * What the app follows of the event log, one channel for each filter however many read it. Each channel resumes
 * behind the last place it has, so that nothing is missed and nothing comes twice. The server holds one state for a
 * channel, so a channel is ended, and the end confirmed, before it is followed anew; what the server refuses for
 * now is asked for again after a pause.
 */
import type { ChangeFilter, ClientMessage, ServerMessage } from '../../contract/updates.ts';
import type { LogPlace } from '../../contract/values.ts';
import type { Timer, WebClock } from '../browser.ts';
import { reconnectDelay } from './backoff.ts';

type Message<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;

export interface FollowHandlers {
  readonly onSnapshot: (message: Message<'snapshot'>) => void;
  readonly onChanges: (message: Message<'changes'>) => void;
  /** Nothing comes until the next snapshot, because of this. */
  readonly onRefused?: (reason: string) => void;
}

export interface LogFollowsOptions {
  readonly clock: Pick<WebClock, 'after'>;
  readonly random: () => number;
  /** Sends, or does nothing while there is no connection. */
  readonly send: (message: ClientMessage) => void;
  readonly newId: () => string;
}

/** A filter's channel and how far we are with it. */
interface Line {
  readonly key: string;
  readonly filter: ChangeFilter;
  readonly readers: Set<FollowHandlers>;
  /**
   * idle: the server does not know of it; asked: not confirmed yet; ending: its end is not confirmed yet; pausing:
   * refused for now; refused: for good.
   */
  state: 'idle' | 'asked' | 'followed' | 'ending' | 'pausing' | 'refused';
  requestId: string;
  channel: string | null;
  place: LogPlace | null;
  /** To be ended and followed from a snapshot. */
  anew: boolean;
  refusals: number;
  pause: Timer | null;
}

/** Refusals that pass by themselves. */
const PASSING = new Set(['UNAVAILABLE', 'RATE_LIMITED']);

function filterKey({ trader, coin, kinds }: ChangeFilter): string {
  return JSON.stringify([trader?.toLowerCase(), coin, kinds && [...new Set(kinds)].sort()]);
}

export class LogFollows {
  readonly #options: LogFollowsOptions;
  readonly #lines = new Map<string, Line>();
  #connected = false;

  constructor(options: LogFollowsOptions) {
    this.#options = options;
  }

  /** First a snapshot, then every change, until the returned function is called. */
  follow(filter: ChangeFilter, handlers: FollowHandlers): () => void {
    const line = this.#line(filter);
    line.readers.add(handlers);
    if (line.place !== null) {
      // The others are further: a snapshot for all of them, so that this one has what they have.
      line.place = null;
      line.anew = line.state === 'asked' || line.state === 'followed';
    }
    this.#settle(line);
    return () => {
      if (line.readers.delete(handlers)) this.#settle(line);
    };
  }

  /** There is a connection; the server knows of nothing yet. */
  connected(): void {
    this.#connected = true;
    for (const line of this.#lines.values()) this.#settle(line);
  }

  /** The connection is gone, places are kept. */
  disconnected(): void {
    this.#connected = false;
    for (const line of this.#lines.values()) this.#idle(line);
  }

  receive(message: Message<'followed' | 'unfollowed' | 'refused' | 'snapshot' | 'changes' | 'reset'>): void {
    for (const line of [...this.#lines.values()]) {
      const ours = 'id' in message && message.id !== null && message.id === line.requestId;
      if (ours || (message.channel !== null && message.channel === line.channel)) this.#hear(line, message);
    }
  }

  #line(filter: ChangeFilter): Line {
    const key = filterKey(filter);
    const known = this.#lines.get(key);
    if (known) return known;
    const line: Line = {
      key,
      filter,
      readers: new Set(),
      state: 'idle',
      requestId: '',
      channel: null,
      place: null,
      anew: false,
      refusals: 0,
      pause: null,
    };
    this.#lines.set(key, line);
    return line;
  }

  #idle(line: Line): void {
    line.pause?.cancel();
    line.pause = null;
    line.state = 'idle';
    line.requestId = '';
    line.channel = null;
    line.anew = false;
    this.#settle(line);
  }

  /** The next step towards what is wanted; none while an answer is awaited. */
  #settle(line: Line): void {
    const wanted = line.readers.size > 0;
    if (line.state === 'followed' && (!wanted || line.anew)) this.#end(line);
    else if (line.state === 'idle' && wanted && this.#connected) this.#ask(line);
    else if (!wanted && line.state !== 'asked' && line.state !== 'ending') {
      line.pause?.cancel();
      this.#lines.delete(line.key);
    }
  }

  #ask(line: Line): void {
    line.state = 'asked';
    line.requestId = this.#options.newId();
    const after = line.place === null ? {} : { after: line.place };
    this.#options.send({ type: 'follow', id: line.requestId, filter: line.filter, ...after });
  }

  #end(line: Line): void {
    if (line.channel === null) return;
    line.state = 'ending';
    line.place = null;
    line.requestId = this.#options.newId();
    this.#options.send({ type: 'unfollow', id: line.requestId, channel: line.channel });
  }

  #hear(line: Line, message: Parameters<LogFollows['receive']>[0]): void {
    if (message.type === 'followed') {
      if (line.state !== 'asked') return;
      line.state = 'followed';
      line.channel = message.channel;
      this.#settle(line);
    } else if (message.type === 'unfollowed') {
      if (line.state === 'ending') this.#idle(line);
    } else if (message.type === 'refused') {
      this.#refused(line, message);
    } else if (line.state === 'followed') {
      this.#deliver(line, message);
    }
  }

  #refused(line: Line, refusal: Message<'refused'>): void {
    if (line.state === 'asked' && refusal.code === 'CONFLICT' && refusal.channel !== null) {
      // The server still has it from before.
      line.channel = refusal.channel;
      this.#end(line);
      return;
    }
    if (line.state !== 'asked' && line.state !== 'followed') return;
    line.channel = null;
    line.place = null;
    line.anew = false;
    line.state = PASSING.has(refusal.code) ? 'pausing' : 'refused';
    for (const reader of [...line.readers]) reader.onRefused?.(refusal.message);
    if (line.state === 'pausing') {
      const delay = reconnectDelay(line.refusals++, this.#options.random);
      line.pause = this.#options.clock.after(delay, () => this.#idle(line));
    }
    this.#settle(line);
  }

  #deliver(line: Line, message: Message<'snapshot' | 'changes' | 'reset'>): void {
    if (message.type === 'reset') {
      line.place = null;
      return;
    }
    line.refusals = 0;
    if (message.type === 'snapshot') {
      line.place = message.at;
      for (const reader of [...line.readers]) reader.onSnapshot(message);
      return;
    }
    const { place } = line;
    if (place === null) return;
    if (place.epoch !== message.epoch || place.offset < message.after) {
      // A gap: the log cannot simply go on from here.
      line.anew = true;
      this.#settle(line);
      return;
    }
    if (message.upto <= place.offset) return;
    const items = message.items.filter((item) => item.offset > place.offset);
    line.place = { epoch: message.epoch, offset: message.upto };
    for (const reader of [...line.readers]) reader.onChanges({ ...message, items });
  }
}
