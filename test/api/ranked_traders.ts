/** Made-up traders on published boards, as the API finds them in a database. */
import type { Features } from '../../src/ranking/features.ts';
import { Leaderboard } from '../../src/ranking/leaderboard.ts';
import { noteLeaderboard, publicationOf } from '../../src/ranking/publication.ts';
import { leaderboardRow, windowNumber } from '../../src/ranking/standings.ts';
import type { Database } from '../../src/store/database.ts';
import { publishBoards, writeLeaderboardRows } from '../../src/store/leaderboard.ts';
import { prepareRankHistory } from '../../src/store/rank_history.ts';

export const TRADERS = 120;
export const NOW = Date.UTC(2026, 6, 1);

export const addressOf = (id: number): string => `0x${id.toString(16).padStart(40, '0')}`;

/** Sums of every trader's window. */
const TOTALS = {
  days: 80,
  gains: 1,
  losses: 0.4,
  turnover: 160,
  slippage: 0.03,
  impact: 0.02,
  holdMs: 36e5,
};

/** Trader k is the better the larger k is; every tenth has too little history. */
function featuresOf(k: number): Features {
  const fine: Record<string, number> = {
    activeDays: k % 10 === 0 ? 3 : 60,
    episodes: 50,
    idleMs: 0,
    reconciled: 1,
    complete: 1,
    medianEquityUsd: 10_000,
    equityUsd: 10_000,
    holdMs: 36e5,
    fastWinShare: 0,
    makerRatio: 0.1,
    costDrag: 0.5,
    stressedT: 1,
    winRate: 0.4 + k / 1000,
    payoff: 1.5,
    losses: 20,
    loserAddShare: 0,
    maxLoserAdds: 0,
    openLoss: 0,
    leverageInMarket: 2,
    leverageHigh: 4,
    liquidationAgeMs: Number.NaN,
    liquidationsEver: 0,
    drawdown90: 0.1,
    washShare: 0,
    netBpOfVolume: 5,
    ring: 0,
    hedged: 0,
    bestDayShare: 0.2,
    withoutBestTwo: 0.1,
    marketR2: 0.1,
    capacityShare: Number.NaN,
    copyTurnover: 2,
    copyGain: 0.01,
    copyGainSquare: 0.0003,
    copySpread: 0.03,
    copyImpact: 0.0002,
    copyGross: 0.02,
    quarterCapitalUsd: 2 * k,
    halfCapitalUsd: 4 * k,
    mostCapitalUsd: 7 * k,
    minCapitalUsd: 10 * k,
    maxCapitalUsd: Number.NaN,
    days: 80,
    costSharpe: 0.01,
    sharpe: k / 400,
    sharpeVariance: 0.01,
    sharpeWithoutBest: k / 500,
    sharpeWithoutBestVariance: 0.01,
    copyReturn: k / 100,
    volumeUsd: 1000 * k,
    maxDrawdown: 0.1,
    riskRatio: 1.5,
    maxProfitUsd: 100,
    maxLossUsd: -50,
    ageDays: 80,
    netPnlUsd: k,
  };
  return fine as unknown as Features;
}

/** Traders of every seventh have no Sortino ratio; all others another one each, some below zero. */
export const sortinoOf = (k: number): number | null => (k % 7 === 0 ? null : ((k * 37) % 121) / 8 - 3);
const stored = (value: number | null) => ({ value, absent: value === null ? 'NO_DOWNSIDE' : null, n: 40 });

/** Metrics that are not in the published bytes. */
const metricsOf = (k: number, version: number) => ({
  winRate: stored(0.5),
  sortino: stored(sortinoOf(k)),
  sharpe: stored(k / 10),
  blowUps: stored(version),
  liquidations: stored(version),
});

/** Publishes all traders on both boards of every window. */
export async function publish(database: Database, version: number): Promise<void> {
  const board = new Leaderboard(200);
  for (let k = 1; k <= TRADERS; k++)
    for (const window of board.boards.keys()) board.set(k, window, featuresOf(k));
  board.rank();
  await prepareRankHistory(database, NOW);
  await database.transaction(async (tx) => {
    for (const window of board.boards.keys()) {
      const rows = Array.from({ length: TRADERS }, (_, i) => {
        const gates = i % 10 === 9 ? [{ code: 'HISTORY', text: '3 active days of 30 needed' }] : [];
        return leaderboardRow(
          {
            traderId: i + 1,
            windowDays: windowNumber(window),
            recordVersion: 1,
            asOfDay: 1,
            computedAt: NOW,
          },
          {
            features: featuresOf(i + 1),
            explanation: {
              gates,
              reasonsFor: [{ code: 'sharpe', text: 'good' }],
              against: [],
              totals: TOTALS,
            },
            metrics: metricsOf(i + 1, version),
          },
        );
      });
      await writeLeaderboardRows(tx, rows);
    }
    await noteLeaderboard(tx, board, NOW + version - 1);
    await publishBoards(tx, publicationOf(board, { version, watermark: `w${version}`, now: NOW }));
  });
}

/** Before anything is published of them. */
export const insertTraders = (database: Database) =>
  database.query(
    `INSERT INTO traders SELECT id, decode(lpad(to_hex(id), 40, '0'), 'hex'), 0, $1, 1, 1, 1, 1, NULL
     FROM generate_series(1, $2::int8) AS id`,
    [NOW, TRADERS],
  );
