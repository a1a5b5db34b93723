/** Who listens to what: one topic per normalised subscription, one serialised frame for all its listeners. */
import { type FrameSink, type Subscription, topicKey } from './backend.ts';

export interface Listener {
  deliver(key: string, frame: string): void;
}

interface Topic {
  readonly key: string;
  readonly subscription: Subscription;
  readonly listeners: Set<Listener>;
}

export class Hub implements FrameSink {
  readonly #topics = new Map<string, Topic>();
  readonly #byType = new Map<string, Map<string, Topic>>();

  has(key: string): boolean {
    return this.#topics.has(key);
  }

  *topics(type: string): Iterable<Topic> {
    yield* this.#byType.get(type)?.values() ?? [];
  }

  publish(key: string, frame: string): void {
    const topic = this.#topics.get(key);
    if (topic === undefined) return;
    for (const listener of topic.listeners) listener.deliver(key, frame);
  }

  add(subscription: Subscription, listener: Listener): void {
    const key = topicKey(subscription);
    let topic = this.#topics.get(key);
    if (topic === undefined) {
      topic = { key, subscription, listeners: new Set() };
      this.#topics.set(key, topic);
      const sameType = this.#byType.get(subscription.type) ?? new Map<string, Topic>();
      sameType.set(key, topic);
      this.#byType.set(subscription.type, sameType);
    }
    topic.listeners.add(listener);
  }

  remove(subscription: Subscription, listener: Listener): void {
    const key = topicKey(subscription);
    const topic = this.#topics.get(key);
    if (topic === undefined) return;
    topic.listeners.delete(listener);
    if (topic.listeners.size > 0) return;
    this.#topics.delete(key);
    this.#byType.get(subscription.type)?.delete(key);
  }
}
