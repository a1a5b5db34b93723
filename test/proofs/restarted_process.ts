/** A role of the built program as a process of its own, started again whenever it ends, as its manager would. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/runtime/clock.ts';

const root = join(import.meta.dirname, '..', '..');

/** Brings dist/ up to date. */
export const buildProgram = (): void =>
  void execFileSync(process.execPath, [join(root, 'tools/build.mjs')], { cwd: root, stdio: 'ignore' });

export class RestartedProcess {
  readonly role: string;
  readonly #environment: Readonly<Record<string, string>>;
  /** Where it finds no settings but ours. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'restarted-'));
  #child: ChildProcess;
  #closed = false;
  /** How long it stays away after its next end, ms. */
  #awayMs = 0;

  constructor(role: string, environment: Readonly<Record<string, string>>) {
    this.role = role;
    this.#environment = environment;
    this.#child = this.#start();
  }

  #start(): ChildProcess {
    const child = spawn(process.execPath, [join(root, 'dist/autotrade.mjs'), 'service', this.role], {
      cwd: this.#folder,
      env: { PATH: process.env['PATH'], ...this.#environment },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('exit', () => {
      systemClock.after(this.#awayMs, () => {
        if (!this.#closed) this.#child = this.#start();
      });
      this.#awayMs = 0;
    });
    return child;
  }

  /** kill -9, to be started again after so long; false if it is not running just now. */
  kill(awayMs = 0): boolean {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return false;
    this.#awayMs = awayMs;
    return this.#child.kill('SIGKILL');
  }

  async close(): Promise<void> {
    this.#closed = true;
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
