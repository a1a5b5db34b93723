/** One WebSocket to the venue: comes up, stays subscribed, notices when it is dead, comes back, for ever. */
import { WebSocket } from 'ws';
import type { TradeColumns } from '../../domain/trade_columns.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { withoutSecretsOf } from '../../runtime/redact.ts';
import { backoffMs } from './backoff.ts';
import type { ConnectGate } from './connect_gate.ts';
import { DataWatch } from './data_watch.ts';
import type { Frame, FrameReader } from './frame.ts';
import type { RateWindow } from './rate_window.ts';
import { readErrorText, Subscriptions } from './subscriptions.ts';

const MAX_FRAME_BYTES = 16 << 20;
const HANDSHAKE_MS = 10_000;
/** The venue closes a connection to which it sent nothing for 60 s. */
const PING_EVERY_MS = 20_000;
/** Without any byte for this long after a ping, the other side is gone. */
const PROBE_EVERY_MS = 2_000;
const PONG_MS = 10_000;
const SUBSCRIBE_MS = 15_000;
const STEADY_MS = 10_000;
/** Blocks may be this much newer than what we have of them. */
const LATENCY_MS = 2_000;
const LIMIT_PAUSE_MS = 5_000;
const BACKOFF = { baseMs: 500, capMs: 30_000 };

export type ConnectionState = 'idle' | 'waiting' | 'connecting' | 'subscribing' | 'live' | 'closed';

export interface ConnectionHooks {
  /** Rows `from`..`columns.length` came in one frame. The connection forgets them afterwards. */
  trades(columns: TradeColumns, from: number, unreadable: readonly string[]): void;
  confirmed(symbol: string): void;
  /** Nothing more comes for these symbols until they are confirmed again. */
  interrupted(symbols: readonly string[], reason: string): void;
  note(event: 'malformed' | 'error' | 'refused' | 'down' | 'live', detail: Record<string, unknown>): void;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly gate: ConnectGate;
  /** Messages that all connections of this IP may send. */
  readonly messages: RateWindow;
  readonly reader: FrameReader;
  readonly columns: TradeColumns;
  readonly hooks: ConnectionHooks;
  readonly dial?: Dial;
}

/** Opens a socket; a simulation in virtual time has its own. */
export type Dial = (url: string) => WebSocket;

const dialOut: Dial = (url) =>
  new WebSocket(url, {
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    handshakeTimeout: HANDSHAKE_MS,
    skipUTF8Validation: true,
  });

export class FeedConnection {
  readonly subscriptions = new Subscriptions();
  readonly watch = new DataWatch();
  readonly #options: ConnectionOptions;
  readonly #stop = new AbortController();
  #socket: WebSocket | undefined;
  #leaveGate: (() => void) | undefined;
  #retry: Timer | undefined;
  #attempt = 0;
  #pausedUntil = 0;
  #halted = false;
  #openedAt = 0;
  #lastBytesAt = 0;
  #lastPingAt = 0;
  state: ConnectionState = 'idle';
  stateSince: number;
  reconnects = 0;
  frames = 0;
  /** Wall clock, ms; of the last live trades frame. */
  lastDataAt: number | undefined;
  /** Newest exchange time (ms) of a live frame. */
  latestTime: number | undefined;
  #latestSeenAt = 0;
  lastReason = '';
  /** Wall clock, ms, of the newest ping that was answered: what the venue had sent before is here. */
  provenAt = 0;
  /** Wall clock of pings not yet answered, oldest first: answers come in order. */
  #pings: number[] = [];

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.stateSince = options.clock.now();
  }

  want(symbols: Iterable<string>): void {
    this.subscriptions.want(symbols);
    if (this.subscriptions.wanted.size === 0) this.#drop('nothing to subscribe to');
    else if (this.state === 'idle') void this.#connect();
  }

  /** Gives up this socket; a new one follows. */
  recycle(reason: string): void {
    this.#drop(reason);
  }

  /** Stops or resumes reading, so that the venue's side feels the pressure instead of our memory. */
  halt(halted: boolean): void {
    this.#halted = halted;
    const now = this.#options.clock.monotonic();
    this.#lastBytesAt = this.#lastPingAt = this.#openedAt = now;
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    if (halted) this.#socket.pause();
    else this.#socket.resume();
  }

  close(): void {
    this.#stop.abort(new Error('the feed is closed'));
    this.#retry?.cancel();
    this.#drop('closed');
    this.#enter('closed');
  }

  /** To be called about once a second: sends what is due and judges the connection. */
  tick(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN || this.#halted) return;
    const now = this.#options.clock.monotonic();
    if (now - this.#lastBytesAt > PING_EVERY_MS + PONG_MS) {
      this.#drop('no answer to pings');
    } else if (this.state === 'live' && this.watch.isSilent(now, this.#openedAt)) {
      this.watch.alarmed();
      this.#drop('connected, but data stopped');
    } else if (this.state === 'subscribing' && now - this.#openedAt > SUBSCRIBE_MS * 2) {
      this.#drop('subscriptions not confirmed');
    } else {
      if (now - this.#lastPingAt >= PING_EVERY_MS) this.#ping(now);
      this.#sendSubscriptions();
      if (now - this.#openedAt > STEADY_MS) this.#attempt = 0;
      // A connection that is slow to subscribe must not hold up the others for ever.
      if (now - this.#openedAt > SUBSCRIBE_MS) this.#release();
    }
  }

  async #connect(): Promise<void> {
    this.#enter('waiting');
    const { gate, url, dial = dialOut } = this.#options;
    try {
      this.#leaveGate = await gate.enter(this.#stop.signal);
    } catch {
      return;
    }
    if (this.#stop.signal.aborted || this.subscriptions.wanted.size === 0) {
      this.#release();
      if (!this.#stop.signal.aborted) this.#enter('idle');
      return;
    }
    this.#enter('connecting');
    const socket = dial(url);
    this.#socket = socket;
    let failure = '';
    socket.on('open', () => this.#onOpen());
    socket.on('message', (data) => this.#onMessage(socket, data as Buffer));
    socket.on('error', (error) => {
      failure = withoutSecretsOf(url, error.message);
    });
    socket.on('close', (code) => {
      if (this.#socket === socket) this.#drop(failure === '' ? `closed by the venue (${code})` : failure);
    });
  }

  #onOpen(): void {
    const now = this.#options.clock.monotonic();
    this.#openedAt = this.#lastBytesAt = this.#lastPingAt = now;
    this.subscriptions.reset();
    this.#enter('subscribing');
    if (this.#halted) this.#socket?.pause();
    this.#sendSubscriptions();
  }

  #onMessage(socket: WebSocket, data: Buffer): void {
    if (this.#socket !== socket) return;
    const { reader, columns, clock, hooks } = this.#options;
    this.#lastBytesAt = clock.monotonic();
    this.frames++;
    const receivedAt = clock.now();
    const from = columns.length;
    const frame = reader.read(data, columns, receivedAt);
    if (frame.kind === 'pong') this.provenAt = this.#pings.shift() ?? this.provenAt;
    else if (frame.kind === 'trades') {
      hooks.trades(columns, from, frame.unreadable);
      columns.length = from;
    } else this.#onControl(frame, data.length);
  }

  /** A live frame came: told by the feed, which knows replays from live data. */
  sawLiveData(exchangeTime: number): void {
    const now = this.#options.clock.monotonic();
    if (this.latestTime === undefined || exchangeTime > this.latestTime) {
      this.latestTime = exchangeTime;
      this.#latestSeenAt = now;
    }
    this.watch.data(now);
    this.lastDataAt = this.#options.clock.now();
  }

  /**
   * No trade that the venue has made by now has a later exchange time (whole ms). By the venue's own clock as soon as
   * it has told us, as ours may be wrong by any amount.
   */
  venueNow(): number {
    const { clock } = this.#options;
    if (this.latestTime === undefined) return clock.now();
    return this.latestTime + Math.ceil(clock.monotonic() - this.#latestSeenAt) + LATENCY_MS;
  }

  #onControl(frame: Exclude<Frame, { kind: 'trades' | 'pong' }>, bytes: number): void {
    const { hooks } = this.#options;
    if (frame.kind === 'ack') {
      if (frame.method === 'subscribe' && frame.type === 'trades' && frame.coin !== undefined)
        this.#confirm(frame.coin);
    } else if (frame.kind === 'error') {
      this.#onError(frame.text);
    } else if (frame.kind === 'malformed') {
      hooks.note('malformed', { reason: frame.reason, bytes, lossy: frame.lossy });
      if (frame.lossy) this.#drop('a trades frame could not be read');
    } else {
      hooks.note('malformed', { reason: 'unknown channel', channel: frame.channel.slice(0, 40), bytes });
    }
  }

  #onError(text: string): void {
    const { hooks, clock, url } = this.#options;
    const meaning = readErrorText(text);
    if (meaning.kind === 'already-subscribed') {
      this.#confirm(meaning.symbol);
      return;
    }
    hooks.note(meaning.kind === 'refused' ? 'refused' : 'error', {
      text: withoutSecretsOf(url, text).slice(0, 200),
    });
    if (meaning.kind === 'refused') {
      this.subscriptions.refuse(meaning.symbol, clock.monotonic());
      this.#checkSettled();
    } else if (meaning.kind === 'limit') {
      // An old socket of ours may still be counted; what stays unconfirmed is asked for again.
      this.#pausedUntil = clock.monotonic() + LIMIT_PAUSE_MS;
    }
  }

  #confirm(symbol: string): void {
    if (!this.subscriptions.acknowledge(symbol)) return;
    this.#options.hooks.confirmed(symbol);
    this.#checkSettled();
  }

  #checkSettled(): void {
    if (!this.subscriptions.settled) return;
    this.#release();
    if (this.state !== 'subscribing') return;
    this.#enter('live');
    this.#options.hooks.note('live', { coins: this.subscriptions.confirmed.size });
  }

  #sendSubscriptions(): void {
    const { clock, messages } = this.#options;
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    for (;;) {
      const now = clock.monotonic();
      if (now < this.#pausedUntil || messages.wait(now) > 0) return;
      const message = this.subscriptions.next(now);
      if (message === undefined) return;
      messages.take(now);
      const subscription = { type: 'trades', coin: message.symbol };
      socket.send(JSON.stringify({ method: message.method, subscription }));
    }
  }

  /** Pings soon, if it has not lately. */
  probe(): void {
    const now = this.#options.clock.monotonic();
    if (this.#socket?.readyState === WebSocket.OPEN && now - this.#lastPingAt >= PROBE_EVERY_MS)
      this.#ping(now);
  }

  #ping(now: number): void {
    this.#lastPingAt = now;
    if (this.#options.messages.take(now) > 0) return;
    this.#pings.push(this.#options.clock.now());
    this.#socket?.send('{"method":"ping"}');
  }

  /** Ends the socket, tells what is interrupted, and plans the next one unless closed or nothing is wanted. */
  #drop(reason: string): void {
    const socket = this.#socket;
    this.#release();
    if (socket === undefined) return;
    this.#socket = undefined;
    socket.terminate();
    const interrupted = [...this.subscriptions.confirmed];
    this.subscriptions.reset();
    this.provenAt = 0;
    this.#pings = [];
    this.lastReason = reason;
    this.#enter('waiting');
    this.#options.hooks.interrupted(interrupted, reason);
    this.#options.hooks.note('down', { reason, coins: interrupted.length, attempt: this.#attempt });
    if (this.#stop.signal.aborted) return;
    if (this.subscriptions.wanted.size === 0) {
      this.#enter('idle');
      return;
    }
    this.reconnects++;
    const wait = backoffMs(this.#attempt++, this.#options.random, BACKOFF);
    this.#retry = this.#options.clock.after(wait, () => void this.#connect());
  }

  #release(): void {
    this.#leaveGate?.();
    this.#leaveGate = undefined;
  }

  #enter(state: ConnectionState): void {
    if (this.state === state) return;
    this.state = state;
    this.stateSince = this.#options.clock.now();
  }
}
