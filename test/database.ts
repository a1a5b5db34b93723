/**
 * Databases for tests: each test file (or test) gets a fresh one, cloned from a template with all migrations
 * applied, on a server that is started once per run.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { threadId } from 'node:worker_threads';
import pg from 'pg';
import { inject } from 'vitest';
import { silentLogger } from '../src/runtime/log.ts';
import { Secret } from '../src/runtime/secret.ts';
import { type Database, openDatabase } from '../src/store/database.ts';
import type { Offer, ServerName } from './servers/broker.ts';

/** Asks the runner's process for a server. Rejects if it could not be started. */
async function ask(name: ServerName): Promise<Offer> {
  const socket = connect(inject('serverBroker'), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.write(`${name}\n`);
  await once(socket, 'close');
  const answer = JSON.parse(text) as Offer | { failed: string };
  if ('failed' in answer) throw new Error(`cannot start the test server "${name}": ${answer.failed}`);
  return answer;
}

/** A PostgreSQL server for tests; the connection string is the superuser's. */
export type PostgresServer =
  | { readonly missing: string }
  | {
      readonly name: string;
      readonly url: string;
      readonly template: string;
      readonly owner: string;
      readonly ownerPassword: string;
    };

async function postgresServer(name: 'embedded' | 'external'): Promise<PostgresServer> {
  const offer = await ask(name);
  if ('missing' in offer) return offer;
  const { url, template = '', owner = '', ownerPassword = '' } = offer;
  return { name, url, template, owner, ownerPassword };
}

export const embeddedPostgres = (): Promise<PostgresServer> => postgresServer('embedded');
/** Debian's PostgreSQL, or why it is missing. */
export const externalPostgres = (): Promise<PostgresServer> => postgresServer('external');

/** The system's Redis, emptied; or why it is missing. */
export async function redisServer(): Promise<{ readonly url: string } | { readonly missing: string }> {
  return ask('redis');
}

export interface TestDatabase {
  readonly name: string;
  /** As the owner of the database (not a superuser). */
  readonly url: Secret;
  readonly database: Database;
  /** Closes the pool and drops the database. */
  close(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** Default: the embedded server. */
  readonly server?: PostgresServer;
  /** False gives an empty database. Default true. */
  readonly migrated?: boolean;
}

let count = 0;

/** A fresh database, about 30 ms. Call `close` in afterEach or afterAll. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = options.server ?? (await embeddedPostgres());
  if ('missing' in server) throw new Error(server.missing);
  // Files run in threads of one process, and two may ask in the same millisecond.
  const now = Math.floor(performance.timeOrigin + performance.now());
  const name = `test_${process.pid}_${threadId}_${now}_${count++}`;
  const template = (options.migrated ?? true) ? server.template : 'template1';
  await asSuperuser(server.url, `CREATE DATABASE ${name} OWNER ${server.owner} TEMPLATE ${template}`);
  const url = new URL(server.url);
  url.username = server.owner;
  url.password = server.ownerPassword;
  url.pathname = `/${name}`;
  const secret = new Secret(url.href);
  const database = openDatabase({
    url: secret,
    log: silentLogger,
    applicationName: 'test',
    maxConnections: 8,
  });
  return {
    name,
    url: secret,
    database,
    async close() {
      await database.close();
      await asSuperuser(server.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function asSuperuser(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
