/** A bare client of the simulator for tests: raw HTTP and raw frames, none of the product's own client code. */
import WebSocket from 'ws';

export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** POSTs JSON (or raw text) to a path. */
export async function post(
  url: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<HttpAnswer> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    text: await response.text(),
  };
}

export async function info<T = unknown>(url: string, body: object): Promise<T> {
  const answer = await post(url, '/info', body);
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as T;
}

export interface Frame {
  readonly channel: string;
  readonly data?: unknown;
}

/** A socket that remembers every frame and lets a test wait for one. */
export class FrameClient {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  closed: { code: number; reason: string } | undefined;
  #waiting: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    const wake = () => {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const resume of waiting) resume();
    };
    socket.on('message', (raw) => {
      this.frames.push(JSON.parse(raw.toString()) as Frame);
      wake();
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      wake();
    });
    socket.on('error', wake);
  }

  static async open(url: string, localAddress?: string): Promise<FrameClient> {
    const socket = new WebSocket(url, localAddress === undefined ? {} : { localAddress });
    const client = new FrameClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    return client;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(subscription: object): void {
    this.send({ method: 'subscribe', subscription });
  }

  /** Waits until `ready` holds; it is asked again after every frame and when the socket closes. */
  async until(ready: () => boolean): Promise<void> {
    while (!ready()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The first frame, past or coming, that fits. */
  async frame(fits: (frame: Frame) => boolean): Promise<Frame> {
    await this.until(() => this.frames.some(fits));
    return this.frames.find(fits) as Frame;
  }

  of(channel: string): Frame[] {
    return this.frames.filter((frame) => frame.channel === channel);
  }

  close(): void {
    this.socket.terminate();
  }
}
