/** Databases for proofs that run as commands, outside the test runner. */
import { once } from 'node:events';
import { connect } from 'node:net';
import pg from 'pg';
import { silentLogger } from '../../src/runtime/log.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { type Offer, startBroker } from '../servers/broker.ts';

export interface ProofDatabases {
  /** A migrated database of its own; dropped by `close`. */
  open(name: string): Promise<{ readonly database: Database; readonly url: Secret; close(): Promise<void> }>;
  stop(): Promise<void>;
}

export async function startProofDatabases(): Promise<ProofDatabases> {
  const broker = await startBroker();
  const { url: superuser, template = '', owner = '', ownerPassword = '' } = await embedded(broker.port);
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: superuser });
    client.on('error', () => undefined);
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  return {
    async open(name) {
      await run(`CREATE DATABASE ${name} OWNER ${owner} TEMPLATE ${template}`);
      const address = new URL(superuser);
      address.username = owner;
      address.password = ownerPassword;
      address.pathname = `/${name}`;
      const url = new Secret(address.href);
      const database = openDatabase({ url, log: silentLogger, applicationName: 'proof', maxConnections: 8 });
      const close = async () => {
        await database.close();
        await run(`DROP DATABASE ${name} WITH (FORCE)`);
      };
      return { database, url, close };
    },
    stop: () => broker.stop(),
  };
}

async function embedded(port: number): Promise<Exclude<Offer, { missing: string }>> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.write('embedded\n');
  await once(socket, 'close');
  const answer = JSON.parse(text) as Offer | { readonly failed: string };
  if ('failed' in answer) throw new Error(answer.failed);
  if ('missing' in answer) throw new Error(answer.missing);
  return answer;
}
