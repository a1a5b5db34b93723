import { describe, expect, it } from 'vitest';
import { expandFrames } from './lz4_frames.ts';

/** 9,000 lines "line 0" to "line 39", written by the reference tool (lz4 1.10: -B4 -BD, and -B4 -BX --content-size). */
const CONTENT = Array.from({ length: 9_000 }, (_, i) => `line ${i % 40}\n`).join('');
const LINKED =
  'BCJNGERAXswBAABxbGluZSAwCgcAEjEHABIyBwASMwcAEjQHABI1BwASNgcAEjcHABI4BwASOQcAFDFHAANIABMxSQATMUoAEzFLABMxTAATMU0AEzFOABMxTwATMVAAEzJQABMyUAATMlAAEzJQABMyUAATMlAAEzJQABMyUAATMlAAEzJQABMzUAATM1AAEzNQABMzUAATM1AAEzNQABMzUAATM1AAEzNQABMzUAADTwADTgAETQACDAEDSwADSgADSQADSAADRwADRgAPNgH///////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////9mUGUgMTYKGgAAAA+C//////////////////////9uUGUgMzkKAAAAAFGd/sA=';
const SUMS =
  'BCJNGHxAdhABAAAAAAA0zAEAAHFsaW5lIDAKBwASMQcAEjIHABIzBwASNAcAEjUHABI2BwASNwcAEjgHABI5BwAUMUcAA0gAEzFJABMxSgATMUsAEzFMABMxTQATMU4AEzFPABMxUAATMlAAEzJQABMyUAATMlAAEzJQABMyUAATMlAAEzJQABMyUAATMlAAEzNQABMzUAATM1AAEzNQABMzUAATM1AAEzNQABMzUAATM1AAEzNQAANPAANOAARNAAIMAQNLAANKAANJAANIAANHAANGAA82Af///////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////2ZQZSAxNgqSFggstQAAAIJsaW5lIDE3CggAEzgIABI5CAAjMjAIABMxCAATMggAEzMIABM0CAATNQgAEzYIAANQABMyUAATMlAAEzNQABMzUAATM1AAEzNQABMzUAATM1AAEzNQABMzUAATM1AAEzNQAANPAANOAARNAAKEAANLAANKAANJAANIAANHAANGABQxRwADSAATMUkAEzGWABMxSwATMUwAEzFNAA82Af///////////////////zJQZSAzOQrxMkZ1AAAAAFGd/sA=';

const bytes = (text: string): Buffer => Buffer.from(text, 'base64');

async function* pieces(whole: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
}
async function expanded(whole: Buffer, size = 7): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of expandFrames(pieces(whole, size))) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

describe('LZ4 frames of the reference tool', () => {
  it.each([
    ['linked blocks', bytes(LINKED), 1],
    ['independent blocks with checksums and a size', bytes(SUMS), 1],
    [
      'two frames with a skippable one between',
      Buffer.concat([bytes(LINKED), Buffer.from([0x52, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]), bytes(SUMS)]),
      2,
    ],
  ])('%s, however the bytes come', async (_name, frame, times) => {
    for (const size of [1, 7, 100_000]) expect(await expanded(frame, size)).toBe(CONTENT.repeat(times));
  });

  it('nothing is nothing', async () => {
    expect(await expanded(Buffer.alloc(0))).toBe('');
  });

  it.each([
    ['cut off', bytes(LINKED).subarray(0, -20)],
    ['other bytes', Buffer.from('GIF89a and more')],
    [
      'an offset out of reach',
      Buffer.concat([
        bytes(LINKED).subarray(0, 7),
        Buffer.from([4, 0, 0, 0, 0x14, 65, 255, 255, 0, 0, 0, 0]),
      ]),
    ],
    [
      'a block larger than allowed',
      Buffer.concat([bytes(LINKED).subarray(0, 7), Buffer.from([255, 255, 255, 0])]),
    ],
  ])('refuses what is %s', async (_name, frame) => {
    await expect(expanded(frame)).rejects.toMatchObject({ code: 'LZ4_DAMAGED' });
  });
});
