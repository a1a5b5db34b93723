/** One WebSocket client: subscribe, unsubscribe, ping and post, answered with the venue's frames and error texts. */
import type { WebSocket } from 'ws';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import {
  type Backend,
  type Fields,
  frameOf,
  InvalidSubscription,
  RequestRefused,
  type Subscription,
  topicKey,
} from './backend.ts';
import { fatedOutcome, matchable, type Outcome } from './fated_answers.ts';
import type { FaultGate, FrameStep, SocketFacts } from './fault_gate.ts';
import type { Hub, Listener } from './hub.ts';
import type { IpLedger, LimitSettings } from './limits.ts';
import { actorOf, answerExchange, answerInfo, asFields } from './requests.ts';

export interface ConnectionParts {
  readonly backend: Backend;
  readonly hub: Hub;
  readonly ledger: IpLedger;
  readonly socket: SocketFacts;
  readonly faults: FaultGate | undefined;
  readonly limits: LimitSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The user of a user-specific subscription: these count against the limit of distinct users. */
const userOf = (subscription: Subscription): string | undefined =>
  typeof subscription['user'] === 'string' ? subscription['user'] : undefined;

export class Connection implements Listener {
  readonly #parts: ConnectionParts;
  readonly #socket: WebSocket;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #idleCheck: Timer;
  /** Frames that a fault holds back until the topic's next one. */
  readonly #held = new Map<string, string[]>();
  #lastSentAt: number;
  #closed = false;

  constructor(socket: WebSocket, parts: ConnectionParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#lastSentAt = parts.clock.monotonic();
    const period = Math.max(50, Math.min(1000, parts.limits.idleTimeoutMs / 4));
    this.#idleCheck = parts.clock.every(period, () => this.#dropWhenIdle(), { background: true });
    socket.on('message', (raw) => this.#receive(raw.toString()));
    socket.on('close', () => this.#close());
  }

  /** Sends a frame of a topic that this client subscribed to. */
  deliver(key: string, frame: string): void {
    const { faults } = this.#parts;
    if (faults === undefined) this.#send(frame);
    else for (const step of faults.frame(key, frame)) this.#depart(step, key, frame);
    const held = this.#held.get(key);
    if (held === undefined || held.at(-1) === frame) return;
    this.#held.delete(key);
    for (const late of held) this.#send(late);
  }

  #depart(step: FrameStep, key: string, frame: string): void {
    if (step.kind === 'close') {
      if (step.code === 1006) this.terminate();
      else this.#socket.close(step.code);
    } else if (step.kind === 'hold') {
      this.#held.set(key, [...(this.#held.get(key) ?? []), frame]);
    } else if (step.delayMs > 0) {
      this.#parts.clock.after(step.delayMs, () => this.#send(frame), { background: true });
    } else this.#send(frame);
  }

  /** Drops the socket without a close frame, as the venue's front end does (clients see 1006). */
  terminate(): void {
    this.#socket.terminate();
  }

  #send(frame: string): void {
    if (this.#closed || this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#parts.faults?.halfOpen(this.#parts.socket) === true) return;
    if (this.#socket.bufferedAmount > this.#parts.limits.maxBufferedBytes) {
      this.#parts.log.warn({ bytes: this.#socket.bufferedAmount }, 'client does not read, dropped');
      this.terminate();
      return;
    }
    this.#lastSentAt = this.#parts.clock.monotonic();
    this.#socket.send(frame);
  }

  #error(text: string): void {
    this.#send(frameOf('error', text));
  }

  #dropWhenIdle(): void {
    if (this.#parts.clock.monotonic() - this.#lastSentAt >= this.#parts.limits.idleTimeoutMs)
      this.terminate();
  }

  #close(): void {
    this.#closed = true;
    this.#idleCheck.cancel();
    const users = [...this.#subscriptions.values()].map(userOf);
    for (const subscription of this.#subscriptions.values()) this.#parts.hub.remove(subscription, this);
    this.#subscriptions.clear();
    const release = () => {
      for (const user of users) this.#parts.ledger.removeSubscription(user);
      this.#parts.ledger.closeConnection();
    };
    if (this.#parts.limits.releaseDelayMs === 0) release();
    else this.#parts.clock.after(this.#parts.limits.releaseDelayMs, release, { background: true });
  }

  #receive(text: string): void {
    if (!this.#parts.ledger.takeMessage()) {
      this.#error(`Cannot send more than ${this.#parts.limits.messagesPerMinute} messages per minute.`);
      return;
    }
    try {
      const message = asFields(JSON.parse(text));
      switch (message['method']) {
        case 'ping':
          this.#send('{"channel":"pong"}');
          return;
        case 'subscribe':
          this.#subscribe(asFields(message['subscription']));
          return;
        case 'unsubscribe':
          this.#unsubscribe(asFields(message['subscription']));
          return;
        case 'post':
          this.#post(message);
          return;
      }
    } catch (error) {
      if (!(error instanceof RequestRefused || error instanceof SyntaxError))
        this.#parts.log.error({ err: error }, 'message handler failed');
    }
    this.#error(`Error parsing JSON into valid websocket request: ${text}`);
  }

  /** The normalised subscription, or undefined after the client was told why not. */
  #normalise(fields: Fields): Subscription | undefined {
    const type = fields['type'];
    const channel = typeof type === 'string' ? this.#parts.backend.channels.get(type) : undefined;
    if (channel === undefined) throw new RequestRefused(422, 'unknown subscription type');
    try {
      return channel.normalise(fields);
    } catch (error) {
      if (!(error instanceof InvalidSubscription)) throw error;
      this.#error(`Invalid subscription ${JSON.stringify(fields)}`);
      return undefined;
    }
  }

  #subscribe(fields: Fields): void {
    const subscription = this.#normalise(fields);
    if (subscription === undefined) return;
    const key = topicKey(subscription);
    if (this.#subscriptions.has(key)) {
      this.#error(`Already subscribed: ${key}`);
      return;
    }
    const fate = this.#parts.faults?.subscribe(key) ?? 'accept';
    if (fate !== 'accept') {
      if (fate !== 'ignore') this.#error(fate.error);
      return;
    }
    const refused = this.#parts.ledger.addSubscription(userOf(subscription));
    if (refused !== undefined) {
      this.#error(refused);
      return;
    }
    this.#subscriptions.set(key, subscription);
    this.#send(frameOf('subscriptionResponse', { method: 'subscribe', subscription }));
    const channel = this.#parts.backend.channels.get(subscription.type);
    for (const frame of channel?.initial(subscription) ?? []) this.deliver(key, frame);
    this.#parts.hub.add(subscription, this);
  }

  #unsubscribe(fields: Fields): void {
    const subscription = this.#normalise(fields);
    if (subscription === undefined) return;
    const key = topicKey(subscription);
    if (!this.#subscriptions.delete(key)) {
      this.#error(`Already unsubscribed: ${key}`);
      return;
    }
    this.#parts.hub.remove(subscription, this);
    this.#parts.ledger.removeSubscription(userOf(subscription));
    this.#send(frameOf('subscriptionResponse', { method: 'unsubscribe', subscription }));
  }

  #post(message: Fields): void {
    const id = message['id'];
    const request = asFields(message['request']);
    const { type, payload } = request;
    if (typeof id !== 'number' || (type !== 'info' && type !== 'action'))
      throw new RequestRefused(422, 'post');
    if (!this.#parts.ledger.takePost()) {
      this.#error(`too many pending post requests id=${id}`);
      return;
    }
    void this.#answer(id, type, payload)
      .then((response) => {
        if (response !== undefined) this.#send(frameOf('post', { id, response }));
      })
      .finally(() => this.#parts.ledger.releasePost());
  }

  /** The response of a post; undefined when a fault swallowed it. */
  async #answer(id: number, type: 'info' | 'action', payload: unknown): Promise<unknown> {
    const { backend, ledger, clock, faults, socket } = this.#parts;
    const path = type === 'info' ? '/info' : '/exchange';
    const actor = () => (type === 'action' ? actorOf(backend, payload) : undefined);
    const body = matchable(payload);
    const fate = faults?.request({ path, ip: socket.ip, body, requestId: `post ${id}`, actor });
    let outcome: Outcome;
    try {
      outcome = await fatedOutcome(
        fate,
        (ms) => clock.sleep(ms),
        () =>
          type === 'info' ? answerInfo(backend, ledger, payload) : answerExchange(backend, ledger, payload),
      );
    } catch (error) {
      this.#parts.log.error({ err: error }, 'post handler failed');
      return { type: 'error', payload: '500 null' };
    }
    if (outcome.kind === 'hang') return undefined;
    if (outcome.kind === 'reset') {
      this.terminate();
      return undefined;
    }
    if (outcome.status !== 200) return { type: 'error', payload: `${outcome.status} ${outcome.body}` };
    return { type, payload: parsedOrText(outcome.body) };
  }
}

/** A fault may have broken the JSON; then the text itself is the payload. */
function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
