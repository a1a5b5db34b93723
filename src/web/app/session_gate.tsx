import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { sessionQuery } from '../api/queries.ts';
import { isSignedOut } from '../api/request.ts';
import { connection } from '../live/feed.ts';
import { usePart } from '../live/store.ts';
import { SignInHelp } from '../pages/sign_in/sign_in_help.tsx';
import { Failure } from '../ui/notice.tsx';
import { Shell } from './shell.tsx';

/** Everything behind it needs a session; without one it explains how to get in. */
export function SessionGate() {
  const session = useQuery(sessionQuery);
  const ended = usePart(connection, (link) => link.state === 'signed-out');
  const { refetch } = session;
  useEffect(() => {
    if (ended) void refetch();
  }, [ended, refetch]);
  if (isSignedOut(session.error)) return <SignInHelp />;
  if (session.data !== undefined) return <Shell />;
  if (session.error === null) return null;
  return (
    <main>
      <Failure what="Your session" error={session.error} retry={() => void refetch()} />
    </main>
  );
}
