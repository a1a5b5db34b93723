/** The one error shape and the one list of error codes of REST and WebSocket. */
import { z } from 'zod';

/** code -> HTTP status and what it means to the caller. docs/API.md shows this table. */
export const API_ERRORS = {
  REQUEST_INVALID: [
    400,
    'A parameter, header or body is not what the operation takes; the message names it.',
  ],
  REQUEST_TOO_DEEP: [400, 'The JSON body is nested more than 16 levels deep.'],
  CURSOR_INVALID: [
    400,
    'The cursor was not made by this listing with these parameters; start again without it.',
  ],
  AUTH_REQUIRED: [401, 'Not signed in: the session or token is missing, unknown, expired or revoked.'],
  AUTH_LINK_INVALID: [401, 'The sign-in link was used before or is older than ten minutes; make a new one.'],
  AUTH_FORBIDDEN: [403, 'Signed in, but this role may not do that.'],
  ORIGIN_FORBIDDEN: [403, 'The request comes from another site.'],
  NOT_FOUND: [404, 'No such thing.'],
  METHOD_NOT_ALLOWED: [405, 'The path exists, the method does not.'],
  REQUEST_TIMEOUT: [408, 'The request was not received in time.'],
  CONFLICT: [409, 'The thing exists already or has changed meanwhile.'],
  LOG_PLACE_GONE: [410, 'The event log no longer reaches back to that place; start from a snapshot.'],
  BODY_TOO_LARGE: [413, 'The body is larger than 64 KiB.'],
  URI_TOO_LONG: [414, 'The address or a parameter is too long.'],
  MEDIA_TYPE_UNSUPPORTED: [415, 'The body must be application/json.'],
  HOST_FORBIDDEN: [421, 'The Host header is not one that this server answers to.'],
  RATE_LIMITED: [429, 'Too many requests; retry after the seconds in Retry-After.'],
  HEADERS_TOO_LARGE: [431, 'The request headers are too large.'],
  INTERNAL: [500, 'A fault of ours; it is in the log under the request id.'],
  UNAVAILABLE: [503, 'The database or another part is not reachable just now; retry.'],
} as const satisfies Record<string, readonly [number, string]>;

export type ApiErrorCode = keyof typeof API_ERRORS;

const apiErrorCodeSchema = z.enum(Object.keys(API_ERRORS) as [ApiErrorCode, ...ApiErrorCode[]]);

/** Body of every answer with status >= 400. */
export const errorBodySchema = z
  .object({
    error: z.object({
      code: apiErrorCodeSchema,
      message: z.string(),
      requestId: z.string().meta({ description: 'Find it in the log with this' }),
    }),
  })
  .meta({ id: 'Error' });
export type ErrorBody = z.infer<typeof errorBodySchema>;
