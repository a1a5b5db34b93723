import { useMutation, useQueryClient } from '@tanstack/react-query';
import { setWatched } from '../api/queries.ts';
import { useCurrentBundle } from '../app/banners.tsx';
import { shortAddress } from '../format/address.ts';
import { announce } from './announce.ts';
import { IconButton } from './button.tsx';

/** On or off the watchlist: changes of watched traders are committed at once and audited first. */
export function WatchStar({
  address,
  watched,
  tabIndex,
}: {
  readonly address: string;
  readonly watched: boolean;
  readonly tabIndex?: number;
}) {
  const queries = useQueryClient();
  const mayWrite = useCurrentBundle();
  const change = useMutation({
    mutationFn: (next: boolean) => setWatched(address, next),
    onSuccess: (_, next) => announce(next ? 'Added to the watchlist' : 'Taken off the watchlist'),
    onError: (error) => announce(`The watchlist was not changed: ${error.message}`),
    onSettled: async () => {
      await queries.invalidateQueries({ queryKey: ['trader', address] });
      await queries.invalidateQueries({ queryKey: ['traders'] });
    },
  });
  const shown = change.isPending ? change.variables : watched;
  const verb = shown ? 'Stop watching' : 'Watch';
  return (
    <IconButton
      small
      icon="star"
      filled={shown}
      aria-pressed={shown}
      disabled={!mayWrite || change.isPending}
      label={
        change.error === null ? `${verb} ${shortAddress(address)}` : `Not changed: ${change.error.message}`
      }
      tabIndex={tabIndex}
      onClick={(event) => {
        event.stopPropagation();
        change.mutate(!watched);
      }}
    />
  );
}
