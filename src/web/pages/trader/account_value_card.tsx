import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState } from 'react';
import type { AccountValue } from '../../../contract/account_value.ts';
import { accountValueQuery } from '../../api/queries.ts';
import { accountValueCurve } from '../../charts/account_value_series.ts';
import { Card } from '../../ui/card.tsx';
import { Select } from '../../ui/choices.tsx';
import { Empty, Failure, Skeleton } from '../../ui/notice.tsx';

const AccountValueChart = lazy(async () => {
  const { AccountValueChart: chart } = await import('../../charts/account_value_chart.tsx');
  return { default: chart };
});

const dexName = (dex: string): string => (dex === '' ? 'First dex' : `Dex ${dex}`);

function Curve({ points }: { readonly points: AccountValue['series'][number]['points'] }) {
  const curve = useMemo(() => accountValueCurve(points), [points]);
  if (curve.samples < 2) {
    return (
      <Empty title={curve.samples === 0 ? 'No audit of this account yet' : 'One audit so far'}>
        Each audit adds a point; the curve begins with the second.
      </Empty>
    );
  }
  return (
    <Suspense fallback={<Skeleton lines={10} label="Loading the chart" />}>
      <AccountValueChart curve={curve} />
    </Suspense>
  );
}

/** The account's value at each audit, and how far it fell from its peak. Each dex has a margin account of its own, or the account one for all. */
export function AccountValueCard({ address }: { readonly address: string }) {
  const value = useQuery(accountValueQuery(address));
  const [dex, setDex] = useState<string | null>(null);
  const series = value.data?.series;
  const shown = series?.find((one) => one.dex === dex) ?? series?.[0];
  const choices = (series ?? []).map((one) => ({ value: one.dex, label: dexName(one.dex) }));
  return (
    <Card
      title="Account value and drawdown"
      note={shown?.covers === 'account' ? 'all dexs, last 30 days' : 'last 30 days'}
      actions={
        choices.length > 1 && shown !== undefined ? (
          <Select label="Dex" value={shown.dex} choices={choices} onChange={setDex} />
        ) : undefined
      }
    >
      {series === undefined && value.error === null ? (
        <Skeleton lines={10} label="Loading account value" />
      ) : null}
      {series === undefined && value.error !== null ? (
        <Failure what="The account value" error={value.error} retry={() => void value.refetch()} />
      ) : null}
      {series === undefined ? null : <Curve points={shown?.points ?? NO_POINTS} />}
    </Card>
  );
}

const NO_POINTS: AccountValue['series'][number]['points'] = [];
