/**
 * Everybody who is connected: reads their messages, keeps the lists of who listens to what, sends each frame of a
 * view encoded once to all its listeners, and hangs up on those that are gone, too slow or signed out.
 */
import type { RawData, WebSocket } from 'ws';
import {
  type ClientMessage,
  type CloseReason,
  clientMessageSchema,
  type ServerMessage,
  type ViewTopic,
  viewTopicSchema,
} from '../../contract/updates.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type { AccessGrant } from '../../store/api_access.ts';
import type { AccessControl } from '../access.ts';
import { parseJsonText } from '../json_body.ts';
import { RateLimiter } from '../rate_limit.ts';
import { Connection, type ConnectionLimits, encode } from './connection.ts';

const PING_EVERY_MS = 15_000;
const CHECK_GRANTS_EVERY_MS = 5_000;
const MAX_MISTAKES = 10;
const MESSAGE_RATE = { burst: 60, perSecond: 10 };

/** What listens to the log's channels; see follow.ts. */
export interface Follower {
  follow(connection: Connection, message: Extract<ClientMessage, { type: 'follow' }>): void;
  unfollow(connection: Connection, message: Extract<ClientMessage, { type: 'unfollow' }>): void;
  forget(connection: Connection): void;
}

export interface HubOptions {
  readonly access: AccessControl;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly limits: ConnectionLimits;
  /** The first message of a connection. */
  readonly hello: () => ServerMessage;
  readonly follower: Follower;
  readonly onDropped?: (reason: CloseReason) => void;
}

export class UpdatesHub {
  readonly #options: HubOptions;
  readonly #connections = new Set<Connection>();
  readonly #byTopic = new Map<ViewTopic, Set<Connection>>();
  /** What a new listener of a topic is shown at once. */
  readonly #greetings = new Map<ViewTopic, () => ServerMessage | undefined>();
  readonly #rates: RateLimiter;
  readonly #timers: Timer[];
  #stopped = false;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#rates = new RateLimiter(MESSAGE_RATE);
    for (const topic of viewTopicSchema.options) this.#byTopic.set(topic, new Set());
    this.#timers = [
      options.clock.every(PING_EVERY_MS, () => this.#ping(), { background: true }),
      options.clock.every(CHECK_GRANTS_EVERY_MS, () => void this.#checkGrants(), { background: true }),
    ];
  }

  get size(): number {
    return this.#connections.size;
  }

  listeners(topic: ViewTopic): number {
    return this.#byTopic.get(topic)?.size ?? 0;
  }

  /** What a new listener of `topic` sees first; undefined shows nothing yet. */
  greetWith(topic: ViewTopic, greeting: () => ServerMessage | undefined): void {
    this.#greetings.set(topic, greeting);
  }

  /** Takes over an accepted socket. */
  add(socket: WebSocket, grant: AccessGrant): Connection {
    const connection = new Connection({
      id: this.#options.random.int(2 ** 48).toString(36),
      grant,
      socket,
      limits: this.#options.limits,
      clock: this.#options.clock,
      onDropped: (reason) => {
        this.#options.onDropped?.(reason);
        this.#options.log.info({ connection: connection.id, reason }, 'update stream closed');
      },
    });
    this.#connections.add(connection);
    socket.on('message', (data, isBinary) => this.#receive(connection, data, isBinary));
    socket.on('pong', () => {
      connection.unanswered = 0;
    });
    socket.on('error', (error: Error & { code?: string }) => {
      if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#options.onDropped?.('MESSAGE_TOO_LARGE');
      this.#options.log.info(
        { connection: connection.id, cause: error.code ?? error.message },
        'update stream broke',
      );
    });
    socket.on('close', () => this.#remove(connection));
    connection.say(this.#options.hello());
    if (this.#stopped) connection.close('SERVER_STOPPING');
    return connection;
  }

  /** Sends a view's frame, encoded once, to everybody who listens. */
  publish(topic: ViewTopic, message: ServerMessage): void {
    const listeners = this.#byTopic.get(topic);
    if (listeners === undefined || listeners.size === 0) return;
    const frame = encode(message);
    for (const connection of listeners) connection.show(frame);
  }

  /** Closes the connections of a session or token that has ended. */
  end(ended: (grant: AccessGrant) => boolean): void {
    for (const connection of this.#connections) {
      if (ended(connection.grant)) connection.close('SESSION_ENDED');
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    for (const connection of this.#connections) connection.close('SERVER_STOPPING');
  }

  #remove(connection: Connection): void {
    this.#connections.delete(connection);
    for (const listeners of this.#byTopic.values()) listeners.delete(connection);
    this.#options.follower.forget(connection);
  }

  #receive(connection: Connection, data: RawData, isBinary: boolean): void {
    if (!connection.open) return;
    const wait = this.#rates.take(connection.id, this.#options.clock.monotonic());
    if (wait > 0) {
      connection.close('RATE_LIMITED');
      return;
    }
    const message = isBinary ? undefined : this.#understand(connection, String(data));
    if (message !== undefined) this.#act(connection, message);
    else if (++connection.mistakes > MAX_MISTAKES) connection.close('MESSAGE_INVALID');
  }

  /** The message, or undefined after an answer that says what is wrong with it. */
  #understand(connection: Connection, text: string): ClientMessage | undefined {
    const refuse = (id: string | null, message: string): undefined => {
      connection.say({ type: 'refused', id, channel: null, code: 'REQUEST_INVALID', message });
      return undefined;
    };
    let value: unknown;
    try {
      value = parseJsonText(text);
    } catch {
      return refuse(null, 'The message is not valid JSON.');
    }
    const parsed = clientMessageSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    const id = (value as { id?: unknown } | null)?.id;
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.') ?? '';
    return refuse(
      typeof id === 'string' ? id.slice(0, 64) : null,
      `${where === '' ? 'message' : where}: ${issue?.message.slice(0, 160) ?? 'not understood'}`,
    );
  }

  #act(connection: Connection, message: ClientMessage): void {
    const { follower, clock } = this.#options;
    switch (message.type) {
      case 'ping':
        connection.say({ type: 'pong', id: message.id, serverTime: clock.now() });
        return;
      case 'subscribe':
        this.#subscribe(connection, message.id, message.topics);
        return;
      case 'unsubscribe':
        for (const topic of message.topics) {
          connection.topics.delete(topic);
          this.#byTopic.get(topic)?.delete(connection);
        }
        connection.say({ type: 'unsubscribed', id: message.id, topics: message.topics });
        return;
      case 'follow':
        follower.follow(connection, message);
        return;
      case 'unfollow':
        follower.unfollow(connection, message);
        return;
    }
  }

  #subscribe(connection: Connection, id: string, topics: readonly ViewTopic[]): void {
    connection.say({ type: 'subscribed', id, topics: [...topics] });
    for (const topic of topics) {
      if (connection.topics.has(topic)) continue;
      connection.topics.add(topic);
      this.#byTopic.get(topic)?.add(connection);
      const greeting = this.#greetings.get(topic)?.();
      if (greeting) connection.say(greeting);
    }
  }

  #ping(): void {
    const heartbeat = encode({ type: 'heartbeat', serverTime: this.#options.clock.now() });
    for (const connection of this.#connections) {
      if (connection.unanswered >= 2) {
        connection.close('NO_ANSWER');
        continue;
      }
      connection.unanswered++;
      connection.ping();
      connection.send(heartbeat);
    }
  }

  async #checkGrants(): Promise<void> {
    try {
      this.end(await this.#options.access.ended([...this.#connections].map(({ grant }) => grant)));
    } catch {
      // The database is away; the next check decides. Nobody new can sign in meanwhile.
    }
  }
}

export { PING_EVERY_MS };
