// A stream leader as a process of its own, to be killed. Arguments: database URL, venue URL, WebSocket URL.
import { silentLogger } from '../../src/runtime/log.ts';
import { openDatabase } from '../../src/store/database.ts';
import { startLeader } from './start_leader.ts';

const [databaseUrl = '', url = '', websocketUrl = ''] = process.argv.slice(2);
const database = openDatabase({ url: databaseUrl, log: silentLogger, applicationName: 'stream under test' });
const { leader, stop } = await startLeader(database, { url, websocketUrl });
process.stdout.write('leading\n');
process.on('SIGTERM', () => {
  void stop().then(() => process.exit(0));
});
await leader.ended;
