/**
 * What the wire needs of a market, whatever produces it: a replayed recording, a generated tape or the full
 * venue. The wire owns sockets, limits and error texts; a backend owns answers and frames.
 */

/** A request body or subscription after JSON parsing: an object whose fields have not been checked yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** An answer that is not 200: exact status, body and content type as the venue sends them. */
export class RequestRefused extends Error {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  constructor(status: number, body: string, contentType = 'text/plain; charset=utf-8') {
    super(`${status} ${body}`);
    this.name = 'RequestRefused';
    this.status = status;
    this.body = body;
    this.contentType = contentType;
  }
}

/** The text of every body that does not fit a known request type (HTTP 422). */
const UNDESERIALISABLE = 'Failed to deserialize the JSON body into the target type';

/** HTTP 422 for an unknown type or a field that is missing or of the wrong kind. */
export const undeserialisable = (detail?: string): RequestRefused =>
  new RequestRefused(422, detail === undefined ? UNDESERIALISABLE : `${UNDESERIALISABLE}: ${detail}`);

/** Answers one `/info` type with a JSON value. @throws RequestRefused for anything but a 200. */
export type InfoHandler = (request: Fields) => unknown;

/** A validated subscription with the venue's defaults filled in, in the key order of its echo. */
export type Subscription = Readonly<{ type: string } & Record<string, string | number | boolean | null>>;

/** The subscription names a coin, dex or user that does not exist: answered with "Invalid subscription {json}". */
export class InvalidSubscription extends Error {}

export interface Channel {
  /**
   * Checks the fields and fills in defaults.
   * @throws InvalidSubscription when well-formed but not subscribable; RequestRefused when not well-formed.
   */
  normalise(fields: Fields): Subscription;
  /** Frames that follow the acknowledgement at once (snapshots), oldest first. */
  initial(subscription: Subscription): readonly string[];
}

/** Where a backend puts frames. Building a frame is only worth it when `has` says that someone listens. */
export interface FrameSink {
  has(key: string): boolean;
  /** Sends one already serialised frame to every subscriber of the topic. */
  publish(key: string, frame: string): void;
  /** Topics of one subscription type that have at least one subscriber. */
  topics(type: string): Iterable<{ readonly key: string; readonly subscription: Subscription }>;
}

/**
 * Adds the one type that the real venue does not have: `simulatedRun`, the name of this run. Without a name the type
 * stays unknown.
 */
export const withRun = (
  info: ReadonlyMap<string, InfoHandler>,
  run: string | undefined,
): ReadonlyMap<string, InfoHandler> =>
  run === undefined ? info : new Map([...info, ['simulatedRun', () => ({ run })]]);

/** Request envelope of POST /exchange after JSON parsing. */
export type ExchangeHandler = (envelope: Fields) => Promise<unknown>;

export interface Backend {
  readonly info: ReadonlyMap<string, InfoHandler>;
  readonly channels: ReadonlyMap<string, Channel>;
  /** Absent where the market source has no accounts that could trade (replay, tape). */
  readonly exchange?: ExchangeHandler;
  /**
   * Account that an /exchange envelope acts for: a named sub-account or vault, else the signer's own, also where an
   * agent signs. Undefined where the signature tells nobody. @throws RequestRefused for no envelope
   */
  actorOf?(envelope: Fields): string | undefined;
  /** Starts producing; frames go to the sink until `stop`. */
  start(sink: FrameSink): void;
  stop(): void;
}

/** One topic per normalised subscription: all its subscribers get the same bytes. */
export const topicKey = (subscription: Subscription): string => JSON.stringify(subscription);

/** One frame of a channel. */
export const frameOf = (channel: string, data: unknown): string => JSON.stringify({ channel, data });
