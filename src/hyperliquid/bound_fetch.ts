/** `fetch` through one of this machine's IP addresses: the platform's own cannot choose. Follows no redirects. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';

export interface BoundFetch {
  readonly fetch: typeof fetch;
  /** Closes idle connections. */
  close(): void;
}

const KEEP_ALIVE = { keepAlive: true, maxSockets: 32, maxFreeSockets: 8 };

/** @param localAddress an address of this machine, IPv4 or IPv6. */
export function fetchFrom(localAddress: string): BoundFetch {
  const bind = { ...KEEP_ALIVE, localAddress, family: isIP(localAddress) };
  const http = new HttpAgent(bind);
  const https = new HttpsAgent(bind);
  const ask = (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    const secure = url.protocol === 'https:';
    const body = typeof init.body === 'string' ? Buffer.from(init.body) : undefined;
    const options = {
      method: init.method ?? 'GET',
      agent: secure ? https : http,
      headers: {
        ...Object.fromEntries(new Headers(init.headers)),
        ...(body === undefined ? {} : { 'content-length': String(body.length) }),
      },
      ...(init.signal ? { signal: init.signal } : {}),
    };
    return new Promise((resolve, reject) => {
      const sent = (secure ? httpsRequest : httpRequest)(url, options, (answer) =>
        resolve(responseOf(answer)),
      );
      sent.once('error', reject);
      sent.end(body);
    });
  };
  return {
    fetch: ask,
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

const NO_BODY = new Set([101, 204, 205, 304]);

function responseOf(answer: IncomingMessage): Response {
  const status = answer.statusCode ?? 500;
  const headers = new Headers();
  for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2) {
    headers.append(answer.rawHeaders[i] ?? '', answer.rawHeaders[i + 1] ?? '');
  }
  if (NO_BODY.has(status) || status < 200) {
    answer.resume();
    return new Response(null, { status: status < 200 ? 500 : status, headers });
  }
  return new Response(Readable.toWeb(answer) as ReadableStream, { status, headers });
}
