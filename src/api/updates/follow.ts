/**
 * Channels of the event log. Everybody with the same filter shares a channel, and each frame of it is encoded once.
 * A reader joins with a snapshot or where it left off; between joining and the channel's own place there is never a
 * gap: what is missing comes from memory, then from the database, else a reset says so.
 */
import type { ChangeFilter, ClientMessage, ResetReason } from '../../contract/updates.ts';
import type { LogPlace } from '../../contract/values.ts';
import { parseCoin } from '../../domain/coin.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { errorMessage } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Database } from '../../store/database.ts';
import type { NewsListener } from '../../store/news.ts';
import {
  type ChangeFilterIds,
  type LogSpan,
  readCoinIds,
  readLogBackward,
  readLogSlice,
  readLogSpan,
  readTraderId,
} from '../../store/read_changes.ts';
import { readPositionsAt } from '../../store/read_positions.ts';
import { changeRow, positionRow } from '../views.ts';
import {
  acceptsChange,
  addTo,
  type Channel,
  changesFrame,
  channelKey,
  normalFilter,
  type Snapshot,
} from './channel.ts';
import { type Connection, encode } from './connection.ts';
import type { Follower } from './hub.ts';
import { type LoggedChange, LogTail } from './log_tail.ts';

/** Channels of one connection at most. */
const MAX_CHANNELS = 50;
/** A reader further back than this is given a snapshot instead. */
const MAX_BACKLOG = 200_000;
const CATCH_UP_SPAN = 20_000;
const SNAPSHOT_CHANGES = 100;
/** How far back a snapshot looks for changes that match. */
const SNAPSHOT_SPAN = 20_000;
/** A channel without matches says every so often how far it is, so that a reader can resume from there. */
const PROGRESS_EVERY_MS = 5_000;
/** A reader that catches up is given this long to take what waits for it. */
const DRAIN_LIMIT_MS = 10_000;
const NO_LOG_PAUSE_MS = 500;

/** One connection's following of one channel, from the request to the end. */
interface Following {
  readonly connection: Connection;
  readonly channel: Channel;
}

export interface FollowOptions {
  readonly db: Database;
  readonly news: Pick<NewsListener, 'subscribe'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Update streams that are open now: frames go out less often to more readers. */
  readonly readers: () => number;
  /** A reader came in: with a snapshot, resumed, or with a reset for this reason. */
  readonly onJoin: (result: 'snapshot' | 'resumed' | ResetReason) => void;
  /** Changes that went out to at least one reader just now. */
  readonly onSent: (changes: readonly LoggedChange[]) => void;
}

type FollowMessage = Extract<ClientMessage, { type: 'follow' }>;

export class LogChannels implements Follower {
  readonly #options: FollowOptions;
  readonly #tail: LogTail;
  readonly #channels = new Map<string, Channel>();
  /** Channels of one trader, by address: most changes concern none of them. */
  readonly #byTrader = new Map<string, Set<Channel>>();
  readonly #general = new Set<Channel>();
  readonly #byConnection = new Map<Connection, Map<string, Following>>();
  readonly #progress: Timer;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#tail = new LogTail({
      ...options,
      onSpan: (span) => this.#dispatch(span),
      onBreak: (why) => this.#restart(why),
      pauseMs: () => Math.min(100, 20 + options.readers() / 25),
    });
    this.#progress = options.clock.every(PROGRESS_EVERY_MS, () => this.#tellProgress(), { background: true });
  }

  stop(): void {
    this.#tail.stop();
    this.#progress.cancel();
  }

  follow(connection: Connection, message: FollowMessage): void {
    const filter = normalFilter(message.filter);
    const key = channelKey(filter);
    const own = this.#byConnection.get(connection) ?? new Map<string, Following>();
    const refusal = own.has(key)
      ? ({ code: 'CONFLICT', message: `Followed already: ${key}` } as const)
      : own.size >= MAX_CHANNELS
        ? ({
            code: 'RATE_LIMITED',
            message: `At most ${MAX_CHANNELS} channels for each connection.`,
          } as const)
        : undefined;
    if (refusal) {
      connection.say({ type: 'refused', id: message.id, ...refusal });
      return;
    }
    this.#byConnection.set(connection, own);
    const following: Following = { connection, channel: this.#channel(key, filter) };
    following.channel.users++;
    own.set(key, following);
    connection.say({ type: 'followed', id: message.id, channel: key, filter });
    this.#join(following, message.after);
  }

  unfollow(connection: Connection, message: Extract<ClientMessage, { type: 'unfollow' }>): void {
    const following = this.#byConnection.get(connection)?.get(message.channel);
    if (following) this.#leave(following);
    connection.say({ type: 'unfollowed', id: message.id, channel: message.channel });
  }

  forget(connection: Connection): void {
    for (const following of this.#byConnection.get(connection)?.values() ?? []) this.#leave(following);
    this.#byConnection.delete(connection);
  }

  #channel(key: string, filter: ChangeFilter): Channel {
    const known = this.#channels.get(key);
    if (known) return known;
    const channel: Channel = {
      key,
      filter,
      members: new Set(),
      users: 0,
      upto: this.#tail.head ?? 0,
      snapshot: undefined,
    };
    this.#channels.set(key, channel);
    if (filter.trader === undefined) this.#general.add(channel);
    else this.#byTrader.set(filter.trader, (this.#byTrader.get(filter.trader) ?? new Set()).add(channel));
    return channel;
  }

  #leave({ connection, channel }: Following): void {
    channel.members.delete(connection);
    this.#byConnection.get(connection)?.delete(channel.key);
    if (--channel.users > 0) return;
    this.#channels.delete(channel.key);
    this.#general.delete(channel);
    const { trader } = channel.filter;
    const siblings = trader === undefined ? undefined : this.#byTrader.get(trader);
    siblings?.delete(channel);
    if (trader !== undefined && siblings?.size === 0) this.#byTrader.delete(trader);
    if (this.#channels.size === 0) this.#tail.rest();
  }

  /** True while this following is still wanted: not unfollowed, not hung up. */
  #wants(following: Following): boolean {
    const { connection, channel } = following;
    return connection.open && this.#byConnection.get(connection)?.get(channel.key) === following;
  }

  #join(following: Following, after: LogPlace | undefined): void {
    const { connection, channel } = following;
    this.#bringUp(following, after).catch((error: unknown) => {
      this.#options.log.warn({ error: errorMessage(error) }, 'a reader could not join the event log');
      if (!this.#wants(following)) return;
      this.#leave(following);
      connection.say({
        type: 'refused',
        id: null,
        code: 'UNAVAILABLE',
        message: `The event log cannot be read just now; follow ${channel.key} again.`,
      });
    });
  }

  async #bringUp(following: Following, after: LogPlace | undefined): Promise<void> {
    const span = await this.#tail.start();
    if (!this.#wants(following)) return;
    const reason = after && whyNotResume(after, span);
    if (reason) following.connection.say({ type: 'reset', channel: following.channel.key, reason });
    this.#options.onJoin(reason ?? (after ? 'resumed' : 'snapshot'));
    const from = after && !reason ? after : await this.#showSnapshot(following);
    if (from !== undefined) await this.#catchUp(following, from);
  }

  /** @returns the snapshot's place, or undefined if the connection is gone. */
  async #showSnapshot(following: Following): Promise<LogPlace | undefined> {
    const { channel, connection } = following;
    channel.snapshot ??= this.#makeSnapshot(channel).finally(() => {
      channel.snapshot = undefined;
    });
    const { at, frame } = await channel.snapshot;
    if (!this.#wants(following)) return undefined;
    return connection.send(frame) ? at : undefined;
  }

  async #makeSnapshot(channel: Channel): Promise<Snapshot> {
    const { db } = this.#options;
    const ids = await this.#ids(channel.filter);
    const { traderId } = ids ?? {};
    const { span, positions } =
      traderId === undefined || channel.filter.coin !== undefined || channel.filter.kinds !== undefined
        ? { span: await readLogSpan(db), positions: null }
        : await readPositionsAt(db, traderId);
    const at = { epoch: span?.epoch ?? this.#tail.epoch, offset: span?.head ?? 0 };
    const recent =
      ids === undefined
        ? []
        : await readLogBackward(db, {
            ...ids,
            epoch: at.epoch,
            before: at.offset + 1,
            from: traderId === undefined ? Math.max(0, at.offset - SNAPSHOT_SPAN) : 0,
            limit: SNAPSHOT_CHANGES,
          });
    const frame = encode({
      type: 'snapshot',
      channel: channel.key,
      at,
      positions: positions?.map(positionRow) ?? null,
      recent: recent.reverse().map(changeRow),
    });
    return { at, frame };
  }

  /** The filter in the store's ids; undefined if nothing can match yet. */
  async #ids(filter: ChangeFilter): Promise<ChangeFilterIds | undefined> {
    const { db } = this.#options;
    const traderId = filter.trader === undefined ? undefined : await readTraderId(db, filter.trader);
    if (filter.trader !== undefined && traderId === undefined) return undefined;
    const coin = filter.coin === undefined ? undefined : parseCoin(filter.coin);
    const coinIds = coin && (await readCoinIds(db, coin.dex, coin.name));
    return { traderId, coinIds, kinds: filter.kinds };
  }

  /** From a place to where the channel is, then in: from memory if it reaches back, from the database before. */
  async #catchUp(following: Following, from: LogPlace): Promise<void> {
    const { connection, channel } = following;
    const accepts = acceptsChange(channel.filter);
    let place = from.offset;
    while (this.#wants(following)) {
      const { head, epoch } = this.#tail;
      if (head === undefined || epoch !== from.epoch) {
        // The log has not begun, broke, or the tail rested meanwhile: look again, with the place there is.
        await this.#options.clock.sleep(NO_LOG_PAUSE_MS);
        if (this.#wants(following)) this.#join(following, { epoch: from.epoch, offset: place });
        return;
      }
      if (place > head) {
        // A snapshot may be newer than the tail, which follows within a moment.
        await this.#options.clock.sleep(10);
        continue;
      }
      const missed = this.#tail.recent(place, accepts);
      if (missed !== undefined) {
        if (place < head)
          connection.send(changesFrame(channel.key, { epoch, after: place, upto: head }, missed));
        if (channel.members.size === 0) channel.upto = Math.max(channel.upto, head);
        channel.members.add(connection);
        return;
      }
      const upto = await this.#replay(following, { epoch, offset: place }, head);
      if (upto === undefined) {
        this.#join(following, { epoch: from.epoch, offset: place });
        return;
      }
      place = upto;
    }
  }

  /** One stretch out of the database. @returns how far it went; undefined if the log no longer reaches back so far. */
  async #replay(following: Following, from: LogPlace, head: number): Promise<number | undefined> {
    const { connection, channel } = following;
    const { db } = this.#options;
    const ids = await this.#ids(channel.filter);
    const upto = Math.min(head, from.offset + CATCH_UP_SPAN);
    const slice = { epoch: from.epoch, after: from.offset, through: upto, limit: CATCH_UP_SPAN };
    const views = ids === undefined ? [] : await readLogSlice(db, { ...ids, ...slice });
    // Asked afterwards: what retention dropped before the read is not in it.
    if (whyNotResume(from, await readLogSpan(db)) !== undefined) return undefined;
    if (!this.#wants(following)) return upto;
    const changes = views.map((view) => {
      const change = changeRow(view);
      return { change, json: JSON.stringify(change) };
    });
    connection.send(changesFrame(channel.key, { epoch: from.epoch, after: from.offset, upto }, changes));
    await this.#drained(connection);
    return upto;
  }

  async #drained(connection: Connection): Promise<void> {
    const { clock } = this.#options;
    const end = clock.monotonic() + DRAIN_LIMIT_MS;
    while (connection.open && connection.bufferedBytes > 0) {
      if (clock.monotonic() > end) connection.close('TOO_SLOW');
      else await clock.sleep(10);
    }
  }

  /** New changes: one frame for each channel that they concern. */
  #dispatch(span: { epoch: number; after: number; upto: number; changes: readonly LoggedChange[] }): void {
    const parts = new Map<Channel, LoggedChange[]>();
    for (const logged of span.changes) {
      for (const channel of this.#general) {
        if (acceptsChange(channel.filter)(logged.change)) addTo(parts, channel, logged);
      }
      for (const channel of this.#byTrader.get(logged.change.trader) ?? []) {
        if (acceptsChange(channel.filter)(logged.change)) addTo(parts, channel, logged);
      }
    }
    for (const [channel, changes] of parts) {
      const after = Math.min(channel.upto, span.after);
      channel.upto = span.upto;
      if (channel.members.size === 0) continue;
      const frame = changesFrame(channel.key, { epoch: span.epoch, after, upto: span.upto }, changes);
      for (const connection of channel.members) connection.send(frame);
      this.#options.onSent(changes);
    }
  }

  /** Tells the quiet channels how far the log is. */
  #tellProgress(): void {
    const { head, epoch } = this.#tail;
    if (head === undefined) return;
    for (const channel of this.#channels.values()) {
      if (channel.upto >= head) continue;
      const frame = changesFrame(channel.key, { epoch, after: channel.upto, upto: head }, []);
      channel.upto = head;
      for (const connection of channel.members) connection.send(frame);
    }
  }

  /** The log does not continue: everybody gets a reset and a snapshot. */
  #restart(reason: ResetReason): void {
    for (const channel of this.#channels.values()) {
      channel.upto = this.#tail.head ?? 0;
      const frame = encode({ type: 'reset', channel: channel.key, reason });
      const members = [...channel.members];
      channel.members.clear();
      for (const connection of members) {
        const following = this.#byConnection.get(connection)?.get(channel.key);
        if (following && connection.send(frame)) this.#join(following, undefined);
      }
    }
  }
}

/** Why a reader cannot go on behind a place; undefined if it can. */
function whyNotResume(after: LogPlace, span: LogSpan | undefined): ResetReason | undefined {
  if (span === undefined || after.epoch !== span.epoch) return 'EPOCH_CHANGED';
  if (after.offset > span.head) return 'PLACE_IN_FUTURE';
  if (after.offset < span.first - 1) return 'PLACE_TOO_OLD';
  return span.head - after.offset > MAX_BACKLOG ? 'BACKLOG_TOO_LONG' : undefined;
}
