import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/** Wraps a secret so that no log line, JSON or inspection can show it; `reveal` is the only way out. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return REDACTED;
  }
  toJSON(): string {
    return REDACTED;
  }
  [inspect.custom](): string {
    return REDACTED;
  }
}
