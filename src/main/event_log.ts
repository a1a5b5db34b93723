/** The log of position changes as events for outside consumers. */
import { coinSymbol } from '../domain/coin.ts';
import type { EventLog } from '../jobs/republisher.ts';
import type { Queryable } from '../store/database.ts';
import { readLogSlice, readLogSpan } from '../store/read_changes.ts';

export function eventLogOf(database: Queryable): EventLog {
  return {
    span: () => readLogSpan(database),
    async read(after, limit) {
      const span = await readLogSpan(database);
      if (span === undefined || span.epoch !== after.epoch) return [];
      const slice = { epoch: after.epoch, after: after.offset, through: span.head, limit };
      const changes = await readLogSlice(database, slice);
      return changes.map(({ offset, epoch: _epoch, dex, coinName, ...rest }) => ({
        offset,
        body: { coin: coinSymbol({ dex, name: coinName }), ...rest },
      }));
    },
  };
}
