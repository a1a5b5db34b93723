/**
 * What is asked of the queue, told at once when the queue closes. BullMQ leaves what is asked of a closing connection
 * without an answer for ever, and whoever waited for it would never end.
 */
import { AppError } from '../runtime/errors.ts';

const closed = () => new AppError('QUEUE_CLOSED', 'the queue is closed');

export class UntilClosed {
  readonly #waiting = new Set<(reason: AppError) => void>();
  #isClosed = false;

  /** @throws AppError `QUEUE_CLOSED` when `close` comes first; what `work` then still gives is dropped. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(closed());
    return new Promise<T>((resolve, reject) => {
      this.#waiting.add(reject);
      work()
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(reject));
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const reject of this.#waiting) reject(closed());
    this.#waiting.clear();
  }
}
