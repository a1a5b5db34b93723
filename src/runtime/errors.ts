/**
 * Typed errors. The class decides what happens next: a ConfigError stops the process with exit code 78 and is
 * shown to the user; `retryable` says whether the same call may succeed later.
 */

/** sysexits EX_CONFIG: the process manager stops and shows why instead of restarting. */
export const EXIT_CONFIG = 78;

export interface AppErrorOptions {
  readonly cause?: unknown;
  readonly retryable?: boolean;
}

/** Base of all errors that this program raises itself. `code` is CATEGORY_CONDITION, stable, machine-readable. */
export class AppError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  constructor(code: string, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** Something the user must change before this can run: settings, platform, another running copy. */
export class ConfigError extends AppError {
  constructor(code: string, message: string, options: AppErrorOptions = {}) {
    super(code, message, options);
  }
}

/** The message of anything thrown, for a log line or the terminal. */
export const errorMessage = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
