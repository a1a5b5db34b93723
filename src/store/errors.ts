import { AppError } from '../runtime/errors.ts';

/** What went wrong in the database, by what the caller can do about it. */
export type StoreErrorCode =
  /** Two transactions could not be serialised; the same transaction may succeed when run again. */
  | 'STORE_SERIALIZATION'
  /** The database broke a deadlock by ending this transaction; run it again. */
  | 'STORE_DEADLOCK'
  /** The connection was lost, refused, or the server is starting or stopping. Nothing was committed. */
  | 'STORE_CONNECTION'
  /** The connection was lost while COMMIT was under way: the transaction may or may not be durable. */
  | 'STORE_COMMIT_UNKNOWN'
  /** The database has no room left to write. */
  | 'STORE_DISK_FULL'
  /** The statement, a lock wait or the wait for a free connection took too long. */
  | 'STORE_TIMEOUT'
  /** A constraint refused the data. */
  | 'STORE_CONSTRAINT'
  /** The role may not do this, or the password is wrong. */
  | 'STORE_PERMISSION'
  /** An integer left the range that a JavaScript number holds exactly. */
  | 'STORE_INTEGER_RANGE'
  /** A lease is held by somebody else now; whatever it guarded must stop. */
  | 'STORE_LEASE_LOST'
  /** The event log is in a later epoch than the one that the caller would write in; whoever read that one starts over. */
  | 'STORE_EPOCH_PAST'
  /** Any other refusal: a mistake in a statement or in the schema. */
  | 'STORE_QUERY';

export class StoreError extends AppError {
  declare readonly code: StoreErrorCode;
  /** SQLSTATE (five characters) where the server said one. */
  readonly sqlState: string | undefined;
  /** Name of the violated constraint, for STORE_CONSTRAINT. */
  readonly constraint: string | undefined;

  constructor(code: StoreErrorCode, message: string, options: StoreErrorOptions = {}) {
    super(code, message, { cause: options.cause, retryable: options.retryable ?? false });
    this.sqlState = options.sqlState;
    this.constraint = options.constraint;
  }
}

interface StoreErrorOptions {
  readonly cause?: unknown;
  readonly retryable?: boolean;
  readonly sqlState?: string | undefined;
  readonly constraint?: string | undefined;
}

interface Verdict {
  readonly code: StoreErrorCode;
  readonly retryable: boolean;
}

/** Exact SQLSTATEs first (PostgreSQL manual, appendix A), then their classes. */
const BY_STATE: Readonly<Record<string, Verdict>> = {
  '40001': { code: 'STORE_SERIALIZATION', retryable: true },
  '40P01': { code: 'STORE_DEADLOCK', retryable: true },
  '53100': { code: 'STORE_DISK_FULL', retryable: true },
  '53300': { code: 'STORE_CONNECTION', retryable: true },
  '55P03': { code: 'STORE_TIMEOUT', retryable: true },
  '57014': { code: 'STORE_TIMEOUT', retryable: true },
  '25P03': { code: 'STORE_CONNECTION', retryable: true },
  '42501': { code: 'STORE_PERMISSION', retryable: false },
};

const BY_CLASS: Readonly<Record<string, Verdict>> = {
  '08': { code: 'STORE_CONNECTION', retryable: true },
  '23': { code: 'STORE_CONSTRAINT', retryable: false },
  '28': { code: 'STORE_PERMISSION', retryable: false },
  '53': { code: 'STORE_TIMEOUT', retryable: true },
  '57': { code: 'STORE_CONNECTION', retryable: true },
};

const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Sentences of the driver that carry no code. */
const LOST =
  /Connection terminated|Client has encountered a connection error|not queryable|Connection ended/i;
const DRIVER_TIMEOUT = /timeout exceeded when trying to connect|Query read timeout|timeout expired/i;

function stringField(error: unknown, field: string): string | undefined {
  const value = (error as Record<string, unknown> | null)?.[field];
  return typeof value === 'string' ? value : undefined;
}

/** Anything thrown by the driver as a StoreError; errors that are not the database's pass unchanged. */
export function storeError(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const state = stringField(error, 'code');
  const constraint = stringField(error, 'constraint');
  const verdict =
    (state === undefined ? undefined : (BY_STATE[state] ?? BY_CLASS[state.slice(0, 2)])) ??
    verdictOf(error, state);
  if (verdict === undefined) return error;
  const sqlState = state !== undefined && /^[0-9A-Z]{5}$/.test(state) ? state : undefined;
  return new StoreError(verdict.code, error.message, {
    cause: error,
    retryable: verdict.retryable,
    sqlState,
    constraint,
  });
}

function verdictOf(error: Error, code: string | undefined): Verdict | undefined {
  if (code !== undefined && SOCKET_CODES.has(code)) return { code: 'STORE_CONNECTION', retryable: true };
  if (LOST.test(error.message)) return { code: 'STORE_CONNECTION', retryable: true };
  if (DRIVER_TIMEOUT.test(error.message)) return { code: 'STORE_TIMEOUT', retryable: true };
  const severity = stringField(error, 'severity');
  // An internal error that ends the connection is the server's trouble, not the statement's: on a full disk a backend
  // that cannot write its cache of the catalogue refuses to begin, with nothing but "could not write init file".
  if ((severity === 'FATAL' || severity === 'PANIC') && code?.startsWith('XX') === true)
    return { code: 'STORE_CONNECTION', retryable: true };
  if (severity !== undefined) return { code: 'STORE_QUERY', retryable: false };
  return undefined;
}
