import { formatClock, formatExactTime, formatWhen } from '../format/time.ts';
import { useTick } from './ticker.ts';

export interface WhenProps {
  /** ms UTC; null: it has not happened. */
  readonly at: number | null;
  /** Said where `at` is null. */
  readonly never?: string;
  /** Wall clock of the day instead of an age: for rows of a live list. */
  readonly clock?: boolean;
}

/** A time: relative, exact on hover and focus. */
export function When({ at, never = 'never', clock = false }: WhenProps) {
  if (at === null) return <span data-look="na">{never}</span>;
  return clock ? <Clock at={at} /> : <Relative at={at} />;
}

function Relative({ at }: { readonly at: number }) {
  const { now } = useTick();
  return (
    <time dateTime={new Date(at).toISOString()} data-tip={formatExactTime(at)}>
      {formatWhen(at, now)}
    </time>
  );
}

const Clock = ({ at }: { readonly at: number }) => (
  <time dateTime={new Date(at).toISOString()} data-tip={formatExactTime(at)}>
    {formatClock(at)}
  </time>
);
