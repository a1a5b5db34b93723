// A stand-in for a role, that behaves as its name says. Speaks the manager's protocol itself, so that it depends on
// nothing that it helps to test.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const [name = ''] = process.argv.slice(2);
const [behaviour] = name.split('-');
const send = (message) => process.connected && process.send(message, undefined, undefined, () => {});
const alive = setInterval(
  () => send({ type: 'status', rssBytes: process.memoryUsage.rss(), eventLoopLagMs: 0 }),
  500,
);

/** Ends when asked, or when the manager is gone. */
function obey() {
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
  process.on('disconnect', () => process.exit(0));
}

/** Ignores every signal that can be ignored, and the loss of the manager. */
function ignore() {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => {});
  process.on('disconnect', () => {});
  setInterval(() => {}, 1_000);
}

switch (behaviour) {
  case 'crash':
    console.error('Error: cannot go on');
    process.exit(3);
    break;
  case 'misconfigured':
    send({ type: 'fatal', message: 'PORT must be a number' });
    console.error('PORT must be a number');
    process.exit(78);
    break;
  case 'stubborn':
    ignore();
    spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], {
      stdio: 'inherit',
    });
    send({ type: 'ready' });
    break;
  case 'lingering':
    // Holds its port for as long as nobody asks it to end, also without a manager.
    process.on('SIGTERM', () => process.exit(0));
    process.on('disconnect', () => {});
    createServer().listen(Number(process.env.PORT), '127.0.0.1', () => send({ type: 'ready' }));
    break;
  case 'silent':
    obey();
    clearInterval(alive);
    send({ type: 'ready' });
    break;
  default:
    obey();
    console.log(`${name} is here`);
    send({ type: 'ready' });
}
