/**
 * The venue's public leaderboard as a file: every larger account with its value and what it made. Undocumented: it may
 * move or refuse at any time, so nothing may depend on it. It is on another host and costs no weight.
 */
import { z } from 'zod';
import { AppError, errorMessage } from '../runtime/errors.ts';

const URLS = {
  mainnet: 'https://stats-data.hyperliquid.xyz/Mainnet/leaderboard',
  testnet: 'https://stats-data.hyperliquid.xyz/Testnet/leaderboard',
} as const;
/** It had 39 MB when last seen. */
const MOST_BYTES = 256 * 1024 * 1024;

const performanceSchema = z.object({ roi: z.string().max(64), vlm: z.string().max(64) });
const fileSchema = z.object({
  leaderboardRows: z.array(
    z.object({
      ethAddress: z.string().max(64),
      accountValue: z.string().max(64),
      windowPerformances: z.array(z.tuple([z.string().max(32), performanceSchema])),
    }),
  ),
});

/** One account of the file. Plain statistics, only good for an order. */
export interface LeaderboardHint {
  /** 0x and 40 hex digits, lower case. */
  readonly address: string;
  readonly accountValueUsd: number;
  readonly monthVolumeUsd: number;
  /** Fraction. */
  readonly monthReturn: number;
}

/** @throws AppError `LEADERBOARD_FILE` whatever the reason. */
export async function fetchLeaderboardFile(
  network: keyof typeof URLS,
  signal: AbortSignal,
  url: string = URLS[network],
): Promise<LeaderboardHint[]> {
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    if (Number(response.headers.get('content-length') ?? '0') > MOST_BYTES)
      throw new Error('it is too large');
    return hintsOf(fileSchema.parse(await response.json()));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new AppError('LEADERBOARD_FILE', `no leaderboard file: ${errorMessage(error).slice(0, 300)}`, {
      cause: error,
    });
  }
}

function hintsOf(file: z.infer<typeof fileSchema>): LeaderboardHint[] {
  const hints: LeaderboardHint[] = [];
  for (const { ethAddress, accountValue, windowPerformances } of file.leaderboardRows) {
    const month = windowPerformances.find(([name]) => name === 'month')?.[1];
    const hint = {
      address: ethAddress.toLowerCase(),
      accountValueUsd: Number(accountValue),
      monthVolumeUsd: Number(month?.vlm ?? 0),
      monthReturn: Number(month?.roi ?? 0),
    };
    const numbers = [hint.accountValueUsd, hint.monthVolumeUsd, hint.monthReturn];
    if (/^0x[0-9a-f]{40}$/.test(hint.address) && numbers.every(Number.isFinite)) hints.push(hint);
  }
  return hints;
}
