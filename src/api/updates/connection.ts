/** One client of the update stream: what it listens to, what it may still be sent, why it is hung up on. */
import type { WebSocket } from 'ws';
import {
  CLOSE_REASONS,
  type CloseReason,
  type ServerMessage,
  type ViewTopic,
} from '../../contract/updates.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { AccessGrant } from '../../store/api_access.ts';

export interface ConnectionLimits {
  /** Bytes that may wait for a slow reader before it is dropped. */
  readonly maxBufferedBytes: number;
  /** From this many waiting bytes on, frames of views (which the next one replaces) are left out. */
  readonly skipViewsBytes: number;
  /** How long a dropped reader has to take the close frame before its socket is destroyed. */
  readonly closeGraceMs: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  maxBufferedBytes: 1024 * 1024,
  skipViewsBytes: 128 * 1024,
  closeGraceMs: 2_000,
};

/** A message as it goes on the wire: encoded once, sent to many. */
export const encode = (message: ServerMessage): Buffer => Buffer.from(JSON.stringify(message));

export class Connection {
  readonly id: string;
  readonly grant: AccessGrant;
  readonly topics = new Set<ViewTopic>();
  /** Messages that were not understood. */
  mistakes = 0;
  /** Pings without an answer. */
  unanswered = 0;
  #closing: CloseReason | undefined;
  readonly #socket: WebSocket;
  readonly #limits: ConnectionLimits;
  readonly #clock: Clock;
  readonly #onDropped: (reason: CloseReason) => void;

  constructor(given: {
    id: string;
    grant: AccessGrant;
    socket: WebSocket;
    limits: ConnectionLimits;
    clock: Clock;
    onDropped: (reason: CloseReason) => void;
  }) {
    this.id = given.id;
    this.grant = given.grant;
    this.#socket = given.socket;
    this.#limits = given.limits;
    this.#clock = given.clock;
    this.#onDropped = given.onDropped;
  }

  get open(): boolean {
    return this.#closing === undefined && this.#socket.readyState === this.#socket.OPEN;
  }

  /** Bytes that the kernel has not taken yet. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Sends a frame that must not be lost: a reader that cannot keep up is dropped instead. @returns false if not sent. */
  send(frame: Buffer): boolean {
    if (!this.open) return false;
    // One frame may exceed the limit, so that a large one does not end a reader that is up to date.
    if (this.#socket.bufferedAmount > this.#limits.maxBufferedBytes) {
      this.close('TOO_SLOW');
      return false;
    }
    this.#socket.send(frame, { binary: false });
    return true;
  }

  say(message: ServerMessage): boolean {
    return this.send(encode(message));
  }

  /** Sends a frame of a view, or leaves it out while the reader is behind: a later one replaces it. */
  show(frame: Buffer): void {
    if (this.#socket.bufferedAmount <= this.#limits.skipViewsBytes) this.send(frame);
  }

  ping(): void {
    if (this.open) this.#socket.ping();
  }

  /** Hangs up with the reason; a socket that does not take the close frame is destroyed. Only the first call counts. */
  close(reason: CloseReason): void {
    if (this.#closing !== undefined) return;
    this.#closing = reason;
    this.#onDropped(reason);
    this.#socket.close(CLOSE_REASONS[reason][0], reason);
    const timer = this.#clock.after(this.#limits.closeGraceMs, () => this.#socket.terminate(), {
      background: true,
    });
    this.#socket.once('close', () => timer.cancel());
  }
}
