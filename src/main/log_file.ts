/** One log file per service, rotated by size: `stream.log`, then `stream.log.1` (the newest old one) and up. */
import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorMessage } from '../runtime/errors.ts';
import { makeFolder } from '../runtime/folder.ts';

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
  /** Why the last write failed; undefined when it did not. */
  #problem: string | undefined;

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
      this.#problem = undefined;
    } catch (error) {
      this.droppedBytes += bytes.length;
      this.#problem = errorMessage(error);
      this.close();
    }
  }

  /** What is not in the file, in words; empty when nothing was lost. */
  loss(): string {
    if (this.droppedBytes === 0) return '';
    return this.#problem === undefined
      ? `${this.droppedBytes} bytes of its log were lost`
      : `its log cannot be written: ${this.droppedBytes} bytes lost (${this.#problem})`;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): void {
    if (this.#file !== undefined) return;
    makeFolder(dirname(this.#options.path));
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

export interface LogFilesOptions extends Omit<LogFileOptions, 'path'> {
  readonly folder: string;
}

/** The log files of a folder, one per service, each opened when it is first asked for. */
export class LogFiles {
  readonly #options: LogFilesOptions;
  readonly #files = new Map<string, LogFile>();

  constructor(options: LogFilesOptions) {
    this.#options = options;
  }

  readonly of = (service: string): LogFile => {
    const known = this.#files.get(service);
    if (known) return known;
    const { folder, maxBytes, keep } = this.#options;
    const file = new LogFile({ path: join(folder, `${service}.log`), maxBytes, keep });
    this.#files.set(service, file);
    return file;
  };

  /** What the service's file lacks, in words; empty when nothing was lost. */
  lossOf(service: string): string {
    return this.#files.get(service)?.loss() ?? '';
  }
}
