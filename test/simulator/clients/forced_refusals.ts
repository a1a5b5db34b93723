/** Every refusal that the protocol reference knows of, made to happen to one account's next order. */
import { parseAddress } from '../../../src/domain/address.ts';
import { REJECT_REASONS, REJECT_TEXTS } from '../../../src/simulator/venue/reject_reasons.ts';
import { Operator } from '../operator.ts';
import type { VenueWorld } from '../venue_world.ts';

const ACTION_TEXTS: readonly string[] = [
  'Must deposit before performing actions. User: 0x0000000000000000000000000000000000000001',
  'L1 error: User or API Wallet 0x0000000000000000000000000000000000000001 does not exist.',
  'Unable to recover signer.',
  'Mainnet and testnet require different signature.',
  'Invalid nonce: duplicate nonce 1700000000000',
  'Nonce mismatch.',
  'Action already expired',
  'Too many cumulative requests sent (97460 > 97456) for cumulative volume traded $87457.46. Place taker orders to free up 1 request per USDC traded.',
  'Signed action over weight limit of 200.',
  'Vault not registered: 0x0000000000000000000000000000000000000001',
  'Vault may not perform this action',
  'Invalid leverage value',
  'Cannot switch leverage type with open position.',
  'Cross margin is not allowed for this asset.',
  'Extra agent already used.',
  'User has pending agent removal',
  'Builder fee has not been approved',
  'Action disabled when unified account is active',
  'Insufficient balance for withdrawal.',
  'Multi-sig required',
  'Unexpected error (code=148)',
];

/** Also said of single orders, without a status of their own. */
const ITEM_TEXTS: readonly string[] = [
  'Trading is halted.',
  'Order has invalid size.',
  'Order has invalid price.',
  'Order has zero size.',
  'Order price cannot be more than 80% away from the reference price',
  'Only post-only orders allowed immediately after a network upgrade',
  'Cannot modify canceled or filled order',
];

const exactly = (text: string): RegExp => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));

/** Arms each refusal for the account's next order, then lets `attempt` place one and judge what it gets. */
export async function eachRefusal(
  world: VenueWorld,
  user: string,
  attempt: (text: RegExp) => Promise<void>,
): Promise<void> {
  const account = parseAddress(user);
  const { control } = world.venue;
  for (const reason of REJECT_REASONS) {
    control.refuseNext(account, { level: 'order', reason }, 1);
    await attempt(exactly(REJECT_TEXTS[reason]));
  }
  for (const text of ITEM_TEXTS) {
    control.refuseNext(account, { level: 'item', text }, 1);
    await attempt(exactly(text));
  }
  for (const text of ACTION_TEXTS) {
    control.refuseNext(account, { level: 'action', text }, 1);
    await attempt(exactly(text));
  }
}

/** Runs while /info and /exchange answer 502 with an HTML page. */
export async function whileDown(world: VenueWorld, run: () => Promise<void>): Promise<void> {
  const operator = new Operator(world.controlUrl);
  await operator.fault({ kind: 'http-status', status: 502 });
  try {
    await run();
  } finally {
    await operator.clearFaults();
  }
}
