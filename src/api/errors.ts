import { API_ERRORS, type ApiErrorCode, type ErrorBody } from '../contract/errors.ts';
import { AppError } from '../runtime/errors.ts';

/** A refusal that the caller is meant to read: its message goes out as it stands. */
export class ApiError extends AppError {
  declare readonly code: ApiErrorCode;
  /** Seconds for Retry-After, where waiting helps. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ApiErrorCode, message?: string, options: { retryAfterSeconds?: number } = {}) {
    super(code, message ?? API_ERRORS[code][1]);
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return API_ERRORS[this.code][0];
  }
}

export const errorBody = (code: ApiErrorCode, message: string, requestId: string): ErrorBody => ({
  error: { code, message, requestId },
});

/** Codes of Fastify itself, by prefix or exact name, in our words. */
const FASTIFY_CODES: Readonly<Record<string, ApiErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_EMPTY_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'REQUEST_INVALID',
  FST_ERR_CTP_INVALID_JSON_BODY: 'REQUEST_INVALID',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'REQUEST_INVALID',
  FST_ERR_BAD_URL: 'REQUEST_INVALID',
  FST_ERR_MAX_PARAM_LENGTH: 'URI_TOO_LONG',
};

/** What the store says when the database is away or busy: the caller may try again. */
const AWAY = new Set([
  'STORE_CONNECTION',
  'STORE_TIMEOUT',
  'STORE_SERIALIZATION',
  'STORE_DEADLOCK',
  'STORE_DISK_FULL',
]);

/** Any error as what the client may know; everything unexpected becomes INTERNAL without detail. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof AppError && AWAY.has(error.code)) {
    return new ApiError('UNAVAILABLE', undefined, { retryAfterSeconds: 1 });
  }
  const code = (error as { code?: unknown } | null)?.code;
  const known = typeof code === 'string' ? FASTIFY_CODES[code] : undefined;
  if (known !== undefined) return new ApiError(known);
  // Broken JSON is a SyntaxError with a status; its own message may quote the body, so ours goes out.
  if (error instanceof SyntaxError && (error as { statusCode?: unknown }).statusCode === 400) {
    return new ApiError('REQUEST_INVALID', 'The body is not valid JSON.');
  }
  return new ApiError('INTERNAL');
}
