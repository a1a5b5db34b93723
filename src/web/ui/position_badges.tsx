import type { ChangeKind, Known } from '../../contract/positions.ts';
import { Direction, type Level, StateBadge } from './badge.tsx';

const KNOWN: Readonly<Record<Known, { readonly level: Level; readonly meaning: string }>> = {
  exact: { level: 'healthy', meaning: 'Seeded from the exchange and followed without a gap since' },
  estimated: { level: 'neutral', meaning: 'Folded from trades alone: never compared with the exchange yet' },
  stale: { level: 'warning', meaning: 'A gap of the feed may have touched it: waits for an audit' },
  quarantined: { level: 'danger', meaning: 'An audit disagreed: not trusted until two audits agree' },
};

/** How far a position can be trusted. */
export const KnownBadge = ({ known }: { readonly known: Known }) => (
  <StateBadge level={KNOWN[known].level} tip={KNOWN[known].meaning}>
    {known}
  </StateBadge>
);

const isNegative = (size: string): boolean => size.startsWith('-');
const isZero = (size: string): boolean => !/[1-9]/.test(size);

/** "opened long", "flipped to short": what happened and on which side, in words and with a mark. */
export function ChangeWord({
  kind,
  sizeBefore,
  sizeAfter,
}: {
  readonly kind: ChangeKind;
  readonly sizeBefore: string;
  readonly sizeAfter: string;
}) {
  const side = isZero(sizeAfter) ? sizeBefore : sizeAfter;
  const long = !isNegative(side);
  const word = kind === 'flipped' ? 'Flipped to' : `${kind[0]?.toUpperCase() ?? ''}${kind.slice(1)}`;
  return <Direction long={long} label={`${word} ${long ? 'long' : 'short'}`} />;
}

export const PositionSide = ({ size }: { readonly size: string }) => <Direction long={!isNegative(size)} />;
