/**
 * `node --import tsx test/proofs/run_machines_proof.ts [seconds away] [seconds together]` (60 and 120 by default): the
 * proof of machines.test.ts at full length, long enough for the weight budget to be used up all the time.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import pg from 'pg';
import { silentLogger } from '../../src/runtime/log.ts';
import { openDatabase } from '../../src/store/database.ts';
import { type Offer, type ServerName, startBroker } from '../servers/broker.ts';
import { namespacesMissing } from './machines.ts';
import { proveMachines } from './machines_proof.ts';

const [away = '60', together = '120'] = process.argv.slice(2);
const missing = namespacesMissing();
if (missing !== undefined) {
  console.error(missing);
  process.exit(2);
}
const broker = await startBroker();
try {
  const report = await proveMachines({
    database: openDatabase({
      url: await freshDatabase(),
      log: silentLogger,
      applicationName: 'proof',
      maxConnections: 8,
    }),
    redisUrl: (await ask('redis')).url,
    seed: `proof-${process.pid}`,
    traders: 600,
    awayMs: Number(away) * 1000,
    togetherMs: Number(together) * 1000,
  });
  const { refused, violations, late, mostWeightInAMinute } = report;
  console.log(JSON.stringify(report));
  process.exitCode = refused + violations + late === 0 && mostWeightInAMinute <= 1200 ? 0 : 1;
} finally {
  await broker.stop();
}
process.exit();

async function ask(name: ServerName): Promise<Exclude<Offer, { missing: string }>> {
  const socket = connect(broker.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.write(`${name}\n`);
  await once(socket, 'close');
  const answer = JSON.parse(text) as Offer | { readonly failed: string };
  if ('failed' in answer) throw new Error(answer.failed);
  if ('missing' in answer) throw new Error(answer.missing);
  return answer;
}

async function freshDatabase(): Promise<string> {
  const { url: superuser, template = '', owner = '', ownerPassword = '' } = await ask('embedded');
  const client = new pg.Client({ connectionString: superuser });
  await client.connect();
  await client.query(`CREATE DATABASE proof OWNER ${owner} TEMPLATE ${template}`);
  await client.end();
  const url = new URL(superuser);
  url.username = owner;
  url.password = ownerPassword;
  url.pathname = '/proof';
  return url.href;
}
