import { AppError, type AppErrorOptions } from '../runtime/errors.ts';

/** What can go wrong between us and the venue. */
export type VenueErrorCode =
  /** No complete answer in time; whether the venue acted is unknown. */
  | 'VENUE_TIMEOUT'
  /** Connection refused, reset or name not found. */
  | 'VENUE_NETWORK'
  /** HTTP 429. */
  | 'VENUE_RATE_LIMITED'
  /** HTTP 5xx. */
  | 'VENUE_UNAVAILABLE'
  /** Any other HTTP status: the request itself is wrong. */
  | 'VENUE_REFUSED'
  /** 200 with something that is not JSON, such as an HTML page of a proxy. */
  | 'VENUE_NOT_JSON'
  /** 200 with JSON that ends too early or cannot be read. */
  | 'VENUE_BAD_JSON'
  /** More bytes than any answer may have. */
  | 'VENUE_TOO_LARGE'
  /** JSON of another shape than known: the venue has changed. */
  | 'VENUE_SCHEMA';

const RETRYABLE: ReadonlySet<VenueErrorCode> = new Set([
  'VENUE_TIMEOUT',
  'VENUE_NETWORK',
  'VENUE_RATE_LIMITED',
  'VENUE_UNAVAILABLE',
  'VENUE_NOT_JSON',
  'VENUE_BAD_JSON',
]);

export class VenueError extends AppError {
  declare readonly code: VenueErrorCode;
  /** HTTP status, where there was one. */
  readonly status: number | undefined;
  constructor(code: VenueErrorCode, message: string, options: AppErrorOptions & { status?: number } = {}) {
    super(code, message, { retryable: RETRYABLE.has(code), ...options });
    this.status = options.status;
  }
}
