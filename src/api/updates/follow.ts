/**
 * Channels of the event log. Everybody with the same filter shares a channel, and each frame of it is encoded once.
 * A reader joins with a snapshot or where it left off; between joining and the channel's own place there is never a
 * gap: what is missing comes from memory, then from the database, else a reset says so.
 */
import type { ChangeFilter, ClientMessage, ResetReason } from '../../contract/updates.ts';
import type { LogPlace } from '../../contract/values.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { errorMessage } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Database } from '../../store/database.ts';
import type { NewsListener } from '../../store/news.ts';
import { acceptsChange, addTo, type Channel, changesFrame, channelKey, normalFilter } from './channel.ts';
import { type Connection, encode } from './connection.ts';
import type { Follower } from './hub.ts';
import { readSlice, readSnapshot, whyNotResume } from './log_reader.ts';
import { type LoggedChange, LogTail } from './log_tail.ts';
import { makeSlice, SLICE_CHANGES, type Slice, SliceCache } from './slices.ts';

/** Channels of one connection at most. */
const MAX_CHANNELS = 50;
/** A channel without matches says every so often how far it is, so that a reader can resume from there. */
const PROGRESS_EVERY_MS = 5_000;
/** Encoded slices that are kept for others who catch up, bytes. */
const SLICES_KEPT = 16 * 1024 * 1024;
const NO_LOG_PAUSE_MS = 500;

/** One connection's following of one channel, from the request to the end. */
interface Following {
  readonly connection: Connection;
  readonly channel: Channel;
  /** The request that asked for it. */
  readonly requestId: string;
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
  readonly #slices = new SliceCache(SLICES_KEPT);
  /** Slices that are being read, shared by those who want them meanwhile. */
  readonly #reads = new Map<string, Promise<Slice | undefined>>();

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
      connection.say({ type: 'refused', id: message.id, channel: key, ...refusal });
      return;
    }
    this.#byConnection.set(connection, own);
    const following: Following = { connection, channel: this.#channel(key, filter), requestId: message.id };
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
    if (this.#channels.size > 0) return;
    this.#tail.rest();
    this.#slices.clear();
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
        id: following.requestId,
        channel: channel.key,
        code: 'UNAVAILABLE',
        message: 'The event log cannot be read just now.',
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
    channel.snapshot ??= readSnapshot(this.#options.db, channel, this.#tail.epoch).finally(() => {
      channel.snapshot = undefined;
    });
    const { at, frame } = await channel.snapshot;
    await connection.sendInTurn(() => (this.#wants(following) ? frame : undefined));
    return this.#wants(following) ? at : undefined;
  }

  /** From a place to where the channel is, slice by slice as the line takes them, then in. */
  async #catchUp(following: Following, from: LogPlace): Promise<void> {
    const { connection, channel } = following;
    let place = from;
    let joined = false;
    while (!joined && this.#wants(following)) {
      const { head, epoch } = this.#tail;
      if (head === undefined || epoch !== place.epoch) {
        // The log has not begun, broke, or the tail rested meanwhile: look again, with the place there is.
        await this.#options.clock.sleep(NO_LOG_PAUSE_MS);
        if (this.#wants(following)) this.#join(following, place);
        return;
      }
      if (place.offset > head) {
        // A snapshot may be newer than the tail, which follows within a moment.
        await this.#options.clock.sleep(10);
        continue;
      }
      const inMemory = this.#tail.reaches(place.offset);
      const read = inMemory ? undefined : await this.#fromDatabase(channel, place, head);
      if (!inMemory && read === undefined) {
        if (this.#wants(following)) this.#join(following, place);
        return;
      }
      await connection.sendInTurn(() => {
        if (!this.#wants(following)) return undefined;
        // Memory is asked only now: the turn may have been long in coming, and whoever has all of it is in at once.
        const slice = read ?? this.#fromMemory(channel, place);
        if (slice !== undefined) place = { epoch, offset: slice.upto };
        joined = this.#tail.epoch === epoch && this.#tail.head === place.offset;
        if (joined) this.#admit(following);
        return slice?.frame;
      });
    }
  }

  #admit({ connection, channel }: Following): void {
    // Who is in hears how far the log is, so that the next frame begins where everybody stands.
    this.#tellHowFar(channel);
    channel.members.add(connection);
  }

  /** The next slice; undefined if memory does not reach back so far, or if there is nothing more. */
  #fromMemory(channel: Channel, from: LogPlace): Slice | undefined {
    const { head, epoch } = this.#tail;
    if (head === undefined || epoch !== from.epoch || from.offset >= head) return undefined;
    const key = sliceKey(channel, from);
    const kept = this.#slices.get(key, head);
    if (kept) return kept;
    const matching = this.#tail.recent(from.offset, acceptsChange(channel.filter), SLICE_CHANGES);
    if (matching === undefined) return undefined;
    const slice = makeSlice(channel.key, from, matching, head, head);
    this.#slices.set(key, slice);
    return slice;
  }

  /** The next slice; undefined if the log no longer reaches back so far. */
  async #fromDatabase(channel: Channel, from: LogPlace, head: number): Promise<Slice | undefined> {
    const key = sliceKey(channel, from);
    const kept = this.#slices.get(key, head);
    if (kept) return kept;
    const running = this.#reads.get(key);
    if (running) return running;
    const reading = readSlice(this.#options.db, channel, from, head).finally(() => this.#reads.delete(key));
    this.#reads.set(key, reading);
    const slice = await reading;
    if (slice && this.#channels.has(channel.key)) this.#slices.set(key, slice);
    return slice;
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

  #tellProgress(): void {
    for (const channel of this.#channels.values()) this.#tellHowFar(channel);
  }

  /** Tells the members of a quiet channel how far the log is. */
  #tellHowFar(channel: Channel): void {
    const { head, epoch } = this.#tail;
    if (head === undefined || channel.upto >= head) return;
    const frame = changesFrame(channel.key, { epoch, after: channel.upto, upto: head }, []);
    channel.upto = head;
    for (const connection of channel.members) connection.send(frame);
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

const sliceKey = (channel: Channel, { epoch, offset }: LogPlace): string =>
  `${channel.key} ${epoch}:${offset}`;
