import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { Session, SignInBody } from '../../../contract/session.ts';
import { sessionQuery } from '../../api/queries.ts';
import { call, RequestError } from '../../api/request.ts';
import { Notice } from '../../ui/notice.tsx';
import { SignInHelp } from './sign_in_help.tsx';

/** Takes the code out of the address before anything else can see it, history included. */
function takeCode(): string {
  const code = window.location.hash.slice(1);
  if (code !== '') window.history.replaceState(window.history.state, '', window.location.pathname);
  return code;
}

/** Where the link of the terminal leads: /sign-in#code. */
export function SignIn() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const started = useRef(false);
  const [error, setError] = useState<RequestError | null>(null);
  const [working, setWorking] = useState(() => window.location.hash.length > 1);
  useEffect(() => {
    if (started.current) return;
    started.current = true;
    const body: SignInBody = { code: takeCode() };
    if (body.code === '') return;
    call<Session>('signIn', { body })
      .then((session) => {
        queries.setQueryData(sessionQuery.queryKey, session);
        return navigate({ to: '/', replace: true });
      })
      .catch((reason: unknown) => {
        setWorking(false);
        setError(
          reason instanceof RequestError ? reason : new RequestError('NETWORK', 0, String(reason), null),
        );
      });
  }, [navigate, queries]);
  if (working) {
    return (
      <main>
        <p className="hidden-text" role="status">
          Signing in
        </p>
      </main>
    );
  }
  return <SignInHelp notice={error === null ? undefined : <Notice level="danger">{error.message}</Notice>} />;
}
