import { formatDuration } from '../format/number.ts';
import { client, connection, hello, lastMessageAt } from '../live/feed.ts';
import { useStore } from '../live/store.ts';
import type { Connection } from '../live/updates_client.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { useTick } from '../ui/ticker.ts';

/** Shown once the first retry has failed: a blink of the connection is no news. */
const isLost = (link: Connection): boolean =>
  (link.state === 'waiting' && link.attempt > 1) || (link.state === 'connecting' && link.attempt > 1);

function Disconnected({ link }: { readonly link: Connection }) {
  const { monotonic } = useTick();
  const last = useStore(lastMessageAt);
  const retry =
    link.state === 'waiting'
      ? `next try in ${formatDuration(Math.max(0, link.retryAt - monotonic) + 999)}`
      : 'trying now';
  const attempt = link.state === 'waiting' || link.state === 'connecting' ? link.attempt : 0;
  const heard =
    last === null ? 'nothing received yet' : `last message ${formatDuration(monotonic - last)} ago`;
  return (
    <Notice
      level="danger"
      icon="offline"
      detail={`Attempt ${attempt}, ${retry}; ${heard}. What you see is the last known state.`}
      action={
        <Button small onClick={() => client.retryNow()}>
          Try now
        </Button>
      }
    >
      No connection to the server
    </Notice>
  );
}

/** True while this bundle is the one that the server would send: an outdated one may read, not write. */
export function useCurrentBundle(): boolean {
  const greeting = useStore(hello);
  return greeting === null || greeting.version === __APP_VERSION__;
}

/** What concerns every page. */
export function Banners() {
  const link = useStore(connection);
  const current = useCurrentBundle();
  return (
    <>
      {isLost(link) ? <Disconnected link={link} /> : null}
      {current ? null : (
        <Notice
          level="warning"
          detail="This page can still read. Changes are off until it is loaded again."
          action={
            <Button small onClick={() => window.location.reload()}>
              Load again
            </Button>
          }
        >
          The server runs another version than this page
        </Notice>
      )}
    </>
  );
}
