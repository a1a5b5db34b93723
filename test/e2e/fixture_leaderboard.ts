/** The leaderboard of the fixture server: made-up standings of its traders. */

import type { z } from 'zod';
import {
  explainQuerySchema,
  type LeaderboardExplanation,
  type LeaderboardItem,
  type LeaderboardPage,
  type LeaderboardProgress,
  leaderboardQuerySchema,
  type RankHistory,
} from '../../src/contract/leaderboard.ts';
import { type FurtherMetric, isFurther } from '../../src/domain/board_metrics.ts';
import { seededRandom } from '../../src/runtime/random.ts';

const TODAY = Math.floor(Date.now() / 86_400_000);
const DAYS = Array.from({ length: 60 }, (_, i) => TODAY - 60 + i);
const LEVELS = ['strong', 'moderate', 'weak', 'none'] as const;
const FOR = [{ code: 'STEADY', text: 'Won in 9 of 11 weeks' }];
const AGAINST = [{ code: 'YOUNG', text: 'Known for 48 days only' }];
const GATES = [{ code: 'DRAWDOWN', text: 'Fell 64 % from a peak; the limit is 60 %' }];

/** A made-up value of a metric that only some answers carry; of every fifth trader it is not known. */
const further = (metric: FurtherMetric, address: string, index: number): number | null =>
  index % 5 === 4 ? null : Math.round(seededRandom(`${metric} ${address}`).next() * 400 - 100) / 100;

function standing(address: string, index: number, metrics: readonly FurtherMetric[] = []): LeaderboardItem {
  const random = seededRandom(address);
  const gated = index % 7 === 6;
  let equity = 1;
  const curve = Array.from({ length: 60 }, () => {
    equity *= 1 + (random.next() - 0.47) / 25;
    return equity;
  });
  return {
    rank: gated ? null : index + 1,
    address,
    days: 60,
    metrics: {
      copyScore: gated ? null : 0.31 - index / 4_000,
      classicScore: 0.4 + random.next() / 2,
      sharpe: 0.2,
      cost: 0.04,
      copyReturn: equity - 1,
      winRate: 0.4 + random.next() * 0.4,
      volume: 1_200_000 * random.next(),
      drawdown: random.next() * 0.7,
      riskRatio: 1.3,
      maxProfit: 4_120.5,
      maxLoss: -1_980.25,
      netPnl: (random.next() - 0.3) * 40_000,
      ageDays: 48 + (index % 200),
      holdMs: 7_260_000,
      equity: 52_000 * random.next(),
      minCapital: 840,
      maxCapital: 120_000 * random.next(),
      copyRatio: index % 5 === 4 ? null : 0.9 * random.next() - 0.1,
      reproduced: gated ? null : 0.97 - index / 100,
      scale: 1_000 / (52_000 * random.next()),
      ...Object.fromEntries(metrics.map((metric) => [metric, further(metric, address, index)])),
    },
    gates: gated ? GATES : [],
    evidence: {
      level: gated ? 'none' : (LEVELS[Math.min(2, Math.floor(index / 8))] ?? 'weak'),
      percentile: gated ? null : 97.94,
      posteriorSharpe: 1.8,
      posteriorDeviation: 0.6,
      positiveMonth: 0.71,
      proven: index < 3,
    },
    reasonsFor: FOR,
    against: AGAINST,
    curve,
  };
}

/** Of a window in which nobody is worth copying. */
const withoutEdge = (item: LeaderboardItem): LeaderboardItem => ({
  ...item,
  metrics: {
    ...item.metrics,
    copyScore: item.metrics.copyScore === null ? null : item.metrics.copyScore - 1,
  },
});

function page(addresses: readonly string[], url: URL): LeaderboardPage {
  const query = leaderboardQuerySchema.parse(Object.fromEntries(url.searchParams));
  const metric = query.sort ?? (query.board === 'copy' ? 'copyScore' : 'classicScore');
  const sign = query.order === 'asc' ? 1 : -1;
  // Seven days rank nobody for followers, as the engine has it.
  const ranked = query.board === 'copy' && query.window === '7d' ? [] : addresses;
  const named = [...(query.metrics ?? []), metric, ...(query.filter ?? []).map((filter) => filter.metric)];
  const all = ranked
    .map((address, index) => standing(address, index, named.filter(isFurther)))
    .map((item) => (query.window === '30d' ? withoutEdge(item) : item))
    .filter((item) =>
      (query.filter ?? []).every((filter) => {
        const value = item.metrics[filter.metric] ?? null;
        return (
          value !== null &&
          value >= (filter.least ?? Number.NEGATIVE_INFINITY) &&
          value <= (filter.most ?? Number.POSITIVE_INFINITY)
        );
      }),
    )
    .sort((a, b) => {
      const [x = null, y = null] = [a.metrics[metric], b.metrics[metric]];
      return x === null || y === null ? Number(x === null) - Number(y === null) : sign * (x - y);
    });
  const from = Number(query.cursor ?? '0');
  const next = from + query.limit;
  return {
    board: query.board,
    window: query.window,
    version: 12,
    computedAt: Date.now() - 41_000,
    ranked: ranked.length,
    items: all.slice(from, next),
    nextCursor: next < all.length ? String(next) : null,
  };
}

/** What copying would be for a follower of these terms. */
const follower = (
  rank: number | null,
  terms: Omit<z.infer<typeof explainQuerySchema>, 'window'>,
): LeaderboardExplanation['follower'] => ({
  equityUsd: terms.equity ?? 1_000,
  takerBp: terms.takerBp ?? 4.5,
  latencyMs: terms.latencyMs ?? 1_500,
  place: rank === null ? null : { rank: rank + 2, of: 640, score: 0.28 },
  scale: (terms.equity ?? 1_000) / 20_000,
  reproduced: 0.871,
  outcome: { gross: 0.31, net: 0.184, fees: 0.06, spread: 0.021, impact: 0.033, delay: 0.012 },
  copyRatio: 0.594,
  curve: [0, 1_000, 3_000, 10_000, 60_000].map((delayMs, i) => ({ delayMs, copyRatio: 0.64 - 0.06 * i })),
});

const MEASURED_DECAY: LeaderboardExplanation['measuredDecay'] = [
  { offsetMs: 1_000, driftBp: 1.5, n: 180 },
  { offsetMs: 3_000, driftBp: 2.25, n: 171 },
  { offsetMs: 10_000, driftBp: 4, n: 96 },
  { offsetMs: 60_000, driftBp: 7.5, n: 24 },
];

function explanation(
  address: string,
  index: number,
  { window, ...terms }: z.infer<typeof explainQuerySchema>,
): LeaderboardExplanation {
  const item = standing(address, index);
  return {
    address,
    window,
    computedAt: Date.now() - 41_000,
    copy: item.rank === null ? null : { rank: item.rank, of: 900, score: 0.3 },
    classic: { rank: index + 4, of: 1_200, score: 0.6 },
    evidence: item.evidence,
    gates: GATES,
    reasonsFor: FOR,
    against: AGAINST,
    history: {
      state: 'truncated',
      completeSince: Date.now() - 90 * 86_400_000,
      through: Date.now(),
      fills: 8_120,
      reconciled: true,
    },
    metrics: {
      winRate: { value: 0.61, absent: null, n: 212 },
      maxDrawdown: { value: 0.64, absent: null, n: 60 },
      minCapital: { value: 840, absent: null, n: 1 },
      maxCapital: { value: 6_400, absent: null, n: 1 },
      calmar: { value: null, absent: 'SHORT_HISTORY', n: 12 },
    },
    series: {
      day: DAYS,
      ownReturn: DAYS.map((day) => ((day * 7) % 11) / 1_000 - 0.004),
      copyReturn: DAYS.map((day) => ((day * 7) % 11) / 1_000 - 0.0045),
      pnlUsd: DAYS.map((day) => ((day * 7) % 11) * 20 - 80),
      equityUsd: DAYS.map(() => 20_000),
    },
    checks: [
      { code: 'DRAWDOWN', passed: false, text: '64 % from the peak in 90 days (at most 60 %)' },
      { code: 'LEVERAGE', passed: true, text: '2.1x in the market (at most 10x)' },
    ],
    follower: follower(item.rank, terms),
    decay: [250, 1_500, 60_000, 600_000].map((delayMs, i) => ({ delayMs, netBp: 6 - 3 * i })),
    measuredDecay: MEASURED_DECAY,
    episodes: Array.from({ length: 20 }, (_, i) => ({
      dex: '',
      coin: i % 3 === 0 ? 'ETH' : 'BTC',
      long: i % 2 === 0,
      openTime: Date.now() - (i + 2) * 7_200_000,
      closeTime: Date.now() - (i + 1) * 7_200_000,
      entryUsd: 1_200 + i,
      netUsd: i % 4 === 0 ? -20.5 : 31.25,
      feesUsd: 1.08,
      fundingUsd: -0.2,
      adds: i % 2,
      fault: i === 5 ? 'gap' : null,
      liquidated: false,
    })),
    entity: {
      members: [
        { address, links: ['twin'], netPnlUsd: 1_200.5, grossUsd: 5_000 },
        { address: `0x${'9'.repeat(40)}`, links: ['twin'], netPnlUsd: null, grossUsd: 4_900 },
      ],
      netPnlUsd: 1_200.5,
      net: [{ dex: '', coin: 'BTC', netUsd: 100, grossUsd: 9_900 }],
      oneSided: 0.01,
    },
  };
}

const ranks = (now: number): RankHistory => ({
  points: [
    { time: now - 7_200_000, rank: null, of: 880, score: null },
    { time: now - 3_600_000, rank: 19, of: 900, score: 0.28 },
  ],
});

const progress = (traders: number): LeaderboardProgress => ({
  traders,
  seeded: 780,
  wanted: 900,
  backfilled: 412,
  judged: 410,
  evidenced: 61,
  perMinute: 18.4,
  expectedMs: 1_590_000,
});

/** Answers everything below /api/v1/leaderboard. */
export function boardAnswer(rows: readonly { readonly address: string }[], url: URL): unknown {
  const addresses = rows.map((row) => row.address).sort();
  const [, address, part] = /^\/api\/v1\/leaderboard\/(0x[0-9a-f]{40})\/(\w+)$/.exec(url.pathname) ?? [];
  if (url.pathname.endsWith('/progress')) return progress(addresses.length);
  if (address === undefined) return page(addresses, url);
  const { board: _, ...asked } = Object.fromEntries(url.searchParams);
  const index = addresses.indexOf(address);
  return part === 'ranks'
    ? ranks(Date.now())
    : explanation(address, Math.max(0, index), explainQuerySchema.parse(asked));
}
