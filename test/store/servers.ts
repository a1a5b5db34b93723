import { embeddedPostgres, externalPostgres, type PostgresServer } from '../database.ts';

type Present = Exclude<PostgresServer, { missing: string }>;

/** Both columns of the contract: the embedded server and the operating system's. */
export async function contractServers(): Promise<{ name: string; server: Present }[]> {
  const found: { name: string; server: Present }[] = [];
  for (const server of [await embeddedPostgres(), await externalPostgres()]) {
    if ('missing' in server)
      process.stdout.write(`skipped a column of the store contract: ${server.missing}\n`);
    else found.push({ name: server.name, server });
  }
  return found;
}
