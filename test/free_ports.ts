import { createServer } from 'node:net';

/** Ports of 127.0.0.1 that nobody listens on, different from one another: all are held before any is let go. */
export async function freePorts<const Count extends 1 | 2 | 3>(count: Count): Promise<Ports[Count]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as unknown as Ports[Count];
}

interface Ports {
  1: [number];
  2: [number, number];
  3: [number, number, number];
}
