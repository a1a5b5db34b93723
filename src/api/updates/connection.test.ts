import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { ManualClock } from '../../runtime/clock.ts';
import type { AccessGrant } from '../../store/api_access.ts';
import { CONNECTION_LIMITS, Connection } from './connection.ts';

/** A socket whose line takes nothing until `take`. */
class StuckSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  readonly sent: string[] = [];
  bufferedAmount = 0;
  closed: [number, string] | undefined;
  terminated = false;
  readonly #left: (() => void)[] = [];

  send(frame: Buffer, _options: object, left?: () => void): void {
    this.sent.push(String(frame));
    this.bufferedAmount += frame.length;
    this.#left.push(() => {
      this.bufferedAmount -= frame.length;
      left?.();
    });
  }
  take(): void {
    this.#left.shift()?.();
  }
  close(code: number, reason: string): void {
    this.readyState = 2;
    this.closed = [code, reason];
  }
  terminate(): void {
    this.terminated = true;
    this.emit('close');
  }
}

function rig() {
  const clock = new ManualClock();
  const socket = new StuckSocket();
  const dropped: string[] = [];
  const connection = new Connection({
    id: 'c',
    grant: {} as AccessGrant,
    socket: socket as unknown as WebSocket,
    limits: CONNECTION_LIMITS,
    clock,
    onDropped: (reason) => dropped.push(reason),
  });
  return { clock, socket, dropped, connection };
}

describe('frames in turn', () => {
  it('are made one after another, each when the one before has left', async () => {
    const { clock, socket, connection } = rig();
    const made: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      void connection.sendInTurn(() => {
        made.push(name);
        return name === 'b' ? undefined : Buffer.from(name);
      });
    }
    await clock.advance(1);
    expect([made, socket.sent]).toEqual([['a'], ['a']]);
    socket.take();
    await clock.advance(1);
    expect([made, socket.sent]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'c'],
    ]);
  });

  it('drop a reader that does not take one in time, and make no more', async () => {
    const { clock, socket, dropped, connection } = rig();
    let made = 0;
    const ends = [1, 2].map(() =>
      connection.sendInTurn(() => {
        made++;
        return Buffer.from('x');
      }),
    );
    await clock.advance(0);
    await clock.advance(CONNECTION_LIMITS.drainLimitMs - 1);
    expect(dropped).toEqual([]);
    await clock.advance(1);
    await Promise.all(ends);
    expect([made, dropped, socket.closed]).toEqual([1, ['TOO_SLOW'], [4408, 'TOO_SLOW']]);
  });

  it('go on after one that could not be made', async () => {
    const { clock, socket, connection } = rig();
    const failed = connection.sendInTurn(() => {
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    void connection.sendInTurn(() => Buffer.from('next'));
    await clock.advance(0);
    expect(socket.sent).toEqual(['next']);
  });
});

describe('hanging up', () => {
  /** Drops a reader with a megabyte and more before it. */
  function slow() {
    const base = rig();
    base.connection.send(Buffer.alloc(CONNECTION_LIMITS.maxBufferedBytes / 2));
    base.connection.send(Buffer.alloc(CONNECTION_LIMITS.maxBufferedBytes));
    expect(base.connection.send(Buffer.from('one more'))).toBe(false);
    return base;
  }

  it('gives a slow reader the time to take what stands before the reason', async () => {
    const { clock, socket, dropped } = slow();
    await clock.advance(15_000);
    expect([dropped, socket.terminated]).toEqual([['TOO_SLOW'], false]);
    await clock.advance(5_000);
    expect(socket.terminated).toBe(true);
  });

  it('gives nobody else that time, and a stopping server gives it to nobody', async () => {
    const ended = rig();
    ended.connection.send(Buffer.alloc(CONNECTION_LIMITS.maxBufferedBytes));
    ended.connection.close('SESSION_ENDED');
    await ended.clock.advance(CONNECTION_LIMITS.closeGraceMs);
    expect(ended.socket.terminated).toBe(true);
    const { clock, socket, dropped, connection } = slow();
    connection.close('SERVER_STOPPING');
    await clock.advance(CONNECTION_LIMITS.closeGraceMs);
    expect([dropped, socket.terminated]).toEqual([['TOO_SLOW'], true]);
  });
});
