import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServerMessage } from '../../src/contract/updates.ts';
import { until } from '../until.ts';
import { appendChanges, beginLog, type ChangeSeed } from './log.ts';
import { addCoins, addressOf, addTraders, EPOCH } from './market.ts';
import { type ApiRig, startApi } from './rig.ts';
import { openStream, type StreamClient } from './stream_client.ts';

let rig: ApiRig;
beforeEach(async () => {
  rig = await startApi({
    limits: { perAddress: { burst: 10_000, perSecond: 1_000 }, maxUpdateClientsPerCaller: 1_000 },
  });
  await addCoins(rig.test.database, ['BTC', 'ETH']);
  await addTraders(rig.test.database, [{ id: 1 }, { id: 2 }, { id: 3 }]);
});
afterEach(() => rig.close());

const stream = () => openStream(rig.api.url, { headers: { authorization: `Bearer ${rig.token}` } });
const append = (changes: readonly ChangeSeed[]) => appendChanges(rig.test.database, changes);
const many = (count: number, trader = 1): ChangeSeed[] => Array.from({ length: count }, () => ({ trader }));

/**
 * What a careful reader makes of a channel: the offsets it was shown since the last reset, and an error as soon as a
 * frame starts beyond what it has, repeats something or goes back.
 */
function read(messages: readonly ServerMessage[], channel: string, start?: number) {
  let place = start;
  let offsets: number[] = [];
  let resets = 0;
  for (const message of messages) {
    if (!('channel' in message) || message.channel !== channel) continue;
    if (message.type === 'reset') {
      resets++;
      place = undefined;
      offsets = [];
    } else if (message.type === 'snapshot') {
      place = message.at.offset;
      offsets = message.recent.map((change) => change.offset);
    } else if (message.type === 'changes') {
      if (message.after !== place) throw new Error(`gap: ${place} then ${message.after}`);
      for (const { offset } of message.items) {
        if (offset <= place || offset > message.upto)
          throw new Error(`${offset} is not in (${place}, ${message.upto}]`);
      }
      offsets.push(...message.items.map((change) => change.offset));
      place = Math.max(place, message.upto);
    }
  }
  return { place, offsets, resets };
}

const reached = (client: StreamClient, channel: string, head: number, start?: number) =>
  until(() => {
    const state = read(client.messages, channel, start);
    return (state.place ?? 0) >= head ? state : undefined;
  }, `offset ${head} of ${channel}`);

const span = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('following', () => {
  it('begins with a snapshot and goes on without a gap, before and after the log has begun', async () => {
    const client = await stream();
    client.send({ type: 'follow', id: 'f', filter: {} });
    expect((await client.saw('followed')).channel).toBe('all');
    expect((await client.saw('snapshot')).at.offset).toBe(0);
    await beginLog(rig.test.database);
    const head = await append(many(3));
    expect((await reached(client, 'all', head)).resets).toBe(1);
    for (let i = 0; i < 20; i++) await append(many(1 + (i % 7)));
    const last = await append(many(1));
    expect((await reached(client, 'all', last)).offsets.at(-1)).toBe(last);
    expect((await reached(client, 'all', last)).offsets).toEqual(span(1, last));
    await client.close();
  });

  it("shows a trader's positions at a place and then exactly what came after", async () => {
    await beginLog(rig.test.database);
    await append([
      { trader: 1, coin: 1, after: '2', pnl: '5' },
      { trader: 2, coin: 1, after: '7' },
      { trader: 1, coin: 2, after: '-4.50' },
      { trader: 1, coin: 1, kind: 'closed', before: '2', after: '0', pnl: '-1.5' },
    ]);
    const client = await stream();
    client.send({
      type: 'follow',
      id: 'f',
      filter: { trader: addressOf(1).toUpperCase().replace('0X', '0x') },
    });
    const snapshot = await client.saw('snapshot');
    expect(snapshot.at).toEqual({ epoch: EPOCH, offset: 4 });
    expect(snapshot.positions).toMatchObject([
      { coin: 'ETH', size: '-4.5', entryPrice: { v: '100', state: 'ok' }, known: 'exact' },
    ]);
    expect(snapshot.recent.map((change) => change.offset)).toEqual([1, 3, 4]);
    await append([{ trader: 2 }, { trader: 1, kind: 'opened' }, { trader: 3 }]);
    const changes = await client.saw('changes', (message) => message.items.length > 0);
    expect(changes.items.map((change) => [change.offset, change.trader])).toEqual([[6, addressOf(1)]]);
    await client.close();
  });

  it('filters by coin and by kind, and tells quiet channels how far the log is', async () => {
    await beginLog(rig.test.database);
    const client = await stream();
    client.send({ type: 'follow', id: 'a', filter: { coin: 'ETH' } });
    client.send({ type: 'follow', id: 'b', filter: { kinds: ['closed', 'flipped'] } });
    client.send({ type: 'follow', id: 'c', filter: { trader: addressOf(3) } });
    await until(() => client.messages.filter((message) => message.type === 'snapshot').length === 3);
    const head = await append([
      { trader: 1, coin: 1, kind: 'opened' },
      { trader: 1, coin: 2, kind: 'opened' },
      { trader: 2, coin: 2, kind: 'flipped' },
      { trader: 2, coin: 1, kind: 'closed' },
    ]);
    expect((await reached(client, 'coin=ETH', head)).offsets).toEqual([2, 3]);
    expect((await reached(client, 'kinds=closed+flipped', head)).offsets).toEqual([3, 4]);
    expect((await reached(client, `trader=${addressOf(3)}`, head)).offsets).toEqual([]);
    await client.close();
  });

  it('frames touch each other, also for who comes late to a quiet channel', async () => {
    await beginLog(rig.test.database);
    const clients: StreamClient[] = [];
    let head = 0;
    for (let late = 0; late < 4; late++) {
      const client = await stream();
      client.send({ type: 'follow', id: 'f', filter: { coin: 'ETH' } });
      await client.saw('snapshot');
      clients.push(client);
      head = await append(many(3));
      // A reader of everything shows that the server has read them, without a frame for ETH.
      const witness = await stream();
      witness.send({ type: 'follow', id: 'w', filter: {}, after: { epoch: EPOCH, offset: 0 } });
      await reached(witness, 'all', head, 0);
      await witness.close();
    }
    head = await append([{ trader: 1, coin: 2 }]);
    for (const client of clients) {
      expect((await reached(client, 'coin=ETH', head)).offsets).toEqual([head]);
      await client.close();
    }
  });

  it('refuses to follow twice, and stops when told', async () => {
    await beginLog(rig.test.database);
    const client = await stream();
    client.send({ type: 'follow', id: '1', filter: {} });
    client.send({ type: 'follow', id: '2', filter: {} });
    expect(await client.saw('refused')).toMatchObject({
      id: '2',
      channel: 'all',
      code: 'CONFLICT',
    });
    client.send({ type: 'unfollow', id: '3', channel: 'all' });
    await client.saw('unfollowed');
    client.send({ type: 'follow', id: '4', filter: { coin: 'BTC' } });
    await client.saw('snapshot', (message) => message.channel === 'coin=BTC');
    const head = await append(many(2));
    await reached(client, 'coin=BTC', head);
    expect(read(client.messages, 'all').offsets).toEqual([]);
    await client.close();
  });
});

describe('while the log cannot be read', () => {
  it('a follow is refused by its id and channel, and can be asked again', async () => {
    await beginLog(rig.test.database);
    await rig.test.database.query('ALTER TABLE stream_state RENAME TO stream_state_away');
    const client = await stream();
    client.send({ type: 'follow', id: 'f', filter: { coin: 'BTC' } });
    await client.saw('followed');
    expect(await client.saw('refused')).toMatchObject({
      id: 'f',
      channel: 'coin=BTC',
      code: 'UNAVAILABLE',
    });
    await rig.test.database.query('ALTER TABLE stream_state_away RENAME TO stream_state');
    client.send({ type: 'follow', id: 'g', filter: { coin: 'BTC' } });
    await client.saw('snapshot');
    const head = await append(many(1));
    expect((await reached(client, 'coin=BTC', head)).offsets).toEqual([head]);
    await client.close();
  });
});

describe('resuming', () => {
  it('gets exactly what was missed, from memory and from the database', async () => {
    await beginLog(rig.test.database);
    const witness = await stream();
    witness.send({ type: 'follow', id: 'w', filter: {} });
    await witness.saw('snapshot');
    await append(many(30));
    const head = await append(many(5, 2));
    await reached(witness, 'all', head);
    for (const offset of [0, 1, 17, 34, 35]) {
      const client = await stream();
      client.send({ type: 'follow', id: 'f', filter: {}, after: { epoch: EPOCH, offset } });
      await client.saw('followed');
      await append([{ trader: 3 }]);
      const end = (await reached(client, 'all', head + 1, offset)).place ?? 0;
      expect(read(client.messages, 'all', offset)).toEqual({
        place: end,
        offsets: span(offset + 1, end),
        resets: 0,
      });
      await client.close();
    }
    await witness.close();
    // Nobody listens now: the server forgets; the next reader is served by the database.
    await append(many(3000));
    const late = await stream();
    late.send({
      type: 'follow',
      id: 'f',
      filter: { trader: addressOf(2) },
      after: { epoch: EPOCH, offset: 0 },
    });
    expect((await reached(late, `trader=${addressOf(2)}`, 3040, 0)).offsets).toEqual(span(31, 35));
    const all = await stream();
    all.send({ type: 'follow', id: 'f', filter: {}, after: { epoch: EPOCH, offset: 10 } });
    const everything = await reached(all, 'all', 3040, 10);
    expect(everything.offsets).toEqual(span(11, everything.place ?? 0));
    await late.close();
    await all.close();
  });

  it.each([
    ['EPOCH_CHANGED', { epoch: EPOCH - 1, offset: 2 }],
    ['PLACE_IN_FUTURE', { epoch: EPOCH, offset: 1000 }],
  ] as const)('says %s and gives a snapshot', async (reason, after) => {
    await beginLog(rig.test.database);
    await append(many(4));
    const client = await stream();
    client.send({ type: 'follow', id: 'f', filter: {}, after });
    expect((await client.saw('reset')).reason).toBe(reason);
    expect((await client.saw('snapshot')).recent).toHaveLength(4);
    await client.close();
  });

  it('says PLACE_TOO_OLD when retention has passed the reader, live or coming back', async () => {
    await beginLog(rig.test.database);
    await append(many(10));
    await rig.test.database.query('DELETE FROM position_changes WHERE log_offset <= 6');
    const client = await stream();
    client.send({ type: 'follow', id: 'f', filter: {}, after: { epoch: EPOCH, offset: 5 } });
    expect((await client.saw('reset')).reason).toBe('PLACE_TOO_OLD');
    const fine = await stream();
    fine.send({ type: 'follow', id: 'f', filter: {}, after: { epoch: EPOCH, offset: 6 } });
    expect((await reached(fine, 'all', 10, 6)).offsets).toEqual([7, 8, 9, 10]);
    await client.close();
    await fine.close();
  });

  it('a new epoch resets everybody who follows', async () => {
    await beginLog(rig.test.database);
    await append(many(10));
    const client = await stream();
    client.send({ type: 'follow', id: 'f', filter: {} });
    await client.saw('snapshot');
    await rig.test.database.query('DELETE FROM position_changes');
    await beginLog(rig.test.database, EPOCH + 5);
    await append(many(2));
    expect((await client.saw('reset')).reason).toBe('EPOCH_CHANGED');
    const after = await client.saw('snapshot', (message) => message.at.epoch === EPOCH + 5);
    expect(after.at.offset).toBeGreaterThan(0);
    await append(many(1));
    expect((await reached(client, 'all', 3)).offsets).toEqual([1, 2, 3]);
    await client.close();
  });
});

describe('a storm', () => {
  it('20 readers that are cut again and again miss nothing and see nothing twice', async () => {
    await beginLog(rig.test.database);
    let writing = true;
    const total = 400;
    const writer = (async () => {
      for (let written = 0; written < total; written += 4) await append(many(4, 1 + (written % 3)));
      writing = false;
    })();
    const readers = Array.from({ length: 20 }, async (_, index) => {
      const filter = index % 2 === 0 ? {} : { trader: addressOf(1) };
      const channel = index % 2 === 0 ? 'all' : `trader=${addressOf(1)}`;
      const offsets: number[] = [];
      let place: number | undefined = 0;
      while (place < total) {
        const client = await stream();
        client.send({ type: 'follow', id: 'f', filter, after: { epoch: EPOCH, offset: place } });
        const from: number = place;
        // Cut after the first frames, in the middle of whatever is going on.
        await until(
          () => (read(client.messages, channel, from).place ?? 0) > from || (!writing && from >= total),
        );
        client.socket.terminate();
        const state = read(client.messages, channel, from);
        offsets.push(...state.offsets);
        expect(state.resets).toBe(0);
        place = state.place ?? from;
      }
      const expected = span(1, total).filter(
        (offset) => index % 2 === 0 || (Math.floor((offset - 1) / 4) * 4) % 3 === 0,
      );
      expect(offsets).toEqual(expected);
    });
    await Promise.all([writer, ...readers]);
  });
});
