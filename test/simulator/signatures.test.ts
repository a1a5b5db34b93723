/** Which network's signatures the exchange accepts, from the setting to the answer. */
import { signL1Action, signUserSignedAction } from '@nktkas/hyperliquid/signing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start } from '../../src/main/roles/simulator.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { loadSettings } from '../../src/runtime/config/load.ts';
import type { RunningRole } from '../../src/runtime/lifecycle.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { freePorts } from '../free_ports.ts';
import { until } from '../until.ts';
import { info, post } from './client.ts';
import { testAccount } from './clients/driver.ts';
import { Operator } from './operator.ts';

const account = testAccount(0x5e);
const USD_SEND = {
  'HyperliquidTransaction:UsdSend': [
    { name: 'hyperliquidChain', type: 'string' },
    { name: 'destination', type: 'string' },
    { name: 'amount', type: 'string' },
    { name: 'time', type: 'uint64' },
  ],
};
let nonce = Date.now();

describe.each([
  ['mainnet', 'testnet'],
  ['testnet', 'mainnet'],
] as const)('SIMULATOR_SIGNATURES=%s', (accepted, other) => {
  let role: RunningRole;
  let url: string;
  beforeAll(async () => {
    const [port, control] = await freePorts(2);
    const environment = {
      NETWORK: 'simulator',
      SIMULATOR_PORT: String(port),
      SIMULATOR_CONTROL_PORT: String(control),
      SIMULATOR_TRADERS: '0',
      SIMULATOR_TRADES_PER_SECOND: '0.1',
      SIMULATOR_SIGNATURES: accepted,
    };
    const { settings } = loadSettings({ file: {}, environment }, ['simulator']);
    const random = seededRandom('signatures');
    role = await start({ config: settings, clock: systemClock, random, log: silentLogger });
    url = `http://127.0.0.1:${port}`;
    const operator = new Operator(`http://127.0.0.1:${control}`);
    await operator.lever('deposit', { user: account.address, usd: 100 });
    const known = () => info<{ role: string }>(url, { type: 'userRole', user: account.address });
    await until(async () => (await known()).role === 'user');
  });
  afterAll(() => role.stop());

  const answerTo = async (envelope: object) => {
    const { response } = JSON.parse((await post(url, '/exchange', envelope)).text) as { response: unknown };
    return response;
  };

  it('knows the signer of an action for that network alone', async () => {
    const noop = async (network: string) => {
      const action = { type: 'noop' };
      const isTestnet = network === 'testnet';
      const signed = { wallet: account as never, action, nonce: ++nonce, isTestnet };
      return answerTo({ action, nonce, signature: await signL1Action(signed) });
    };
    expect(await noop(accepted)).toEqual({ type: 'default' });
    expect(await noop(other)).toMatch(/^User or API Wallet 0x[0-9a-f]{40} does not exist\.$/);
  });

  it('says so when a transfer names the other one', async () => {
    const transfer = async (hyperliquidChain: string) => {
      const action = {
        type: 'usdSend',
        signatureChainId: '0x66eee' as const,
        hyperliquidChain,
        destination: `0x${'5f'.repeat(20)}`,
        amount: '1',
        time: ++nonce,
      };
      const signed = { wallet: account as never, action, types: USD_SEND };
      return answerTo({ action, nonce, signature: await signUserSignedAction(signed) });
    };
    const chainOf = { mainnet: 'Mainnet', testnet: 'Testnet' };
    expect(await transfer(chainOf[accepted])).toEqual({ type: 'default' });
    expect(await transfer(chainOf[other])).toBe('Mainnet and testnet require different signature.');
  });
});
