/** The stream role in a process of its own. Gets database and venue over IPC, says when every coin is subscribed. */
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { openDatabase } from '../../src/store/database.ts';
import { startLeader } from '../../test/stream/start_leader.ts';
import { COINS } from '../ingest/frames.ts';

export interface StreamStart {
  readonly databaseUrl: string;
  /** host:port */
  readonly venue: string;
}

async function stream({ databaseUrl, venue }: StreamStart): Promise<void> {
  const database = openDatabase({
    url: new Secret(databaseUrl),
    log: silentLogger,
    applicationName: 'stream',
  });
  const { leader } = await startLeader(database, {
    url: `http://${venue}`,
    websocketUrl: `ws://${venue}/ws`,
  });
  const check = systemClock.every(20, () => {
    const { coins, connections } = leader.feed.status();
    if (coins < COINS || connections.some((one) => one.confirmed < one.coins)) return;
    check.cancel();
    process.send?.('ready');
  });
}

process.once('message', (start: StreamStart) => void stream(start));
process.on('disconnect', () => process.exit(0));
