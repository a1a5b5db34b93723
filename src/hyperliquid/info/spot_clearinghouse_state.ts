import type { z } from 'zod';
import type { Address } from '../../domain/address.ts';
import { spotClearinghouseStateSchema } from '../wire/account.ts';
import type { InfoRequest } from './request.ts';

export type WireSpotState = z.infer<typeof spotClearinghouseStateSchema>;
type Balance = WireSpotState['balances'][number];

/** Token 0 is USDC. */
const isUsdc = (balance: Balance): boolean =>
  balance.token === 0 || (balance.token === undefined && balance.coin === 'USDC');

/** USDC balance, as the venue wrote it. */
export const usdcOf = ({ balances }: WireSpotState): string => balances.find(isUsdc)?.total ?? '0';

/** Whether anything but USDC is held. */
export const holdsOthers = ({ balances }: WireSpotState): boolean =>
  balances.some((balance) => !isUsdc(balance) && Number(balance.total) !== 0);

/** Spot balances; for unified accounts this is where equity and holds are. */
export const spotClearinghouseState = (user: Address): InfoRequest<WireSpotState> => ({
  body: { type: 'spotClearinghouseState', user },
  schema: spotClearinghouseStateSchema,
  weight: 2,
});
