/**
 * Whose request it is, where a proxy passes it on. Fastify works this out for its own requests with the same package;
 * an upgrade never reaches Fastify, and by its socket alone every client of a proxy would be the proxy.
 */
import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import { ConfigError, errorMessage } from '../runtime/errors.ts';

/** The address of the client of `request`; "" when its socket is gone. */
export type ClientAddress = (request: IncomingMessage) => string;

/**
 * X-Forwarded-For is read from its end, as far as each address that vouches for the next one is a trusted proxy: what
 * a client itself wrote there is never believed.
 * @throws ConfigError `TRUSTED_PROXIES_INVALID`.
 */
export function clientAddressBehind(trustedProxies: readonly string[]): ClientAddress {
  let trusts: ReturnType<typeof proxyAddr.compile>;
  try {
    trusts = proxyAddr.compile([...trustedProxies]);
  } catch (error) {
    throw new ConfigError(
      'TRUSTED_PROXIES_INVALID',
      `TRUSTED_PROXIES cannot be used (${errorMessage(error)}). List IP addresses, or ranges like 10.0.0.0/8, separated by commas.`,
      { cause: error },
    );
  }
  return (request) => proxyAddr.all(request, trusts).at(-1) ?? '';
}
