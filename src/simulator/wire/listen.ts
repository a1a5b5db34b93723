/** Opens a port, or says in words which one is taken. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../../runtime/errors.ts';

/**
 * @param port 0 picks a free one
 * @param setting that names the port, for the message
 * @returns the port that it listens on
 * @throws ConfigError PORT_IN_USE
 */
export function listen(server: Server, port: number, host: string, setting: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new ConfigError(
              'PORT_IN_USE',
              `port ${port} on ${host} is in use; stop the other program or set ${setting}`,
            )
          : error,
      ),
    );
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
