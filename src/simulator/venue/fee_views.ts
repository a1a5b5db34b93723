/** userFees: the schedule and what the account pays today. */
import type * as wire from './answers.ts';
import { wireDecimal, wireUsd } from './arithmetic.ts';
import type { Account, State } from './state.ts';

const DAY_MS = 86_400_000;
/** Fractions of 1e-9 as the venue prints them, without padding. */
const rate = (e9: number): string => wireDecimal(e9, 9);

const SPOT_TIERS: readonly (readonly [string, string])[] = [
  ['0.0007', '0.0004'],
  ['0.0006', '0.0003'],
  ['0.0005', '0.0002'],
  ['0.0004', '0.0001'],
  ['0.00035', '0.0'],
  ['0.0003', '0.0'],
  ['0.00025', '0.0'],
];

const STAKING: readonly (readonly [string, string])[] = [
  ['0.0', '0.0'],
  ['0.0001', '0.05'],
  ['0.001', '0.1'],
  ['0.01', '0.15'],
  ['0.1', '0.2'],
  ['1.0', '0.3'],
  ['5.0', '0.4'],
];

function schedule(s: State): wire.WireUserFees['feeSchedule'] {
  const { tiers, rebates } = s.rules.fees;
  const first = tiers[0];
  return {
    cross: rate(first?.takerE9 ?? 0),
    add: rate(first?.makerE9 ?? 0),
    spotCross: '0.0007',
    spotAdd: '0.0004',
    tiers: {
      vip: tiers.slice(1).map((t, i) => ({
        ntlCutoff: wireDecimal(t.volume / 1e6, 0),
        cross: rate(t.takerE9),
        add: rate(t.makerE9),
        spotCross: SPOT_TIERS[i + 1]?.[0] ?? '0.00025',
        spotAdd: SPOT_TIERS[i + 1]?.[1] ?? '0.0',
      })),
      mm: rebates.map(([shareE4, makerE9]) => ({
        makerFractionCutoff: wireDecimal(shareE4, 4),
        add: rate(makerE9),
      })),
    },
    referralDiscount: wireDecimal(s.rules.fees.referralDiscountE2, 2),
    stakingDiscountTiers: STAKING.map(([bpsOfMaxSupply, discount]) => ({ bpsOfMaxSupply, discount })),
  };
}

/** Fifteen UTC days, oldest first, today last. */
function dailyVolumes(s: State, account: Account | undefined): wire.WireUserFees['dailyUserVlm'] {
  const today = Math.floor(s.time / DAY_MS);
  const rows: wire.WireUserFees['dailyUserVlm'] = [];
  for (let day = today - 14; day <= today; day++) {
    const own = account?.volumeDays.find((d) => d.day === day);
    const exchange = s.exchangeVolume.find((d) => d.day === day);
    rows.push({
      date: new Date(day * DAY_MS).toISOString().slice(0, 10),
      userCross: wireUsd(own?.taker ?? 0),
      userAdd: wireUsd(own?.maker ?? 0),
      exchange: wireUsd(exchange?.taker ?? 0),
    });
  }
  return rows;
}

export function feesView(s: State, account: Account | undefined): wire.WireUserFees {
  const first = s.rules.fees.tiers[0];
  const referred = account?.referrer != null && account.referrer.account !== account;
  return {
    dailyUserVlm: dailyVolumes(s, account),
    feeSchedule: schedule(s),
    userCrossRate: rate(account?.takerE9 ?? first?.takerE9 ?? 0),
    userAddRate: rate(account?.makerE9 ?? first?.makerE9 ?? 0),
    userSpotCrossRate: '0.0007',
    userSpotAddRate: '0.0004',
    activeReferralDiscount: referred ? wireDecimal(s.rules.fees.referralDiscountE2, 2) : '0.0',
    trial: null,
    feeTrialEscrow: '0.0',
    nextTrialAvailableTimestamp: null,
    stakingLink: null,
    activeStakingDiscount: { bpsOfMaxSupply: '0.0', discount: '0.0' },
  };
}
