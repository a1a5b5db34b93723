/** Full pages of a past under way, kept in the database until its record is stored. */
import type { PageCursor } from '../domain/episodes/paging.ts';
import { DAY_MS } from '../domain/metrics/day.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Database } from '../store/database.ts';
import { keepPage, readCutBeginnings, readPages } from '../store/history_pages.ts';
import type { PageKeeper } from './history_reader.ts';

/** Of one trader. */
export class KeptPages {
  readonly #options: { readonly database: Database; readonly clock: Clock };
  readonly #traderId: number;
  #kept = 0;

  constructor(options: { readonly database: Database; readonly clock: Clock }, traderId: number) {
    this.#options = options;
    this.#traderId = traderId;
  }

  /** Pages kept by this run. */
  get kept(): number {
    return this.#kept;
  }

  /** Where the read begins that was cut off, if it was one from about `from` on; else `from`. */
  async begin(from: number): Promise<number> {
    const cut = await readCutBeginnings(this.#options.database, this.#traderId);
    return cut.find((time) => Math.abs(time - from) < DAY_MS) ?? from;
  }

  from(from: number): PageKeeper {
    const { database, clock } = this.#options;
    const key = (stream: string) => ({ traderId: this.#traderId, from, stream });
    return {
      load: async (stream) => {
        const kept = await readPages(database, key(stream));
        return kept && { rows: kept.rows, cursor: kept.cursor as PageCursor };
      },
      keep: async (stream, rows, cursor) => {
        await keepPage(database, key(stream), { rows, cursor, readAt: clock.now() });
        this.#kept++;
      },
    };
  }
}
