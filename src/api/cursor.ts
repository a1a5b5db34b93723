/** Cursors of listings: opaque text that carries the place and a mark of the listing that it belongs to. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ApiError } from './errors.ts';

const placeSchema = z.tuple([z.string().length(8), z.string().max(80), z.int().nonnegative()]);

/** A short mark of everything that decides the order and the rows of a listing. */
export function listingMark(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 8);
}

export interface Place {
  readonly value: string;
  readonly id: number;
}

export const writeCursor = (mark: string, place: Place): string =>
  Buffer.from(JSON.stringify([mark, place.value, place.id])).toString('base64url');

/** @throws ApiError `CURSOR_INVALID` unless the cursor was made for the listing with this mark. */
export function readCursor(cursor: string, mark: string): Place {
  let place: z.infer<typeof placeSchema> | undefined;
  try {
    place = placeSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    place = undefined;
  }
  if (place === undefined || place[0] !== mark) throw new ApiError('CURSOR_INVALID');
  return { value: place[1], id: place[2] };
}
