/**
 * The way to the database: one pool per process, transactions, typed errors.
 *
 * Every value of PostgreSQL's int8 arrives as a number and a value beyond 2^53 is an error, never a rounded
 * number; numeric stays a decimal string; bytea is a Buffer.
 */
import pg from 'pg';
import type { Logger } from '../runtime/log.ts';
import { Secret } from '../runtime/secret.ts';
import { StoreError, storeError } from './errors.ts';

export interface QueryResult<Row> {
  readonly rows: Row[];
  /** Rows returned or changed. */
  readonly rowCount: number;
}

/** Anything that runs statements: the database (one connection per statement) or a transaction. */
export interface Queryable {
  /**
   * Runs one statement with $1.. parameters. `name` makes it a prepared statement of that name.
   * @throws StoreError
   */
  query<Row>(text: string, params?: readonly unknown[], name?: string): Promise<QueryResult<Row>>;
}

/** One open transaction on one connection. One statement at a time. */
export interface Transaction extends Queryable {
  /** The driver's connection, for COPY streams only. */
  readonly client: pg.PoolClient;
}

export interface TransactionOptions {
  /** Default READ COMMITTED. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  /**
   * How many times the whole body is run again after a serialization failure or a deadlock (default 0).
   * The body must then have no effect outside its transaction.
   */
  readonly retries?: number;
}

export interface Database extends Queryable {
  /** For query builders; statements through it raise the driver's own errors. */
  readonly pool: pg.Pool;
  /** The connection string, for connections outside the pool (LISTEN, leases). */
  readonly url: Secret;
  /**
   * Runs `body` in a transaction: committed when it resolves, rolled back when it throws.
   * @throws StoreError; `STORE_COMMIT_UNKNOWN` when the connection was lost during COMMIT.
   */
  transaction<T>(body: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Waits for running statements and closes all connections. Safe to call twice. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: Secret | string;
  readonly log: Logger;
  /** Shown in pg_stat_activity: the service's name. */
  readonly applicationName: string;
  /** Connections at most; default 4. */
  readonly maxConnections?: number;
  /** A statement that runs longer is cancelled by the server; default 30,000 ms. */
  readonly statementTimeoutMs?: number;
  /** How long to wait for a free or new connection; default 10,000 ms. */
  readonly connectTimeoutMs?: number;
}

const INT8 = 20;
const INT8_ARRAY = 1016;

/** @throws StoreError `STORE_INTEGER_RANGE` beyond 2^53 - 1. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new StoreError(
      'STORE_INTEGER_RANGE',
      `int8 value ${text} does not fit a number; cast it to text in the query`,
    );
  }
  return value;
}

const parseInt8Array = (text: string): (number | null)[] =>
  text === '{}'
    ? []
    : text
        .slice(1, -1)
        .split(',')
        .map((item) => (item === 'NULL' ? null : parseInt8(item)));

const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary' && oid === INT8) return parseInt8;
    if (format !== 'binary' && oid === INT8_ARRAY) return parseInt8Array;
    return pg.types.getTypeParser(oid, format as 'text');
  }) as pg.CustomTypesConfig['getTypeParser'],
};

/** Options of a single connection outside the pool. */
export function clientConfig(options: DatabaseOptions): pg.ClientConfig {
  const url = options.url instanceof Secret ? options.url.reveal() : options.url;
  return {
    connectionString: url,
    application_name: options.applicationName,
    types: typeParsers,
    keepAlive: true,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    // A server that stopped answering must not hold a caller for ever: a little beyond its own limit.
    query_timeout: (options.statementTimeoutMs ?? 30_000) + 5_000,
    idle_in_transaction_session_timeout: 60_000,
  };
}

async function run<Row>(
  target: pg.Pool | pg.PoolClient,
  text: string,
  params: readonly unknown[] | undefined,
  name: string | undefined,
): Promise<QueryResult<Row>> {
  try {
    const config: pg.QueryConfig = { text };
    if (params !== undefined) config.values = params as unknown[];
    if (name !== undefined) config.name = name;
    const result = await target.query(config);
    return { rows: result.rows as Row[], rowCount: result.rowCount ?? 0 };
  } catch (error) {
    throw storeError(error);
  }
}

/** Opens the pool; connects on first use. */
export function openDatabase(options: DatabaseOptions): Database {
  const url = options.url instanceof Secret ? options.url : new Secret(options.url);
  const pool = new pg.Pool({
    ...clientConfig(options),
    max: options.maxConnections ?? 4,
    idleTimeoutMillis: 60_000,
  });
  let closing: Promise<void> | undefined;
  pool.on('error', (error) => {
    if (closing === undefined) options.log.warn({ error: error.message }, 'database connection lost');
  });
  // The pool listens only while a connection is idle; one that breaks while in use must not crash the process.
  pool.on('connect', (client) => client.on('error', () => undefined));

  return {
    pool,
    url,
    query: (text, params, name) => run(pool, text, params, name),
    transaction: (body, transactionOptions) => transact(pool, body, transactionOptions),
    close() {
      closing ??= pool.end();
      return closing;
    },
  };
}

async function transact<T>(
  pool: pg.Pool,
  body: (tx: Transaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await transactOnce(pool, body, options.isolation);
    } catch (error) {
      const again =
        error instanceof StoreError &&
        (error.code === 'STORE_SERIALIZATION' || error.code === 'STORE_DEADLOCK') &&
        attempt < (options.retries ?? 0);
      if (!again) throw error;
    }
  }
}

async function transactOnce<T>(
  pool: pg.Pool,
  body: (tx: Transaction) => Promise<T>,
  isolation: TransactionOptions['isolation'],
): Promise<T> {
  let client: pg.PoolClient;
  try {
    client = await pool.connect();
  } catch (error) {
    throw storeError(error);
  }
  let broken: Error | undefined;
  try {
    await run(
      client,
      isolation === undefined ? 'BEGIN' : `BEGIN ISOLATION LEVEL ${isolation}`,
      undefined,
      undefined,
    );
    const result = await body({ client, query: (text, params, name) => run(client, text, params, name) });
    await commit(client);
    return result;
  } catch (error) {
    const typed = storeError(error);
    broken = await rollback(client, typed);
    throw typed;
  } finally {
    client.release(broken);
  }
}

async function commit(client: pg.PoolClient): Promise<void> {
  try {
    const { command } = await client.query('COMMIT');
    // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK: a body that swallowed an error.
    if (command !== 'COMMIT') {
      throw new StoreError('STORE_QUERY', 'the transaction had failed before its end and was rolled back');
    }
  } catch (error) {
    const typed = storeError(error);
    if (
      typed instanceof StoreError &&
      (typed.code === 'STORE_CONNECTION' || typed.code === 'STORE_TIMEOUT')
    ) {
      throw new StoreError('STORE_COMMIT_UNKNOWN', `connection lost during COMMIT: ${typed.message}`, {
        cause: error,
      });
    }
    throw typed;
  }
}

/** Leaves the connection clean for the pool, or says why it must be thrown away. */
async function rollback(client: pg.PoolClient, cause: unknown): Promise<Error | undefined> {
  const dead =
    cause instanceof StoreError &&
    (cause.code === 'STORE_CONNECTION' || cause.code === 'STORE_COMMIT_UNKNOWN');
  if (dead) return cause;
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
