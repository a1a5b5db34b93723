import { describe, expect, it } from 'vitest';
import { redactAddress, redactDatabaseUrl, withoutSecretsOf } from './redact.ts';

describe('redactAddress', () => {
  it.each([
    ['https://api.hyperliquid.xyz/info', 'https://api.hyperliquid.xyz/info'],
    ['ws://127.0.0.1:3001/ws', 'ws://127.0.0.1:3001/ws'],
    ['https://node.example/hyper-core/v2/info', 'https://node.example/hyper-core/v2/info'],
    ['wss://node/ws?token=hunter2', 'wss://node/ws?token=[redacted]'],
    ['wss://node/ws?hunter2', 'wss://node/ws?[redacted]'],
    ['https://node/3f9a0c1d2e4b5a69/info', 'https://node/[redacted]/info'],
    ['https://node/SECRET/info?apikey=SECRET', 'https://node/[redacted]/info?apikey=[redacted]'],
    ['https://node/anextremelylongwordthatisakey/info', 'https://node/[redacted]/info'],
    ['https://u:hunter2@node/info', 'https://[redacted]@node/info'],
    ['https://hunter2@node/info', 'https://[redacted]@node/info'],
  ])('%s is shown as %s', (address, shown) => expect(redactAddress(address)).toBe(shown));
});

describe('redactDatabaseUrl', () => {
  it.each([
    ['postgres://app:hunter2@db:5432/trade_2', 'postgres://app:[redacted]@db:5432/trade_2'],
    ['postgres://app@db/trade?sslmode=require&x', 'postgres://app@db/trade?sslmode=[redacted]&[redacted]'],
  ])('%s is shown as %s', (address, shown) => expect(redactDatabaseUrl(address)).toBe(shown));
});

describe('withoutSecretsOf', () => {
  const address = 'https://node.example/Key0123456789/info?token=a%2Bb%20secret&x=1';

  it.each([
    ['Cannot POST /Key0123456789/info', 'Cannot POST /[redacted]/info'],
    ['no token "a+b secret" at /info', 'no token "[redacted]" at /info'],
    ['GET /info?token=a%2Bb%20secret&x=1', 'GET /info?token=[redacted]&x=1'],
    ['1 of 10 at node.example/info', '1 of 10 at node.example/info'],
  ])('%s becomes %s', (text, shown) => expect(withoutSecretsOf(address, text)).toBe(shown));

  it('leaves texts alone when the address has no secret', () => {
    expect(withoutSecretsOf('https://node.example/info', 'Cannot POST /info')).toBe('Cannot POST /info');
    expect(withoutSecretsOf('https://node.example', 'Cannot POST /')).toBe('Cannot POST /');
  });
});
