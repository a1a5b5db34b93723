/** Counts what comes out of a WebSocket, without the cost of understanding it: the load generator must stay light. */
const AFTER = /"after":(\d+),"upto":(\d+)/;
const COMMITTED = '"committedAt":';

/** Splits the bytes of unmasked frames into payloads. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);
  readonly #onText: (payload: Buffer) => void;

  constructor(onText: (payload: Buffer) => void) {
    this.#onText = onText;
  }

  push(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      if (bytes.length < 2) break;
      const short = (bytes[1] as number) & 0x7f;
      const header = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (bytes.length < header) break;
      const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? bytes.readUInt32BE(6) : short;
      if (bytes.length < header + length) break;
      if (((bytes[0] as number) & 0x0f) === 1) this.#onText(bytes.subarray(header, header + length));
      bytes = bytes.subarray(header + length);
    }
    this.#rest = bytes;
  }
}

/** (after, upto] of a `changes` frame; undefined for any other message. */
export function spanOf(payload: Buffer): { after: number; upto: number } | undefined {
  const head = payload.toString('latin1', 0, 160);
  if (!head.startsWith('{"type":"changes"')) return undefined;
  const found = AFTER.exec(head);
  return found ? { after: Number(found[1]), upto: Number(found[2]) } : undefined;
}

/** When the frame's first, and so oldest, change was committed, ms. */
export function committedAt(payload: Buffer): number | undefined {
  const at = payload.indexOf(COMMITTED);
  return at < 0
    ? undefined
    : Number.parseInt(payload.toString('latin1', at + COMMITTED.length, at + COMMITTED.length + 15), 10);
}

/** A short text frame as a client sends it (masked with zeros). */
export function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const header =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0])
      : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([header, payload]);
}
