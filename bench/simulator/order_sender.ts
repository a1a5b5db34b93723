/** Child process of the signed-orders bench: signs orders beforehand, then sends them over HTTP as fast as asked. */
import { Agent, request } from 'node:http';
import { actionHash } from '../../src/simulator/signing/action_hash.ts';
import { agentDigest, toHex } from '../../src/simulator/signing/typed_data.ts';
import { nativeCurve } from './native_curve.ts';

/** What the bench tells the child. */
export interface SendJob {
  readonly url: string;
  /** Private key of each sender, hex without 0x; each sends one order at a time. */
  readonly keys: readonly string[];
  readonly orders: number;
  readonly firstNonce: number;
}
/** What the child answers when it is done. */
export interface SendReport {
  readonly accepted: number;
  readonly refused: number;
  readonly seconds: number;
}

function signedBody(key: Uint8Array, nonce: number, index: number): string {
  const action = {
    type: 'order',
    orders: [
      { a: 0, b: true, p: String(60_000 + (index % 40)), s: '0.001', r: false, t: { limit: { tif: 'Gtc' } } },
    ],
    grouping: 'na',
  };
  const digest = agentDigest('a', actionHash(action, nonce, null, null));
  const { signature, recid } = nativeCurve.ecdsaSign(digest, key);
  const [r, s] = [toHex(signature.subarray(0, 32)), toHex(signature.subarray(32))];
  return JSON.stringify({ action, nonce, signature: { r, s, v: 27 + recid } });
}

function send(url: URL, agent: Agent, body: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const options = { host: url.hostname, port: url.port, path: '/exchange', method: 'POST', agent, headers };
    const call = request(options, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text.includes('"resting"')));
    });
    call.on('error', reject);
    call.end(body);
  });
}

async function run(job: SendJob): Promise<SendReport> {
  const keys = job.keys.map((key) => new Uint8Array(Buffer.from(key, 'hex')));
  const bodies = Array.from({ length: job.orders }, (_, index) =>
    signedBody(keys[index % keys.length] as Uint8Array, job.firstNonce + index, index),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: keys.length });
  const url = new URL(job.url);
  let accepted = 0;
  const started = performance.now();
  // One at a time per sender: orders of one sender that overtake each other could leave the nonce window.
  const worker = async (first: number) => {
    for (let index = first; index < bodies.length; index += keys.length)
      if (await send(url, agent, bodies[index] as string)) accepted++;
  };
  await Promise.all(keys.map((_, first) => worker(first)));
  const seconds = (performance.now() - started) / 1000;
  agent.destroy();
  return { accepted, refused: job.orders - accepted, seconds };
}

process.on('message', (job: SendJob) => {
  void run(job).then((report) => {
    process.send?.(report);
    process.disconnect();
  });
});
