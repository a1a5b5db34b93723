/**
 * The one WebSocket of the app. Keeps itself connected for as long as it runs, subscribes again after every
 * reconnect, and goes on with what is followed of the event log. Silence for twice the server's ping interval means
 * that the connection is dead.
 */

import type { ChangeFilter, ClientMessage, ServerMessage, ViewTopic } from '../../contract/updates.ts';
import type { Timer, WebClock } from '../browser.ts';
import { reconnectDelay } from './backoff.ts';
import { type FollowHandlers, LogFollows } from './log_follows.ts';

/** The part of a browser WebSocket that is used. */
export interface UpdatesSocket {
  /** 1 while it is open, as in browsers. */
  readonly readyState: number;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(text: string): void;
  close(): void;
}

export type Connection =
  | { readonly state: 'stopped' }
  | { readonly state: 'connecting'; readonly attempt: number }
  | { readonly state: 'open' }
  /** `retryAt` is monotonic ms. */
  | { readonly state: 'waiting'; readonly attempt: number; readonly retryAt: number; readonly reason: string }
  /** The session ended; only signing in again helps. */
  | { readonly state: 'signed-out' };

export interface UpdatesOptions {
  readonly open: () => UpdatesSocket;
  readonly clock: Pick<WebClock, 'monotonic' | 'after'>;
  readonly random: () => number;
  readonly onConnection: (connection: Connection) => void;
  /** Every message of the server that carries data, in order, gaps already repaired by a new snapshot. */
  readonly onMessage: (message: ServerMessage, receivedAt: number) => void;
}

/** Close code with which the server says that the session is over. */
const SESSION_ENDED = 4401;
const OPEN = 1;
/** Until `hello` tells the real interval. */
const FIRST_SILENCE_MS = 20_000;

export class UpdatesClient {
  readonly #options: UpdatesOptions;
  readonly #topics = new Map<ViewTopic, number>();
  readonly #follows: LogFollows;
  #socket: UpdatesSocket | null = null;
  #ready = false;
  #running = false;
  #attempt = 0;
  #nextId = 1;
  #silenceMs = FIRST_SILENCE_MS;
  #retry: Timer | null = null;
  #watchdog: Timer | null = null;

  constructor(options: UpdatesOptions) {
    this.#options = options;
    this.#follows = new LogFollows({
      ...options,
      send: (message) => this.#send(message),
      newId: () => this.#id(),
    });
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#attempt = 0;
    this.#connect();
  }

  /** Closes and stays closed; places are kept, so that `start` resumes. */
  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#hangUp();
    this.#options.onConnection({ state: 'stopped' });
  }

  /** Tries now instead of waiting out the pause. */
  retryNow(): void {
    if (!this.#running || this.#socket !== null) return;
    this.#retry?.cancel();
    this.#connect();
  }

  /** Wants a view topic until the returned function is called; several callers share one subscription. */
  subscribe(topic: ViewTopic): () => void {
    const users = this.#topics.get(topic) ?? 0;
    this.#topics.set(topic, users + 1);
    if (users === 0) this.#send({ type: 'subscribe', id: this.#id(), topics: [topic] });
    let wanted = true;
    return () => {
      if (!wanted) return;
      wanted = false;
      const left = (this.#topics.get(topic) ?? 1) - 1;
      if (left > 0) {
        this.#topics.set(topic, left);
        return;
      }
      this.#topics.delete(topic);
      this.#send({ type: 'unsubscribe', id: this.#id(), topics: [topic] });
    };
  }

  /** Follows matching position changes, first a snapshot, then every change, until the returned function is called. */
  follow(filter: ChangeFilter, handlers: FollowHandlers): () => void {
    return this.#follows.follow(filter, handlers);
  }

  #id(): string {
    return `c${this.#nextId++}`;
  }

  #connect(): void {
    this.#options.onConnection({ state: 'connecting', attempt: this.#attempt });
    const socket = this.#options.open();
    this.#socket = socket;
    this.#ready = false;
    this.#silenceMs = FIRST_SILENCE_MS;
    this.#watch(socket);
    socket.onmessage = (event) => {
      if (this.#socket === socket) this.#receive(socket, event.data);
    };
    socket.onclose = (event) => {
      if (this.#socket === socket) this.#lost(event.code, event.reason);
    };
  }

  /** Arms the silence alarm anew. */
  #watch(socket: UpdatesSocket): void {
    this.#watchdog?.cancel();
    this.#watchdog = this.#options.clock.after(this.#silenceMs, () => {
      if (this.#socket === socket) this.#lost(0, 'SILENT');
    });
  }

  #hangUp(): void {
    this.#watchdog?.cancel();
    this.#retry?.cancel();
    const socket = this.#socket;
    this.#socket = null;
    this.#ready = false;
    this.#follows.disconnected();
    if (socket === null) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }

  #lost(code: number, reason: string): void {
    this.#hangUp();
    if (code === SESSION_ENDED) {
      this.#running = false;
      this.#options.onConnection({ state: 'signed-out' });
      return;
    }
    if (!this.#running) return;
    const delay = reconnectDelay(this.#attempt, this.#options.random);
    this.#attempt += 1;
    const retryAt = this.#options.clock.monotonic() + delay;
    this.#options.onConnection({ state: 'waiting', attempt: this.#attempt, retryAt, reason });
    this.#retry = this.#options.clock.after(delay, () => this.#connect());
  }

  #send(message: ClientMessage): void {
    if (this.#ready && this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(message));
  }

  #receive(socket: UpdatesSocket, data: unknown): void {
    let message: ServerMessage;
    try {
      message = JSON.parse(String(data)) as ServerMessage;
    } catch {
      this.#lost(0, 'NOT_UNDERSTOOD');
      return;
    }
    if (message.type === 'hello') this.#greeted(message);
    this.#watch(socket);
    this.#dispatch(message);
  }

  #greeted(hello: Extract<ServerMessage, { type: 'hello' }>): void {
    this.#silenceMs = Math.max(2_000, hello.pingEveryMs * 2);
    this.#ready = true;
    this.#attempt = 0;
    if (this.#topics.size > 0) {
      this.#send({ type: 'subscribe', id: this.#id(), topics: [...this.#topics.keys()] });
    }
    this.#follows.connected();
    this.#options.onConnection({ state: 'open' });
  }

  #dispatch(message: ServerMessage): void {
    switch (message.type) {
      case 'followed':
      case 'unfollowed':
      case 'refused':
      case 'snapshot':
      case 'changes':
      case 'reset':
        this.#follows.receive(message);
        return;
      default:
        this.#options.onMessage(message, this.#options.clock.monotonic());
    }
  }
}
