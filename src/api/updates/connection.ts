/** One client of the update stream: what it listens to, what it may still be sent, why it is hung up on. */
import type { WebSocket } from 'ws';
import {
  CLOSE_REASONS,
  type CloseReason,
  type ServerMessage,
  type ViewTopic,
} from '../../contract/updates.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { AccessGrant } from '../../store/api_access.ts';

export interface ConnectionLimits {
  /** Bytes that may wait for a slow reader before it is dropped. */
  readonly maxBufferedBytes: number;
  /** From this many waiting bytes on, frames of views (which the next one replaces) are left out. */
  readonly skipViewsBytes: number;
  /** A reader that catches up has this long to take one frame. */
  readonly drainLimitMs: number;
  /** How long a dropped reader has to take the close frame before its socket is destroyed… */
  readonly closeGraceMs: number;
  /** …and at most, if it was too slow: the reason stands behind what waits for it. */
  readonly slowCloseGraceMs: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  maxBufferedBytes: 1024 * 1024,
  skipViewsBytes: 128 * 1024,
  drainLimitMs: 30_000,
  closeGraceMs: 2_000,
  slowCloseGraceMs: 20_000,
};

/** A line is taken to carry at least this many bytes each ms, when a reader is given time for its last ones. */
const LEAST_RATE = 32;

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
  #destroy: Timer | undefined;
  /** Ends when the last frame that was sent in turn has left. */
  #turn: Promise<void> = Promise.resolve();
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

  /**
   * Sends a frame that must not be lost: a reader that cannot keep up is dropped instead.
   * @returns false if not sent; else `onLeft` is called when the kernel has taken it or the socket is gone.
   */
  send(frame: Buffer, onLeft?: () => void): boolean {
    if (!this.open) return false;
    // One frame may exceed the limit, so that a large one does not end a reader that is up to date.
    if (this.#socket.bufferedAmount > this.#limits.maxBufferedBytes) {
      this.close('TOO_SLOW');
      return false;
    }
    this.#socket.send(frame, { binary: false }, onLeft);
    return true;
  }

  /**
   * Sends what a reader is to catch up with, at the pace of its line: `make` is called when the frame that was sent
   * in turn before has left, for whichever channel that was, and may return undefined to send nothing. A reader that
   * does not take the frame in time is dropped. Resolves when the frame has left or the connection is closing.
   */
  sendInTurn(make: () => Buffer | undefined): Promise<void> {
    const sent = this.#turn.then(() => {
      const frame = this.open ? make() : undefined;
      return frame && this.#sendAndWait(frame);
    });
    this.#turn = sent.catch(() => undefined);
    return sent;
  }

  #sendAndWait(frame: Buffer): Promise<void> {
    return new Promise((resolve) => {
      const tooLong = () => {
        this.close('TOO_SLOW');
        resolve();
      };
      const limit = this.#clock.after(this.#limits.drainLimitMs, tooLong, { background: true });
      const left = () => {
        limit.cancel();
        resolve();
      };
      if (!this.send(frame, left)) left();
    });
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

  /**
   * Hangs up with the reason; a socket that does not take the close frame is destroyed. Only the first call counts,
   * but a server that stops does not wait long for slow readers.
   */
  close(reason: CloseReason): void {
    if (this.#closing !== undefined) {
      if (reason === 'SERVER_STOPPING') this.#destroyAfter(this.#limits.closeGraceMs);
      return;
    }
    this.#closing = reason;
    this.#onDropped(reason);
    const { closeGraceMs, slowCloseGraceMs } = this.#limits;
    const needed = closeGraceMs + this.#socket.bufferedAmount / LEAST_RATE;
    this.#socket.close(CLOSE_REASONS[reason][0], reason);
    this.#socket.once('close', () => this.#destroy?.cancel());
    this.#destroyAfter(reason === 'TOO_SLOW' ? Math.min(needed, slowCloseGraceMs) : closeGraceMs);
  }

  #destroyAfter(ms: number): void {
    this.#destroy?.cancel();
    this.#destroy = this.#clock.after(ms, () => this.#socket.terminate(), { background: true });
  }
}
