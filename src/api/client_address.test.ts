import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { clientAddressBehind } from './client_address.ts';

const asked = (remoteAddress: string, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

describe('the address of a client', () => {
  it.each([
    ['nobody is trusted', [], '10.0.0.1', '203.0.113.7', '10.0.0.1'],
    ['the peer is not a trusted proxy', ['10.0.0.2'], '10.0.0.1', '203.0.113.7', '10.0.0.1'],
    ['the peer is one', ['10.0.0.1'], '10.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['the peer is in a trusted range', ['10.0.0.0/8'], '10.9.9.9', '203.0.113.7', '203.0.113.7'],
    ['the peer is IPv4 in IPv6', ['127.0.0.1'], '::ffff:127.0.0.1', '203.0.113.7', '203.0.113.7'],
    [
      'the client wrote addresses of its own',
      ['10.0.0.1'],
      '10.0.0.1',
      '1.1.1.1, 203.0.113.7',
      '203.0.113.7',
    ],
    [
      'two trusted proxies follow each other',
      ['10.0.0.0/8'],
      '10.0.0.1',
      '203.0.113.7, 10.0.0.2',
      '203.0.113.7',
    ],
    ['the proxy says nothing', ['10.0.0.1'], '10.0.0.1', undefined, '10.0.0.1'],
  ])('when %s', (_case, trusted, peer, forwarded, client) => {
    expect(clientAddressBehind(trusted)(asked(peer, forwarded))).toBe(client);
  });

  it('says which setting is wrong', () => {
    expect(() => clientAddressBehind(['10.0.0.0/99'])).toThrow(
      /^TRUSTED_PROXIES cannot be used .*10\.0\.0\.0\/99/,
    );
  });
});
