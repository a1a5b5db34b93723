/** HTTP as bytes on a socket, where a client library would refuse to send the case or hide the answer. */
import { once } from 'node:events';
import { connect } from 'node:net';

/** Sends bytes, returns everything that comes back until the server closes. */
export async function rawRequest(port: number, text: string, address = '127.0.0.1'): Promise<string> {
  const socket = connect(port, address);
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

export const plain = (lineOne: string, headers: Record<string, string>, body = '') =>
  `${[lineOne, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\nConnection: close\r\n\r\n${body}`;
