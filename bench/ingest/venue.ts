/** The load generator's process, seen from the bench. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { processCpuSeconds } from './database_cpu.ts';
import type { VenueCommand, VenueReport } from './venue_process.ts';

type Having<K extends string> = Extract<VenueReport, Record<K, unknown>>;

export class LoadVenue {
  readonly #process: ChildProcess;
  port = 0;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  static async start(): Promise<LoadVenue> {
    const path = fileURLToPath(new URL('./venue_process.ts', import.meta.url));
    const venue = new LoadVenue(fork(path, [], { execArgv: ['--import', 'tsx'] }));
    venue.port = (await venue.#report('port')).port;
    return venue;
  }

  /** Processor seconds of the load generator so far; undefined where the system does not tell. */
  cpuSeconds(): Promise<number | undefined> {
    return processCpuSeconds(this.#process.pid ?? 0);
  }

  /** Makes frames with at least so many trades; returns how many trades they hold, duplicates not counted. */
  async prepare(trades: number, seed: string, startMs: number): Promise<number> {
    return (await this.#ask({ do: 'prepare', trades, seed, startMs }, 'prepared')).prepared;
  }

  /** Sends fresh frames, each at its moment, for some seconds; returns when (ms) each trade was first sent. */
  async stroll(
    rate: number,
    seconds: number,
    seed: string,
    startMs: number,
  ): Promise<Having<'strolled'>['strolled']> {
    return (await this.#ask({ do: 'stroll', rate, seconds, seed, startMs }, 'strolled')).strolled;
  }

  /** Sends the prepared frames at a rate (trades/s, 0 is as fast as they are read); resolves when the last one has gone. */
  async send(rate: number): Promise<Having<'sent'>> {
    return this.#ask({ do: 'send', rate }, 'sent');
  }

  stop(): void {
    this.#process.disconnect();
  }

  #ask<K extends 'prepared' | 'sent' | 'strolled'>(command: VenueCommand, key: K): Promise<Having<K>> {
    const answer = this.#report(key);
    this.#process.send(command);
    return answer;
  }

  #report<K extends string>(key: K): Promise<Having<K>> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`the load generator ended (${code})`));
      this.#process.once('exit', onExit);
      this.#process.once('message', (report: VenueReport) => {
        this.#process.off('exit', onExit);
        if (key in report) resolve(report as Having<K>);
        else reject(new Error(`the load generator answered ${JSON.stringify(report)}`));
      });
    });
  }
}
