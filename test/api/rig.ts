/** An API server on a fresh database, with people and programs that may use it. */
import { createApiToken, createSignInLink } from '../../src/api/access.ts';
import { type ApiServer, type ApiServerOptions, startApiServer } from '../../src/api/server.ts';
import { BoardSnapshot } from '../../src/ranking/snapshot.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { listenNews, type NewsListener } from '../../src/store/news.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

export interface ApiRig {
  readonly api: ApiServer;
  readonly test: TestDatabase;
  /** A viewer's token. */
  readonly token: string;
  /** Any method with the viewer's token. */
  call(method: string, path: string): Promise<Response>;
  /** GET with the viewer's token. */
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Signs in as a browser does; the cookie to send. */
  signIn(): Promise<string>;
  close(): Promise<void>;
}

export type RigOptions = Partial<
  Pick<
    ApiServerOptions,
    'host' | 'limits' | 'log' | 'webRoot' | 'publicUrls' | 'trustedProxies' | 'managerFile'
  >
>;

export async function startApi(options: RigOptions = {}): Promise<ApiRig> {
  const test = await createTestDatabase();
  const news: NewsListener = listenNews({
    url: test.url,
    applicationName: 'api-test',
    log: silentLogger,
    clock: systemClock,
    random: systemRandom,
  });
  const api = await startApiServer({
    db: test.database,
    news,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    identity: { version: '0.0.0', network: 'simulator', world: 'test', host: 'here' },
    instance: 'api',
    worldCreatedAt: systemClock.now(),
    host: '127.0.0.1',
    port: 0,
    checkAnswers: true,
    openBoard: (bytes) => new BoardSnapshot(bytes),
    ...options,
  });
  const token = (await createApiToken(test.database, systemClock, { name: 'test', role: 'viewer' })).reveal();
  return {
    api,
    test,
    token,
    call: (method, path) => fetch(api.url + path, { method, headers: { authorization: `Bearer ${token}` } }),
    get: (path, headers = {}) =>
      fetch(api.url + path, { headers: { authorization: `Bearer ${token}`, ...headers } }),
    async signIn() {
      const { url } = await createSignInLink(test.database, systemClock, { baseUrl: api.url });
      const response = await fetch(`${api.url}/api/v1/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: api.url },
        body: JSON.stringify({ code: new URL(url.reveal()).hash.slice(1) }),
      });
      if (response.status !== 200) throw new Error(`cannot sign in: ${await response.text()}`);
      return (response.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
    },
    async close() {
      await api.stop();
      await news.close();
      await test.close();
    },
  };
}
