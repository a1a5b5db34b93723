/** Populations are independent of one another: they are lived by as many processes as there are processors. */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Variant } from './population.ts';
import type { SeedTable } from './table.ts';

export interface Job {
  readonly seed: string;
  readonly variant: Variant;
  readonly traders: number;
  readonly trainDays: number;
}

export type Answer =
  | { readonly kind: 'table'; readonly table: SeedTable }
  /** Of a population in which nobody has skill. */
  | { readonly kind: 'luck'; readonly badges: number; readonly correlation: number };

const SERVER = fileURLToPath(new URL('./seed_server.ts', import.meta.url));

/** Processes that answer jobs; close them when done. */
export class Crew {
  readonly #idle: ChildProcess[] = [];
  readonly #all: ChildProcess[] = [];

  /** Answers in the order of the jobs. Rejects when a process ends before its answer. */
  async run(jobs: readonly Job[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let at = next++; at < jobs.length; at = next++) {
        const job = jobs[at];
        if (job !== undefined) answers[at] = await this.#ask(job);
      }
    };
    await Promise.all(Array.from({ length: Math.min(jobs.length, availableParallelism()) }, lane));
    return answers;
  }

  close(): void {
    for (const child of this.#all) if (child.connected) child.disconnect();
  }

  async #ask(job: Job): Promise<Answer> {
    const child = this.#idle.pop() ?? this.#start();
    const answer = await new Promise<Answer>((resolve, reject) => {
      const ended = (code: number | null): void =>
        reject(new Error(`a process ended with ${code} while it lived ${job.variant.name} ${job.seed}`));
      child.once('exit', ended);
      child.once('message', (message) => {
        child.off('exit', ended);
        resolve(message as Answer);
      });
      child.send(job);
    });
    this.#idle.push(child);
    return answer;
  }

  #start(): ChildProcess {
    // Structured clones keep NaN, which JSON does not.
    const child = fork(SERVER, { serialization: 'advanced' });
    this.#all.push(child);
    return child;
  }
}
