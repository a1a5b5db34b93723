/** A channel of the event log: one filter, everybody who shares it, and how its frames are made. */
import type { PositionChange } from '../../contract/positions.ts';
import type { ChangeFilter } from '../../contract/updates.ts';
import type { LogPlace } from '../../contract/values.ts';
import type { Connection } from './connection.ts';
import type { LoggedChange } from './log_tail.ts';

export interface Snapshot {
  readonly at: LogPlace;
  readonly frame: Buffer;
}

export interface Channel {
  readonly key: string;
  readonly filter: ChangeFilter;
  /** Who gets its frames. */
  readonly members: Set<Connection>;
  /** Members and those who are on their way to be. */
  users: number;
  /** Last offset that members have been told of. */
  upto: number;
  /** A snapshot under way, shared by those who ask meanwhile. */
  snapshot: Promise<Snapshot> | undefined;
}

/** The same filter has the same text, in whatever order it was given. */
export function channelKey(filter: ChangeFilter): string {
  const parts = [
    filter.trader === undefined ? '' : `trader=${filter.trader.toLowerCase()}`,
    filter.coin === undefined ? '' : `coin=${filter.coin}`,
    filter.kinds === undefined ? '' : `kinds=${[...new Set(filter.kinds)].sort().join('+')}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'all' : parts.join('&');
}

export const acceptsChange =
  (filter: ChangeFilter) =>
  (change: PositionChange): boolean =>
    (filter.trader === undefined || change.trader === filter.trader) &&
    (filter.coin === undefined || change.coin === filter.coin) &&
    (filter.kinds === undefined || filter.kinds.includes(change.kind));

/** A `changes` frame out of parts that are encoded already. */
export function changesFrame(
  channel: string,
  span: { epoch: number; after: number; upto: number },
  changes: readonly LoggedChange[],
): Buffer {
  const { epoch, after, upto } = span;
  return Buffer.from(
    `{"type":"changes","channel":${JSON.stringify(channel)},"epoch":${epoch},"after":${after},"upto":${upto},"items":[${changes
      .map(({ json }) => json)
      .join(',')}]}`,
  );
}

export function addTo(parts: Map<Channel, LoggedChange[]>, channel: Channel, logged: LoggedChange): void {
  const list = parts.get(channel);
  if (list) list.push(logged);
  else parts.set(channel, [logged]);
}

export const normalFilter = (filter: ChangeFilter): ChangeFilter =>
  filter.trader === undefined ? filter : { ...filter, trader: filter.trader.toLowerCase() };
