/** The API server of the fanout bench, in a process of its own. Gets the database over IPC, gives port and token. */
import { createApiToken } from '../../src/api/access.ts';
import { startApiServer } from '../../src/api/server.ts';
import { BoardSnapshot } from '../../src/ranking/snapshot.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { openDatabase } from '../../src/store/database.ts';
import { listenNews } from '../../src/store/news.ts';

const UNLIMITED = { burst: 1_000_000, perSecond: 1_000_000 };

async function serve(databaseUrl: string): Promise<void> {
  const url = new Secret(databaseUrl);
  const shared = { clock: systemClock, random: systemRandom, log: silentLogger };
  const db = openDatabase({ url, log: silentLogger, applicationName: 'api' });
  const news = listenNews({ url, applicationName: 'api news', ...shared });
  const api = await startApiServer({
    ...shared,
    db,
    news,
    identity: { version: 'bench', network: 'simulator', world: 'bench', host: 'bench' },
    instance: 'api',
    worldCreatedAt: systemClock.now(),
    host: '127.0.0.1',
    openBoard: (bytes) => new BoardSnapshot(bytes),
    port: 0,
    limits: {
      perAddress: UNLIMITED,
      maxConnections: 10_000,
      maxUpdateClients: 10_000,
      maxUpdateClientsPerCaller: 10_000,
    },
  });
  const token = await createApiToken(db, systemClock, { name: 'bench', role: 'viewer' });
  process.send?.({ port: api.port, token: token.reveal() });
}

process.once('message', (databaseUrl: string) => void serve(databaseUrl));
process.on('disconnect', () => process.exit(0));
