/** Where faults may enter the wire. Without a gate, or with an empty one, nothing is changed. */
import type { Fields } from './backend.ts';

/** What is known of a request before it is handled. */
export interface RequestFacts {
  readonly path: '/info' | '/exchange';
  readonly ip: string;
  readonly body: Fields;
  /** The client's own id of the request, when it sent one (header x-request-id). */
  readonly requestId: string | undefined;
  /** Account that a signed action is for; undefined for a question, or where the signature tells nobody. */
  readonly actor: () => string | undefined;
}

/** A socket: one object as long as it lives. */
export interface SocketFacts {
  readonly ip: string;
  /** Which connection of its address it is, counted from 1. */
  readonly ordinal: number;
}

/** What becomes of the answer. */
export type AnswerFate =
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  | {
      readonly kind: 'replace';
      readonly status: number;
      readonly contentType: string;
      readonly body: string;
      readonly headers: Readonly<Record<string, string>>;
    }
  /** Rewrites the JSON text of a good answer. */
  | { readonly kind: 'rewrite'; readonly rewrite: (text: string) => string };

export interface RequestFate {
  /** Wait this long before anything else, ms. */
  readonly delayMs: number;
  /** before: the venue never sees the request. after: it acts on it, then the answer meets its fate. */
  readonly stage: 'before' | 'after';
  readonly answer: AnswerFate | undefined;
}

/** One way in which a frame leaves. */
export type FrameStep =
  | { readonly kind: 'send'; readonly delayMs: number }
  /** After the next frame of the same topic. */
  | { readonly kind: 'hold' }
  /** Close code; 1006 drops the socket without a close frame. */
  | { readonly kind: 'close'; readonly code: number };

export interface FaultGate {
  request(facts: RequestFacts): RequestFate | undefined;
  /** How a topic's frame leaves; an empty list drops it. */
  frame(key: string, frame: string): readonly FrameStep[];
  /** HTTP status of a refused upgrade, or undefined to accept. */
  connect(ip: string): number | undefined;
  /** ignore: no acknowledgement, no data. An error text is sent as an error frame. */
  subscribe(key: string): 'accept' | 'ignore' | { readonly error: string };
  /** True while the socket is half open: nothing at all is sent, not even pongs. */
  halfOpen(socket: SocketFacts): boolean;
}
