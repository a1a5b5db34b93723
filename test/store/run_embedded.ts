/** A process that owns an embedded server: prints {"pid","port"} when ready, stops it on SIGTERM. */
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { startEmbeddedPostgres } from '../../src/store/embedded/launcher.ts';

const [dataDir = ''] = process.argv.slice(2);
try {
  const server = await startEmbeddedPostgres({
    dataDir,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
  });
  process.on('SIGTERM', () => void server.stop().then(() => process.exit(0)));
  process.stdout.write(
    `${JSON.stringify({ pid: server.pid, port: server.port, url: server.url.reveal() })}\n`,
  );
} catch (error) {
  process.stdout.write(
    `${JSON.stringify({ code: (error as { code?: string }).code, message: String(error) })}\n`,
  );
  process.exit(1);
}
