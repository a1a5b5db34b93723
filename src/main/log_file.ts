/** One log file per service, rotated by size: `stream.log`, then `stream.log.1` (the newest old one) and up. */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface LogFileOptions {
  readonly path: string;
  readonly maxBytes: number;
  /** Rotated files kept beside the current one. */
  readonly keep: number;
}

/**
 * Writes are synchronous: a line is with the operating system when `write` returns, also if we are killed next. A
 * full disk costs lines, counted in `droppedBytes`, never the process.
 */
export class LogFile {
  readonly #options: LogFileOptions;
  #file: number | undefined;
  #size = 0;
  droppedBytes = 0;

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  write(chunk: Buffer | string): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    try {
      this.#open();
      if (this.#size > 0 && this.#size + bytes.length > this.#options.maxBytes) this.#rotate();
      if (this.#file === undefined) return;
      this.#size += writeSync(this.#file, bytes);
    } catch {
      this.droppedBytes += bytes.length;
      this.close();
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): void {
    if (this.#file !== undefined) return;
    mkdirSync(dirname(this.#options.path), { recursive: true });
    this.#file = openSync(this.#options.path, 'a', 0o640);
    this.#size = fstatSync(this.#file).size;
  }

  #rotate(): void {
    const { path, keep } = this.#options;
    this.close();
    rmSync(`${path}.${keep}`, { force: true });
    for (let index = keep - 1; index >= 1; index--) renameIfThere(`${path}.${index}`, `${path}.${index + 1}`);
    renameIfThere(path, `${path}.1`);
    this.#open();
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
