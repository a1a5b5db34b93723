/**
 * Slices of the event log for readers that catch up. They end at round offsets wherever they can, so that readers
 * who come from different places soon want the same ones, which are encoded once and kept for a while.
 */
import { changesFrame } from './channel.ts';
import type { LoggedChange } from './log_tail.ts';

/** Everything that matches from a place up to `upto`, as a frame. */
export interface Slice {
  readonly upto: number;
  readonly frame: Buffer;
  /** False if it ends where the log ended then: later there is a longer one from the same place. */
  readonly whole: boolean;
}

/** Offsets that are multiples of this are round. */
const ROUND = 250;
/** A slice of fewer changes goes on past a round offset. */
const LEAST_CHANGES = 125;
const SLICE_BYTES = 256 * 1024;
/** Matching changes to look at for one slice: no slice has more. */
export const SLICE_CHANGES = ROUND + LEAST_CHANGES;

/**
 * Cuts off the first slice. `matching` are the first `SLICE_CHANGES` changes behind the slice's beginning that match,
 * or all of them up to `through`.
 */
export function cutSlice(
  matching: readonly LoggedChange[],
  through: number,
): { readonly items: readonly LoggedChange[]; readonly upto: number } {
  let bytes = 0;
  for (let i = 0; i + 1 < matching.length; i++) {
    const { change, json } = matching[i] as LoggedChange;
    const next = matching[i + 1] as LoggedChange;
    bytes += json.length;
    const items = i + 1;
    const before = next.change.offset - 1;
    if (bytes + next.json.length > SLICE_BYTES) return { items: matching.slice(0, items), upto: before };
    const round = before - (before % ROUND);
    if (items >= LEAST_CHANGES && round >= change.offset)
      return { items: matching.slice(0, items), upto: round };
  }
  const last = matching.at(-1)?.change.offset ?? through;
  return { items: matching, upto: matching.length >= SLICE_CHANGES ? last : through };
}

/** Cuts and encodes the first slice behind a place; `head` is where the log ends now. */
export function makeSlice(
  channel: string,
  from: { readonly epoch: number; readonly offset: number },
  matching: readonly LoggedChange[],
  through: number,
  head: number,
): Slice {
  const { items, upto } = cutSlice(matching, through);
  const frame = changesFrame(channel, { epoch: from.epoch, after: from.offset, upto }, items);
  return { upto, frame, whole: upto < head };
}

/** Slices by where they begin; the least recently used give way. */
export class SliceCache {
  readonly #maxBytes: number;
  readonly #slices = new Map<string, Slice>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** A slice that is as long as one made now would be. */
  get(key: string, head: number): Slice | undefined {
    const slice = this.#slices.get(key);
    if (slice === undefined || !(slice.whole || slice.upto === head)) return undefined;
    this.#slices.delete(key);
    this.#slices.set(key, slice);
    return slice;
  }

  set(key: string, slice: Slice): void {
    this.#drop(key);
    this.#slices.set(key, slice);
    this.#bytes += slice.frame.length;
    for (const oldest of this.#slices.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#drop(oldest);
    }
  }

  clear(): void {
    this.#slices.clear();
    this.#bytes = 0;
  }

  #drop(key: string): void {
    this.#bytes -= this.#slices.get(key)?.frame.length ?? 0;
    this.#slices.delete(key);
  }
}
