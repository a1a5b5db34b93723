/** One committed block to the frames of account channels: only for accounts that somebody listens to. */
import type { Address } from '../../domain/address.ts';
import type { BlockEvents } from '../venue/records.ts';
import type { VenueQueries } from '../venue/types.ts';
import {
  aggregateFills,
  viewFill,
  viewFunding,
  viewHistoryRow,
  viewLedger,
  viewLiquidation,
  viewOrderUpdate,
  viewTwapRow,
} from '../venue/views.ts';
import { type FrameSink, frameOf, type Subscription } from '../wire/backend.ts';
import {
  activeAssetDataFrame,
  allDexsClearinghouseFrame,
  clearinghouseFrame,
  openOrdersFrame,
  type StateFrame,
  spotStateFrame,
  twapStatesFrame,
  webData3Frame,
} from './account_channels.ts';

/** Channels whose whole state is sent again when the account was touched by a block. */
const ON_TOUCH: readonly (readonly [string, StateFrame])[] = [
  ['clearinghouseState', clearinghouseFrame],
  ['spotState', spotStateFrame],
  ['activeAssetData', activeAssetDataFrame],
];
/** Channels whose whole state is sent every few seconds, changed or not. */
const PERIODIC: readonly (readonly [string, StateFrame])[] = [
  ['clearinghouseState', clearinghouseFrame],
  ['allDexsClearinghouseState', allDexsClearinghouseFrame],
  ['webData3', webData3Frame],
];

interface Topic {
  readonly key: string;
  readonly subscription: Subscription;
}

/** Rows of a block by user, for the users of some topics. */
function byUser<T>(rows: readonly T[], userOf: (row: T) => Address, users: ReadonlySet<string>) {
  const grouped = new Map<string, T[]>();
  for (const row of rows) {
    const user = userOf(row);
    if (!users.has(user)) continue;
    const list = grouped.get(user);
    if (list === undefined) grouped.set(user, [row]);
    else list.push(row);
  }
  return grouped;
}

export class AccountPublisher {
  readonly #query: VenueQueries;
  readonly #sink: FrameSink;
  readonly #now: () => number;

  constructor(query: VenueQueries, sink: FrameSink, now: () => number) {
    this.#query = query;
    this.#sink = sink;
    this.#now = now;
  }

  /** Frames of one block, in the order: orders, fills, events, ledgers, then states. */
  publish(events: BlockEvents): void {
    this.#orders(events);
    this.#fills(events);
    this.#userEvents(events);
    this.#ledgers(events);
    this.#twaps(events);
    this.#states(events);
  }

  /** Every few seconds: states that are sent even when nothing changed. */
  publishPeriodic(): void {
    for (const [type, frame] of PERIODIC)
      for (const { key, subscription } of this.#sink.topics(type))
        this.#sink.publish(key, frame(this.#query, subscription, this.#now()));
  }

  /** Calls `send` for each topic of a type whose user has rows. */
  #each<T>(
    type: string,
    rows: readonly T[],
    userOf: (row: T) => Address,
    send: (topic: Topic, user: string, own: readonly T[]) => void,
  ): void {
    if (rows.length === 0) return;
    const topics = [...this.#sink.topics(type)];
    if (topics.length === 0) return;
    const users = new Set(topics.map((topic) => String(topic.subscription['user'])));
    const grouped = byUser(rows, userOf, users);
    for (const topic of topics) {
      const user = String(topic.subscription['user']);
      const own = grouped.get(user);
      if (own !== undefined) send(topic, user, own);
    }
  }

  #orders({ orders }: BlockEvents): void {
    this.#each(
      'orderUpdates',
      orders,
      (row) => row.order.user,
      ({ key }, _, own) => this.#sink.publish(key, frameOf('orderUpdates', own.map(viewOrderUpdate))),
    );
    this.#each(
      'userHistoricalOrders',
      orders,
      (row) => row.order.user,
      ({ key }, user, own) =>
        this.#sink.publish(
          key,
          frameOf('userHistoricalOrders', { user, orderHistory: own.map(viewHistoryRow) }),
        ),
    );
    const changed = [...orders];
    this.#each(
      'openOrders',
      changed,
      (row) => row.order.user,
      ({ key, subscription }) =>
        this.#sink.publish(key, openOrdersFrame(this.#query, subscription, this.#now())),
    );
  }

  #fills({ fills }: BlockEvents): void {
    this.#each(
      'userFills',
      fills,
      (fill) => fill.user,
      ({ key, subscription }, user, own) => {
        const rows = subscription['aggregateByTime'] === true ? aggregateFills(own) : own;
        this.#sink.publish(key, frameOf('userFills', { user, fills: rows.map(viewFill) }));
      },
    );
    const slices = fills.filter((fill) => fill.twapId !== null);
    this.#each(
      'userTwapSliceFills',
      slices,
      (fill) => fill.user,
      ({ key }, user, own) => {
        const twapSliceFills = own.map((fill) => ({ fill: viewFill(fill), twapId: fill.twapId }));
        this.#sink.publish(key, frameOf('userTwapSliceFills', { user, twapSliceFills }));
      },
    );
  }

  /** The `user` channel: one frame per kind of event. */
  #userEvents({ fills, funding, liquidations, nonUserCancels, twaps }: BlockEvents): void {
    const send = (key: string, data: object) => this.#sink.publish(key, frameOf('user', data));
    this.#each(
      'userEvents',
      fills,
      (fill) => fill.user,
      ({ key }, _, own) => send(key, { fills: own.map(viewFill) }),
    );
    this.#each(
      'userEvents',
      funding,
      (row) => row.user,
      ({ key }, _, own) => {
        for (const row of own) send(key, { funding: viewFunding(row) });
      },
    );
    this.#each(
      'userEvents',
      liquidations,
      (row) => row.liquidatedUser,
      ({ key }, _, own) => {
        for (const row of own) send(key, { liquidation: viewLiquidation(row) });
      },
    );
    this.#each(
      'userEvents',
      nonUserCancels,
      (row) => row.user,
      ({ key }, _, own) =>
        send(key, { nonUserCancel: own.map(({ coin, oid }) => ({ coin: coin.symbol, oid })) }),
    );
    this.#each(
      'userEvents',
      twaps,
      (row) => row.state.user,
      ({ key }, _, own) => send(key, { twapHistory: own.map(viewTwapRow) }),
    );
  }

  #ledgers({ funding, ledger }: BlockEvents): void {
    this.#each(
      'userFundings',
      funding,
      (row) => row.user,
      ({ key }, user, own) =>
        this.#sink.publish(key, frameOf('userFundings', { user, fundings: own.map(viewFunding) })),
    );
    this.#each(
      'userNonFundingLedgerUpdates',
      ledger,
      (row) => row.user,
      ({ key }, user, own) => {
        const nonFundingLedgerUpdates = own.map(viewLedger);
        this.#sink.publish(key, frameOf('userNonFundingLedgerUpdates', { user, nonFundingLedgerUpdates }));
      },
    );
  }

  #twaps({ twaps, fills }: BlockEvents): void {
    this.#each(
      'userTwapHistory',
      twaps,
      (row) => row.state.user,
      ({ key }, user, own) =>
        this.#sink.publish(key, frameOf('userTwapHistory', { user, history: own.map(viewTwapRow) })),
    );
    const moved = [
      ...twaps.map((row) => row.state.user),
      ...fills.filter((fill) => fill.twapId !== null).map((fill) => fill.user),
    ];
    this.#each(
      'twapStates',
      moved,
      (user) => user,
      ({ key, subscription }) =>
        this.#sink.publish(key, twapStatesFrame(this.#query, subscription, this.#now())),
    );
  }

  #states({ touched }: BlockEvents): void {
    if (touched.size === 0) return;
    for (const [type, frame] of ON_TOUCH)
      for (const { key, subscription } of this.#sink.topics(type))
        if (touched.has(subscription['user'] as Address))
          this.#sink.publish(key, frame(this.#query, subscription, this.#now()));
  }
}
