/** Addresses as they may be shown: what could be a key or a password in them is replaced. */

const REDACTED = '[redacted]';

/** Parts of a path that are plainly words, like `info`, `ws`, `v1`, `hyper-core`; anything else may be a key. */
const PLAIN_SEGMENT = /^(v\d{1,2}|[a-z]{1,15}(-[a-z]{1,15})?)$/;

/** Less than this is found in any sentence, and protects nothing. */
const LEAST_SECRET = 4;

/** Host, port and database of a database stay readable; the password and every query value go. */
export function redactDatabaseUrl(raw: string): string {
  const { protocol, username, password, host, pathname, searchParams } = new URL(raw);
  const credentials = password !== '' ? `${username}:${REDACTED}@` : username === '' ? '' : `${username}@`;
  return `${protocol}//${credentials}${host}${pathname}${redactQuery(searchParams)}`;
}

/**
 * An address of a node: private ones carry their key in the path or in the query, so only the host and such parts of
 * the path as are plainly words stay.
 */
export function redactAddress(raw: string): string {
  const { protocol, username, password, host, pathname, searchParams } = new URL(raw);
  const credentials = username === '' && password === '' ? '' : `${REDACTED}@`;
  const path = pathname
    .split('/')
    .map((segment) => (segment === '' || PLAIN_SEGMENT.test(segment) ? segment : REDACTED))
    .join('/');
  return `${protocol}//${credentials}${host}${path}${redactQuery(searchParams)}`;
}

function redactQuery(query: URLSearchParams): string {
  const shown = [...query].map(([key, value]) => (value === '' ? REDACTED : `${key}=${REDACTED}`));
  return shown.length === 0 ? '' : `?${shown.join('&')}`;
}

/** `text` of another program, an error page for example, without what `redactAddress` hides of the address. */
export function withoutSecretsOf(address: string, text: string): string {
  let left = text;
  for (const secret of secretsOf(address)) left = left.replaceAll(secret, REDACTED);
  return left;
}

/** As written and as decoded; the longest first, so that no rest of a longer one stays. */
function secretsOf(address: string): string[] {
  const { username, password, pathname, search, searchParams } = new URL(address);
  const segments = pathname.split('/').filter((segment) => !PLAIN_SEGMENT.test(segment));
  const values = [...searchParams].map(([key, value]) => (value === '' ? key : value));
  const written = search
    .slice(1)
    .split('&')
    .map((pair) => pair.slice(pair.indexOf('=') + 1));
  const all = [username, password, ...segments, ...values, ...written];
  return [...new Set([...all, ...all.map(decoded)])]
    .filter((secret) => secret.length >= LEAST_SECRET)
    .sort((a, b) => b.length - a.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
