import { describe, expect, it } from 'vitest';
import type { PositionChange } from '../../contract/positions.ts';
import type { ChangeFilter, ClientMessage } from '../../contract/updates.ts';
import { ManualClock } from '../../runtime/clock.ts';
import { LogFollows } from './log_follows.ts';

/** A server that answers when told to: one state for each channel, as the real one. */
function rig() {
  const clock = new ManualClock();
  const sent: ClientMessage[] = [];
  let nextId = 1;
  const follows = new LogFollows({
    clock,
    random: () => 0.5,
    send: (message) => sent.push(message),
    newId: () => `c${nextId++}`,
  });
  const followed = new Set<string>();
  let answered = 0;
  let outage = false;
  /** Answers what was sent since the last time. */
  const answer = () => {
    while (answered < sent.length) {
      const message = sent[answered++] as ClientMessage;
      if (message.type === 'unfollow') {
        followed.delete(message.channel);
        follows.receive({ type: 'unfollowed', id: message.id, channel: message.channel });
      } else if (message.type === 'follow') {
        const channel = JSON.stringify(message.filter);
        const refuse = (code: string) =>
          follows.receive({ type: 'refused', id: message.id, channel, code, message: 'away' });
        if (followed.has(channel)) refuse('CONFLICT');
        else {
          follows.receive({ type: 'followed', id: message.id, channel, filter: message.filter });
          if (outage) refuse('UNAVAILABLE');
          else {
            followed.add(channel);
            const at = { epoch: 1, offset: 10 };
            if (!message.after)
              follows.receive({ type: 'snapshot', channel, at, positions: null, recent: [] });
          }
        }
      }
    }
  };
  /** A change to all who follow everything. */
  const change = (offset: number, after = offset - 1) => {
    if (!followed.has('{}')) return;
    const items = [{ offset } as PositionChange];
    follows.receive({ type: 'changes', channel: '{}', epoch: 1, after, upto: offset, items });
  };
  const read = (filter: ChangeFilter = {}) => {
    const seen: (number | string)[] = [];
    const stop = follows.follow(filter, {
      onSnapshot: () => seen.push('snapshot'),
      onChanges: ({ items }) => seen.push(...items.map(({ offset }) => offset)),
      onRefused: (reason) => seen.push(reason),
    });
    return { seen, stop };
  };
  follows.connected();
  return {
    clock,
    follows,
    sent,
    followed,
    answer,
    change,
    read,
    setOutage(next: boolean) {
      outage = next;
    },
  };
}

describe('what is followed of the log', () => {
  it('says that it is not live, asks again ever less often, and goes on with a snapshot', async () => {
    const { clock, sent, answer, change, read, setOutage } = rig();
    setOutage(true);
    const { seen } = read();
    answer();
    expect(seen).toEqual(['away']);
    const pauses: number[] = [];
    for (let refusals = 1; refusals < 8; refusals++) {
      const start = clock.now();
      while (sent.length === refusals && clock.now() - start < 20_000) await clock.advance(10);
      pauses.push(clock.now() - start);
      answer();
    }
    expect(pauses[0]).toBeLessThan(1_000);
    expect(pauses.at(-1)).toBeGreaterThan(5_000);
    setOutage(false);
    await clock.advance(15_000);
    answer();
    change(11);
    expect(seen.slice(-3)).toEqual(['away', 'snapshot', 11]);
  });

  it('that was refused is not asked for again once nobody wants it', async () => {
    const { clock, sent, answer, read, setOutage } = rig();
    setOutage(true);
    const { stop } = read();
    answer();
    stop();
    await clock.advance(60_000);
    expect(sent).toHaveLength(1);
  });

  it('that can never be had is not asked for again', async () => {
    const { clock, follows, sent, read } = rig();
    const { seen } = read();
    const channel = null;
    follows.receive({ type: 'refused', id: 'c1', channel, code: 'REQUEST_INVALID', message: 'no such coin' });
    await clock.advance(60_000);
    expect(seen).toEqual(['no such coin']);
    expect(sent).toHaveLength(1);
  });

  it('goes on however quickly a reader leaves and comes back', () => {
    for (const answers of [0, 1, 2, 3, 4]) {
      const { answer, change, followed, read } = rig();
      const steps: (() => void)[] = [];
      const first = read();
      let last = first;
      steps.push(
        () => first.stop(),
        () => {
          last = read();
        },
        () => last.stop(),
        () => {
          last = read();
        },
      );
      for (const [index, step] of steps.entries()) {
        if (index === answers) answer();
        step();
      }
      answer();
      change(11);
      expect([answers, last.seen]).toEqual([answers, ['snapshot', 11]]);
      last.stop();
      answer();
      expect(followed.size).toBe(0);
    }
  });

  it('is followed once for all who read it, each with a snapshot', () => {
    const { sent, answer, change, followed, read } = rig();
    const first = read();
    answer();
    change(11);
    const second = read({});
    answer();
    change(11);
    expect(second.seen).toEqual(['snapshot', 11]);
    expect(first.seen).toEqual(['snapshot', 11, 'snapshot', 11]);
    first.stop();
    answer();
    change(12);
    expect(second.seen).toEqual(['snapshot', 11, 12]);
    expect(sent.map(({ type }) => type)).toEqual(['follow', 'unfollow', 'follow']);
    second.stop();
    answer();
    expect(followed.size).toBe(0);
  });

  it('is ended before it is followed anew after a gap', () => {
    const { sent, answer, change, read } = rig();
    const { seen } = read();
    answer();
    change(15);
    answer();
    change(11);
    expect(seen).toEqual(['snapshot', 'snapshot', 11]);
    expect(sent.map(({ type }) => type)).toEqual(['follow', 'unfollow', 'follow']);
  });

  it('ends a channel that the server still has from before', () => {
    const { answer, change, followed, read } = rig();
    followed.add('{}');
    const { seen } = read();
    answer();
    change(11);
    expect(seen).toEqual(['snapshot', 11]);
  });
});
