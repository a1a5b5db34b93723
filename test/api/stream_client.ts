/** A client of the update stream that remembers what it was told. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type ClientMessage, type ServerMessage, serverMessageSchema } from '../../src/contract/updates.ts';
import { until } from '../until.ts';

export interface StreamClient {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[];
  send(message: ClientMessage | string): void;
  /** Waits for a message of the type, from the first on. */
  saw<T extends ServerMessage['type']>(
    type: T,
    accept?: (message: Extract<ServerMessage, { type: T }>) => boolean,
  ): Promise<Extract<ServerMessage, { type: T }>>;
  /** Code and reason of the close frame. */
  closed(): Promise<[number, string]>;
  close(): Promise<void>;
}

export interface StreamOptions {
  readonly headers?: Record<string, string>;
  readonly protocols?: readonly string[];
  /** Checks every message against the contract (default true). */
  readonly check?: boolean;
}

/** Opens the stream of an API server at `url` ("http://…"); rejects with the status if it is refused. */
export async function openStream(url: string, options: StreamOptions = {}): Promise<StreamClient> {
  const socket = new WebSocket(
    `${url.replace(/^http/, 'ws')}/ws/v1/updates`,
    [...(options.protocols ?? ['autotrade.v1'])],
    { headers: { ...options.headers } },
  );
  const messages: ServerMessage[] = [];
  let end: [number, string] | undefined;
  socket.on('close', (code, reason) => {
    end = [code, String(reason)];
  });
  socket.on('message', (data) => {
    const value: unknown = JSON.parse(String(data));
    messages.push((options.check ?? true) ? serverMessageSchema.parse(value) : (value as ServerMessage));
  });
  const refused = once(socket, 'unexpected-response').then(([, response]) => {
    socket.terminate();
    throw new Error(`refused ${(response as { statusCode: number }).statusCode}`);
  });
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'open'), refused]);
  refused.catch(() => undefined);
  return {
    socket,
    messages,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    saw: (type, accept = () => true) =>
      until(
        () =>
          messages.find(
            (message): message is Extract<ServerMessage, { type: typeof type }> =>
              message.type === type && accept(message as Extract<ServerMessage, { type: typeof type }>),
          ),
        `a message ${type}`,
      ),
    closed: () => until(() => end, 'the close frame'),
    async close() {
      socket.terminate();
      await until(() => end, 'the end');
    },
  };
}
