/** Answers as an API server that lags behind gives them: what the same question was answered a while ago. */
import type { Clock } from '../../runtime/clock.ts';

const MAX_QUESTIONS = 1000;
const MAX_ANSWERS = 64;

export class ReplicaHistory {
  readonly #clock: Clock;
  readonly #answers = new Map<string, { at: number; text: string }[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Remembers the current answer and gives the newest one that is at least `lagMs` old, else the oldest known. */
  older(question: string, text: string, lagMs: number): string {
    const now = this.#clock.monotonic();
    let known = this.#answers.get(question);
    if (known === undefined) {
      if (this.#answers.size >= MAX_QUESTIONS) this.#answers.clear();
      known = [];
      this.#answers.set(question, known);
    }
    known.push({ at: now, text });
    if (known.length > MAX_ANSWERS) known.shift();
    return (known.findLast((answer) => answer.at <= now - lagMs) ?? known[0])?.text ?? text;
  }
}
