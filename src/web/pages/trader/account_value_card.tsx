import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo } from 'react';
import { accountValuesQuery } from '../../api/queries.ts';
import { accountValueCurve } from '../../charts/account_value_series.ts';
import { Card } from '../../ui/card.tsx';
import { Empty, Failure, Skeleton } from '../../ui/notice.tsx';

const AccountValueChart = lazy(async () => {
  const { AccountValueChart: chart } = await import('../../charts/account_value_chart.tsx');
  return { default: chart };
});

/** The account's value at each audit, and how far it fell from its peak. */
export function AccountValueCard({ address }: { readonly address: string }) {
  const values = useQuery(accountValuesQuery(address));
  const items = values.data?.items;
  const curve = useMemo(() => (items === undefined ? null : accountValueCurve(items)), [items]);
  return (
    <Card title="Account value and drawdown">
      {curve === null && values.error === null ? <Skeleton lines={10} label="Loading account value" /> : null}
      {curve === null && values.error !== null ? (
        <Failure what="The account value" error={values.error} retry={() => void values.refetch()} />
      ) : null}
      {curve !== null && curve.samples < 2 ? (
        <Empty title={curve.samples === 0 ? 'No audit of this account yet' : 'One audit so far'}>
          Each audit adds a point; the curve begins with the second.
        </Empty>
      ) : null}
      {curve !== null && curve.samples >= 2 ? (
        <Suspense fallback={<Skeleton lines={10} label="Loading the chart" />}>
          <AccountValueChart curve={curve} />
        </Suspense>
      ) : null}
    </Card>
  );
}
