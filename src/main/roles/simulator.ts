/** Role `simulator`: the venue when NETWORK=simulator. Maps settings to the simulator's options. */
import type { Settings } from '../../runtime/config/groups.ts';
import type { StartRole } from '../../runtime/lifecycle.ts';
import { type SimulatorOptions, startSimulator } from '../../simulator/simulator.ts';

const HOST = '127.0.0.1';

function sourceOf(config: Settings<'simulator'>): SimulatorOptions['source'] {
  if (config.SIMULATOR_REPLAY !== undefined)
    return {
      kind: 'replay',
      path: config.SIMULATOR_REPLAY,
      speed: config.SIMULATOR_REPLAY_SPEED,
      times: config.SIMULATOR_REPLAY_TIMES,
    };
  return {
    kind: config.SIMULATOR_MARKET,
    seed: config.SIMULATOR_SEED,
    tradesPerSecond: config.SIMULATOR_TRADES_PER_SECOND,
    network: config.SIMULATOR_SIGNATURES,
    ...(config.SIMULATOR_TRADERS === 0
      ? {}
      : { population: { traders: config.SIMULATOR_TRADERS, days: config.SIMULATOR_HISTORY_DAYS } }),
  };
}

export const start: StartRole<Settings<'simulator'>> = async ({ config, clock, log }) => {
  const server = await startSimulator({
    host: HOST,
    port: config.SIMULATOR_PORT,
    source: sourceOf(config),
    clock,
    log,
    limits: {
      restWeight: config.SIMULATOR_REST_WEIGHT_PER_MINUTE,
      restWindow: config.SIMULATOR_REST_WINDOW,
      connections: config.SIMULATOR_WEBSOCKET_CONNECTIONS,
      subscriptions: config.SIMULATOR_WEBSOCKET_SUBSCRIPTIONS,
      users: config.SIMULATOR_WEBSOCKET_USERS,
      newConnectionsPerMinute: config.SIMULATOR_WEBSOCKET_CONNECTS_PER_MINUTE,
      messagesPerMinute: config.SIMULATOR_WEBSOCKET_MESSAGES_PER_MINUTE,
      pendingPosts: config.SIMULATOR_WEBSOCKET_POSTS,
    },
    ...(config.SIMULATOR_ARCHIVE === undefined ? {} : { archivePath: config.SIMULATOR_ARCHIVE }),
    ...(config.SIMULATOR_RECORD === undefined ? {} : { recordPath: config.SIMULATOR_RECORD }),
    ...(config.SIMULATOR_CONTROL_PORT === 0
      ? {}
      : { control: { port: config.SIMULATOR_CONTROL_PORT, seed: config.SIMULATOR_SEED } }),
  });
  log.info(
    { url: server.url, control: server.controlUrl, websocket: server.websocketUrl },
    'simulated exchange serves',
  );
  return { stop: () => server.close() };
};
