import { lazy, Suspense } from 'react';
import type { Weight } from '../../../contract/stats.ts';
import { history } from '../../live/feed.ts';
import { usePart } from '../../live/store.ts';
import { Card } from '../../ui/card.tsx';
import { Skeleton } from '../../ui/notice.tsx';
import { WeightTable } from '../../ui/weight_table.tsx';

const WeightChart = lazy(async () => {
  const { WeightChart: chart } = await import('../../charts/weight_chart.tsx');
  return { default: chart };
});

/** Weight of each egress IP: now, and over the last minutes. */
export function WeightCard({ weights }: { readonly weights: readonly Weight[] | undefined }) {
  const samples = usePart(history, (past) => past.weights);
  return (
    <Card title="API weight by lane" note="window of 60 s">
      <WeightTable weights={weights} />
      {(weights ?? []).map((weight) => (
        <Suspense key={weight.egress} fallback={<Skeleton lines={5} label="Loading the chart" />}>
          <WeightChart samples={samples} egress={weight.egress} />
        </Suspense>
      ))}
    </Card>
  );
}
