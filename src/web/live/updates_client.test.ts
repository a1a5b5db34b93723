import { describe, expect, it } from 'vitest';
import type { PositionChange } from '../../contract/positions.ts';
import type { ClientMessage, ServerMessage } from '../../contract/updates.ts';
import { ManualClock } from '../../runtime/clock.ts';
import { reconnectDelay } from './backoff.ts';
import { type Connection, UpdatesClient, type UpdatesSocket } from './updates_client.ts';

class FakeSocket implements UpdatesSocket {
  readyState = 1;
  onmessage: UpdatesSocket['onmessage'] = null;
  onclose: UpdatesSocket['onclose'] = null;
  closed = false;
  readonly sent: ClientMessage[] = [];
  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientMessage);
  }
  close(): void {
    this.closed = true;
  }
  say(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  greet(): void {
    this.say({
      type: 'hello',
      serverTime: 1,
      version: '1',
      network: 'simulator',
      simulated: true,
      world: 'w',
      log: null,
      pingEveryMs: 5_000,
    });
  }
}

function rig() {
  const clock = new ManualClock();
  const sockets: FakeSocket[] = [];
  const states: Connection[] = [];
  const messages: ServerMessage[] = [];
  const client = new UpdatesClient({
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    clock,
    random: () => 0.5,
    onConnection: (state) => states.push(state),
    onMessage: (message) => messages.push(message),
  });
  const latest = (): FakeSocket => {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error('no socket was opened');
    return socket;
  };
  return { clock, sockets, states, messages, client, latest };
}

const change = (offset: number) => ({ epoch: 1, offset, coin: 'BTC' }) as unknown as PositionChange;
const changes = (after: number, upto: number, epoch = 1): ServerMessage => ({
  type: 'changes',
  channel: 'ch',
  epoch,
  after,
  upto,
  items: Array.from({ length: upto - after }, (_, index) => change(after + 1 + index)),
});

/** A client that follows everything, with a snapshot at offset 10 behind it. */
function following() {
  const base = rig();
  const seen: number[] = [];
  let snapshots = 0;
  base.client.start();
  base.latest().greet();
  const stop = base.client.follow(
    {},
    {
      onSnapshot: () => {
        snapshots += 1;
      },
      onChanges: (message) => seen.push(...message.items.map((item) => item.offset)),
    },
  );
  const accept = () => {
    const follow = base.latest().sent.findLast((message) => message.type === 'follow');
    if (follow?.type !== 'follow') throw new Error('no follow was sent');
    base.latest().say({ type: 'followed', id: follow.id, channel: 'ch', filter: {} });
    return follow;
  };
  const snapshot = (offset: number, epoch = 1) =>
    base
      .latest()
      .say({ type: 'snapshot', channel: 'ch', at: { epoch, offset }, positions: null, recent: [] });
  const unfollowed = () => {
    const unfollow = base.latest().sent.findLast((message) => message.type === 'unfollow');
    if (unfollow?.type !== 'unfollow') throw new Error('no unfollow was sent');
    base.latest().say({ type: 'unfollowed', id: unfollow.id, channel: unfollow.channel });
  };
  accept();
  snapshot(10);
  return { ...base, seen, accept, snapshot, unfollowed, stop, snapshots: () => snapshots };
}

describe('UpdatesClient', () => {
  it('subscribes once per topic, and again after a reconnect', async () => {
    const { client, latest, clock, sockets } = rig();
    client.start();
    const stopFirst = client.subscribe('stats');
    const stopSecond = client.subscribe('stats');
    latest().greet();
    expect(latest().sent.map((message) => message.type)).toEqual(['subscribe']);
    latest().onclose?.({ code: 1006, reason: '' });
    await clock.advance(20_000);
    expect(sockets.length).toBeGreaterThan(1);
    latest().greet();
    expect(latest().sent).toMatchObject([{ type: 'subscribe', topics: ['stats'] }]);
    stopFirst();
    stopFirst();
    expect(latest().sent).toHaveLength(1);
    stopSecond();
    expect(latest().sent.at(-1)).toMatchObject({ type: 'unsubscribe', topics: ['stats'] });
  });

  it('takes silence for twice the ping interval as death, an open socket or not', async () => {
    const { client, latest, clock, states, sockets } = rig();
    client.start();
    latest().greet();
    await clock.advance(9_000);
    latest().say({ type: 'heartbeat', serverTime: 2 });
    await clock.advance(9_999);
    expect(states.at(-1)?.state).toBe('open');
    await clock.advance(2);
    expect(sockets[0]?.closed).toBe(true);
    expect(states.at(-1)?.state).toBe('waiting');
  });

  it('never gives up, and waits longer each time', async () => {
    const { client, latest, clock, states } = rig();
    client.start();
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 12; attempt++) {
      latest().onclose?.({ code: 1006, reason: '' });
      const state = states.at(-1);
      if (state?.state !== 'waiting') throw new Error(`not waiting but ${state?.state}`);
      pauses.push(state.retryAt - clock.monotonic());
      await clock.advance(state.retryAt - clock.monotonic());
      expect(states.at(-1)?.state).toBe('connecting');
    }
    expect(pauses[3]).toBeGreaterThan(pauses[0] ?? 0);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(15_000);
  });

  it('stops for good when the session has ended', async () => {
    const { client, latest, clock, states, sockets } = rig();
    client.start();
    latest().greet();
    latest().onclose?.({ code: 4401, reason: 'SESSION_ENDED' });
    await clock.advance(60_000);
    expect(states.at(-1)).toEqual({ state: 'signed-out' });
    expect(sockets).toHaveLength(1);
  });

  it('sends nothing into a socket that is closing', () => {
    const { client, latest } = rig();
    client.start();
    const stop = client.subscribe('stats');
    latest().greet();
    latest().readyState = 2;
    stop();
    expect(latest().sent.map((message) => message.type)).toEqual(['subscribe']);
  });

  it('takes a frame that is no JSON as a broken connection', () => {
    const { client, latest, states } = rig();
    client.start();
    latest().greet();
    latest().onmessage?.({ data: '{"type":' });
    expect(states.at(-1)?.state).toBe('waiting');
  });
});

describe('following the event log', () => {
  it('delivers every change once', () => {
    const { latest, seen } = following();
    latest().say(changes(10, 12));
    latest().say(changes(10, 12));
    latest().say(changes(11, 14));
    expect(seen).toEqual([11, 12, 13, 14]);
  });

  it('resumes behind its place after a reconnect', async () => {
    const { latest, clock, seen, accept } = following();
    latest().say(changes(10, 15));
    latest().onclose?.({ code: 1006, reason: '' });
    await clock.advance(15_000);
    latest().greet();
    expect(accept()).toMatchObject({ after: { epoch: 1, offset: 15 } });
    latest().say(changes(15, 17));
    expect(seen).toEqual([11, 12, 13, 14, 15, 16, 17]);
  });

  it('asks for a snapshot instead of skipping a gap, once the channel has ended', () => {
    const { latest, seen, accept, snapshot, snapshots, unfollowed } = following();
    latest().say(changes(12, 14));
    expect(seen).toEqual([]);
    expect(latest().sent.map(({ type }) => type)).toEqual(['follow', 'unfollow']);
    unfollowed();
    expect(latest().sent.map(({ type }) => type)).toEqual(['follow', 'unfollow', 'follow']);
    expect(accept()).not.toHaveProperty('after');
    latest().say(changes(14, 15));
    expect(seen).toEqual([]);
    snapshot(20);
    latest().say(changes(20, 21));
    expect(seen).toEqual([21]);
    expect(snapshots()).toBe(2);
  });

  it('asks for a snapshot when the epoch changes, and waits for it after a reset', () => {
    const { latest, seen, accept, snapshot, unfollowed } = following();
    latest().say(changes(10, 11, 2));
    unfollowed();
    expect(accept()).not.toHaveProperty('after');
    latest().say({ type: 'reset', channel: 'ch', reason: 'EPOCH_CHANGED' });
    latest().say(changes(10, 11, 2));
    snapshot(3, 2);
    latest().say(changes(3, 4, 2));
    expect(seen).toEqual([4]);
  });

  it('ends the channel when nobody follows it any more', () => {
    const { latest, stop } = following();
    stop();
    expect(latest().sent.at(-1)).toMatchObject({ type: 'unfollow', channel: 'ch' });
  });
});

describe('reconnectDelay', () => {
  it('stays within 150 ms and 15 s', () => {
    for (const random of [0, 0.5, 0.999]) {
      for (let attempt = 0; attempt < 50; attempt++) {
        const delay = reconnectDelay(attempt, () => random);
        expect(delay).toBeGreaterThanOrEqual(150);
        expect(delay).toBeLessThanOrEqual(15_000);
      }
    }
  });
});
