/** A socket whose every message must get an answer of its own: a pong, an acknowledgement, a post's answer or an error. */
import WebSocket from 'ws';
import { patiently } from './fuzz_patience.ts';

const ANSWERS: ReadonlySet<string> = new Set(['pong', 'subscriptionResponse', 'post', 'error']);

interface Answer {
  readonly channel: string;
}

export class FrameProbe {
  readonly #socket: WebSocket;
  #settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (raw) => {
      const text = String(raw);
      // Data frames of subscriptions are told from answers by their channel, which stands first.
      const channel = /^\{"channel":"(\w+)"/.exec(text)?.[1];
      if (channel === undefined) this.#settle?.reject(new Error(`no channel in ${text.slice(0, 80)}`));
      else if (ANSWERS.has(channel)) this.#settle?.resolve(JSON.parse(text) as Answer);
    });
    socket.on('close', (code) => this.#settle?.reject(new Error(`the socket was closed, code ${code}`)));
  }

  /** Tries again where the process was stopped so long that the server gave the handshake up (408). */
  static async open(url: string, tries = 3): Promise<FrameProbe> {
    try {
      return await new Promise((resolve, reject) => {
        const socket = new WebSocket(url);
        socket.once('open', () => resolve(new FrameProbe(socket)));
        socket.once('error', reject);
      });
    } catch (error) {
      if (tries <= 1) throw error;
      return FrameProbe.open(url, tries - 1);
    }
  }

  async send(text: string, binary: boolean): Promise<Answer> {
    const answered = patiently<Answer>((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#socket.send(binary ? Buffer.from(text) : text);
    try {
      return await answered;
    } finally {
      this.#settle = undefined;
    }
  }

  /** False once the server has closed it. */
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  close(): void {
    this.#socket.terminate();
  }
}
