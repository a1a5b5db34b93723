/** The session cookie, the only one that there is. */

/** The first value of a cookie in a Cookie header. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  for (const part of header.split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return undefined;
}

/** Cookies do not know ports: the name does, so that two servers on one machine do not sign each other out. */
export const sessionCookieName = (port: number): string => `autotrade_session_${port}`;

/** @param maxAgeSeconds 0 makes the browser forget the cookie. `value` is base64url, which needs no quoting. */
export function sessionCookie(name: string, value: string, maxAgeSeconds: number, secure: boolean): string {
  const attributes = [
    `${name}=${value}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    `Max-Age=${maxAgeSeconds}`,
  ];
  if (secure) attributes.push('Secure');
  return attributes.join('; ');
}
