/**
 * What is refused before anything else looks at a request: a Host that is not ours (a foreign name that resolves to
 * this machine is how a web page reaches a local server), and anything that another web site makes a browser send.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { ApiErrorCode } from '../contract/errors.ts';
import { ownName, type Place, publicUrlsOf } from './place.ts';

export interface Allowed {
  /** Values of the Host header, lower case, with port where it is not the scheme's own. */
  readonly hosts: ReadonlySet<string>;
  /** Values of the Origin header. */
  readonly origins: ReadonlySet<string>;
}

/** Names under which a browser on the same machine reaches the port. */
const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * The names of this machine, the one address that HOST names, and the public ones; each with its port, and nothing
 * else: a name that merely resolves to one of these is how a foreign page would come in.
 */
export function allowedFor(place: Place): Allowed {
  const { port } = place;
  const own = ownName(place);
  const names = new Set(own === undefined ? LOOPBACK_NAMES : [...LOOPBACK_NAMES, own]);
  const hosts = new Set([...names].map((name) => `${name}:${port}`));
  const origins = new Set([...hosts].map((host) => `http://${host}`));
  if (port === 80) for (const name of names) hosts.add(name);
  if (port === 80) for (const name of names) origins.add(`http://${name}`);
  for (const url of publicUrlsOf(place)) {
    hosts.add(url.host);
    origins.add(url.origin);
  }
  return { hosts, origins };
}

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(',') : value;

export interface Refusal {
  readonly code: ApiErrorCode;
  readonly message: string;
}

/** Exactly one Host header with an allowed value, else a refusal. Runs before routing. */
export function refuseHost(
  request: { readonly headersDistinct: NodeJS.Dict<string[]> },
  allowed: Allowed,
): Refusal | undefined {
  const [host, second] = request.headersDistinct['host'] ?? [];
  if (host !== undefined && second === undefined && allowed.hosts.has(host.toLowerCase())) return undefined;
  return {
    code: 'HOST_FORBIDDEN',
    message: 'This server does not answer to that Host; use the address that it printed at its start.',
  };
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Requests that a page of another site caused. An Origin, where present, must be allowed; Sec-Fetch-Site, where
 * present, must say that the page is ours or that the user typed the address. A browser sends Origin with every
 * request that changes something, so with a cookie its absence there is refused too.
 */
export function refuseForeignPage(
  request: { readonly method: string; readonly headers: IncomingHttpHeaders },
  allowed: Allowed,
  credentials: 'cookie' | 'other',
): Refusal | undefined {
  const { headers } = request;
  const origin = single(headers.origin);
  const site = single(headers['sec-fetch-site']);
  const foreign: Refusal = { code: 'ORIGIN_FORBIDDEN', message: 'The request comes from another site.' };
  if (origin !== undefined && !allowed.origins.has(origin)) return foreign;
  const vouched = origin !== undefined;
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !vouched) return foreign;
  if (!SAFE_METHODS.has(request.method) && credentials === 'cookie' && !vouched) return foreign;
  return undefined;
}

/**
 * Somebody followed a link on another site to this address, in a tab of its own: not a frame, a script's request or a
 * sent form. Only an address that shows nothing of its owner and changes nothing may be reached like that.
 */
export function followsLink(request: {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}): boolean {
  const { method, headers } = request;
  return (
    (method === 'GET' || method === 'HEAD') &&
    headers.origin === undefined &&
    single(headers['sec-fetch-mode']) === 'navigate' &&
    single(headers['sec-fetch-dest']) === 'document'
  );
}
