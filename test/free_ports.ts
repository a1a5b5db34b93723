import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Ports of 127.0.0.1 that nobody listens on, different from one another: all are held before any is let go. They are
 * none of those that the system gives to whoever asks for any port, nor the embedded database's: until the program
 * that they are for listens on them, some other test would be given them now and then.
 */
export async function freePorts<const Count extends 1 | 2 | 3>(count: Count): Promise<Ports[Count]> {
  const servers = await Promise.all(Array.from({ length: count }, hold));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as unknown as Ports[Count];
}

async function hold(): Promise<Server> {
  for (;;) {
    const server = createServer();
    const port = randomInt(10_000, 20_000);
    const held = await new Promise<boolean>((resolve) => {
      server.on('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (held) return server;
  }
}

interface Ports {
  1: [number];
  2: [number, number];
  3: [number, number, number];
}
