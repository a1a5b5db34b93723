import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { configDocument, effectiveSettings } from './describe.ts';
import type { Source } from './environment.ts';
import { FIELDS, GROUPS, type GroupName } from './groups.ts';
import { loadSettings } from './load.ts';
import { editDistance, nearestName } from './nearest.ts';

const ALL = Object.keys(GROUPS) as GroupName[];
const from = (environment: Source['environment'], file: Source['file'] = {}): Source => ({
  environment,
  file,
});
const load = (environment: Source['environment'], file?: Source['file']) =>
  loadSettings(from(environment, file), ALL);

function problemsOf(environment: Source['environment'], file?: Source['file']): string {
  try {
    load(environment, file);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

function thrownBy(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe('loadSettings', () => {
  it('runs the simulator when nothing is set', () => {
    const { settings } = load({});
    expect(settings).toMatchObject({
      NETWORK: 'simulator',
      DATA_DIR: 'data/simulator',
      PORT: 8787,
      HOST: '127.0.0.1',
      BATCH_SIZE: 50,
      POPULAR_COINS: '*',
      WORKER_CONCURRENCY: 4,
      WEBSOCKET_URL: 'ws://127.0.0.1:3001/ws',
      HYPERLIQUID_API_URL: 'http://127.0.0.1:3001/info',
      DATABASE_URL: undefined,
    });
  });

  it('lets the defaults follow the network', () => {
    const { settings } = load({}, { NETWORK: 'mainnet' });
    expect(settings.DATA_DIR).toBe('data/mainnet');
    expect(settings.WEBSOCKET_URL).toBe('wss://api.hyperliquid.xyz/ws');
    expect(settings.HYPERLIQUID_API_URL).toBe('https://api.hyperliquid.xyz/info');
    expect(load({ SIMULATOR_PORT: '4000' }).settings.WEBSOCKET_URL).toBe('ws://127.0.0.1:4000/ws');
  });

  it('keeps the settings of the original design working', () => {
    const { settings } = load(
      {},
      {
        BATCH_SIZE: '50',
        POPULAR_COINS: 'BTC,ETH,SOL,AVAX',
        WEBSOCKET_URL: 'wss://api.hyperliquid.xyz/ws',
        HYPERLIQUID_API_URL: 'https://api.hyperliquid.xyz/info',
        NETWORK: 'mainnet',
      },
    );
    expect(settings.POPULAR_COINS).toEqual(['BTC', 'ETH', 'SOL', 'AVAX']);
    expect(settings.HYPERLIQUID_API_URL).toBe('https://api.hyperliquid.xyz/info');
  });

  it('prefers the environment to the file, and the prefixed name to the bare one', () => {
    const loaded = load({ PORT: '9000' }, { PORT: '9001', BATCH_SIZE: '7' });
    expect(loaded.settings.PORT).toBe(9000);
    expect(loaded.origins.get('PORT')).toBe('environment');
    expect(loaded.origins.get('BATCH_SIZE')).toBe('.env');
    expect(load({ AUTOTRADE_PORT: '9002' }).settings.PORT).toBe(9002);
    expect(problemsOf({ AUTOTRADE_PORT: '9002', PORT: '9003' })).toContain('differ');
  });

  it('counts an empty value as absent', () => {
    expect(load({ DATABASE_URL: '', PORT: ' ' }).settings).toMatchObject({
      DATABASE_URL: undefined,
      PORT: 8787,
    });
  });

  it('reports all mistakes at once', () => {
    const message = problemsOf(
      { PORT: '99999', BATCH_SIZE: '1e3', AUTOTRADE_WORKER_CONCURENCY: '2' },
      { NETWORK: 'main', DATABASE_URL: 'mysql://x' },
    );
    expect(message).toContain('5 settings are wrong');
    expect(message).toContain('PORT must be a whole number from 1 to 65535 (environment)');
    expect(message).toContain('BATCH_SIZE must be');
    expect(message).toContain('did you mean AUTOTRADE_WORKER_CONCURRENCY?');
    expect(message).toContain('NETWORK must be one of simulator, mainnet, testnet (.env)');
    expect(message).toContain('DATABASE_URL must be an address that starts with postgres://');
  });

  it('reads only the groups asked for, and always base', () => {
    const { settings } = loadSettings(from({}), ['feed']);
    expect(Object.keys(settings).sort()).toEqual(
      [...Object.keys(GROUPS.base), ...Object.keys(GROUPS.feed)].sort(),
    );
  });

  it.each([
    [{ WEBSOCKET_URL: 'wss://api.hyperliquid.xyz/ws' }, 'set NETWORK=mainnet'],
    [{ HYPERLIQUID_API_URL: 'https://API.hyperliquid-testnet.xyz/info' }, 'set NETWORK=testnet'],
    [{ NETWORK: 'mainnet', WEBSOCKET_URL: 'ws://127.0.0.1:3001/ws' }, 'this machine'],
    [{ NETWORK: 'mainnet', WEBSOCKET_URL: 'ws://[::1]:3001/ws' }, 'this machine'],
    [{ NETWORK: 'mainnet', WEBSOCKET_URL: 'wss://api.hyperliquid-testnet.xyz/ws' }, 'belongs to testnet'],
    [{ NETWORK: 'testnet', WEBSOCKET_URL: 'wss://api.hyperliquid.xyz/ws' }, 'belongs to mainnet'],
    [{ NETWORK: 'mainnet', HYPERLIQUID_API_URL: 'http://node.example/info' }, 'not encrypted'],
    [{ NETWORK: 'mainnet', SIMULATOR_REPLAY: 'capture.jsonl' }, 'SIMULATOR_REPLAY'],
    [{ PORT: '3001' }, 'PORT and SIMULATOR_PORT are both 3001'],
    [{ SIMULATOR_CONTROL_PORT: '8787' }, 'PORT and SIMULATOR_CONTROL_PORT are both 8787'],
    [{ SIMULATOR_CONTROL_PORT: '3001' }, 'SIMULATOR_PORT and SIMULATOR_CONTROL_PORT are both 3001'],
  ])('refuses the contradiction %j', (environment, expected) => {
    expect(problemsOf(environment)).toContain(expected);
  });

  it('does not compare ports that nobody listens on', () => {
    expect(problemsOf({ NETWORK: 'mainnet', PORT: '3001', SIMULATOR_CONTROL_PORT: '3001' })).toBe('');
  });

  it('reports what could not be read of the file, and its warnings, with everything else', () => {
    const source = {
      ...from({ PORT: 'x' }, { NETWROK: 'mainnet' }),
      fileProblems: ['.env line 3 is not KEY=value'],
    };
    const message = String(thrownBy(() => loadSettings(source, ALL)));
    expect(message).toContain('2 settings are wrong');
    expect(message).toContain('- .env line 3 is not KEY=value');
    expect(message).toContain(
      'warning: .env: NETWROK is not a setting and is ignored; did you mean NETWORK?',
    );
    expect(
      thrownBy(() => loadSettings({ ...from({}), fileProblems: ['.env is UTF-16'] }, [])),
    ).toBeInstanceOf(ConfigError);
  });

  it('warns of a near miss in the file, ignoring keys of other tools', () => {
    const { warnings } = load({ HOME: '/root' }, { BATCHSIZE: '3', COMPOSE_PROJECT_NAME: 'x' });
    expect(warnings[0]).toContain('did you mean BATCH_SIZE?');
    expect(warnings).toHaveLength(2);
  });

  it.each([
    ['POPULAR_COINS', 'BTC,,ETH', "'' is none"],
    ['POPULAR_COINS', 'BTC,BTC', 'twice'],
    ['POPULAR_COINS', 'BTC;DROP', 'must be'],
    ['SIMULATOR_TRADES_PER_SECOND', 'Infinity', 'must be a number'],
    ['COLOR', 'maybe', 'must be true or false'],
    ['WEBSOCKET_URL', 'ws://user:pass@host/ws', 'must not contain a user name'],
    ['WEBSOCKET_URL', 'ws://host/ws#hunter2', 'must not contain a fragment'],
    ['PUBLIC_URL', 'https://u:hunter2@x.example', 'without user name'],
    ['PUBLIC_URL', 'https://hunter2@x.example', 'without user name'],
    ['PUBLIC_URL', 'https://x.example?token=hunter2', 'without user name, path and query'],
    ['PUBLIC_URL', 'https://x.example,https://y.example#hunter2', 'without user name'],
    ['PUBLIC_URL', 'https://x.example\\hunter2', 'without user name'],
    ['DATABASE_URL', 'not a url', 'must be an address'],
  ])('refuses %s=%s', (name, value, expected) => {
    expect(problemsOf({ [name]: value })).toContain(expected);
    expect(problemsOf({ [name]: value })).not.toContain('hunter2');
  });
});

describe('effectiveSettings', () => {
  const loaded = load({
    DATABASE_URL: 'postgres://app:hunter2@db:5432/trade?sslmode=require',
    REDIS_URL: 'redis://:hunter2@cache',
  });

  it('shows no key that is part of an address of the exchange', () => {
    const addresses = {
      WEBSOCKET_URL: 'wss://node.example/ws?token=hunter2',
      HYPERLIQUID_API_URL: 'https://node.example/hunter2/info?apikey=hunter2',
      NETWORK: 'mainnet',
    };
    const { settings } = effectiveSettings(load(addresses));
    const shown = Object.fromEntries(settings.map(({ name, value }) => [name, value]));
    expect(JSON.stringify(shown)).not.toContain('hunter2');
    expect(shown['WEBSOCKET_URL']).toBe('wss://node.example/ws?token=[redacted]');
    expect(shown['HYPERLIQUID_API_URL']).toBe('https://node.example/[redacted]/info?apikey=[redacted]');
    expect(load(addresses).settings.HYPERLIQUID_API_URL).toBe(addresses.HYPERLIQUID_API_URL);
  });

  it('shows no secret, in any form', () => {
    const effective = effectiveSettings(loaded);
    const everything = [
      JSON.stringify(effective),
      JSON.stringify(loaded.settings),
      inspect(loaded, { depth: 9 }),
    ];
    for (const text of everything) expect(text).not.toContain('hunter2');
    expect(effective.settings.find(({ name }) => name === 'DATABASE_URL')?.value).toBe(
      'postgres://app:[redacted]@db:5432/trade?sslmode=[redacted]',
    );
  });

  it('hashes what is in force, not where it came from', () => {
    const hash = effectiveSettings(load({ PORT: '9000' })).hash;
    expect(effectiveSettings(load({}, { PORT: '9000' })).hash).toBe(hash);
    expect(effectiveSettings(load({ PORT: '9001' })).hash).not.toBe(hash);
  });

  it('never quotes a secret in a mistake', () => {
    expect(problemsOf({ DATABASE_URL: 'mysql://u:hunter2@h', REDIS_URL: 'hunter2' })).not.toContain(
      'hunter2',
    );
  });
});

describe('schema', () => {
  it('has every name in one group only', () => {
    const names = Object.values(GROUPS).flatMap((group) => Object.keys(group));
    expect(names).toHaveLength(FIELDS.size);
  });

  it('documents every setting', () => {
    const text = configDocument();
    for (const name of FIELDS.keys()) expect(text).toContain(`| \`${name}\` |`);
  });
});

describe('nearestName', () => {
  it('measures edits', () => {
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });

  it('suggests nothing for a stranger', () => {
    expect(nearestName('BATCH_SZE', FIELDS.keys())).toBe('BATCH_SIZE');
    expect(nearestName('PROT', FIELDS.keys())).toBe('PORT');
    expect(nearestName('LOG_DIRECTORY', FIELDS.keys())).toBe('LOG_DIR');
    for (const stranger of ['QQQQQQQQQQ', 'FOO_BAR_BAZ', 'SIMULATOR_WEBSOCKET_FOO', 'SIMULATOR'])
      expect(nearestName(stranger, FIELDS.keys())).toBeUndefined();
    expect(problemsOf({ AUTOTRADE_FOO_BAR_BAZ: '1' })).toContain('AUTOTRADE_FOO_BAR_BAZ is not a setting\n');
  });
});
