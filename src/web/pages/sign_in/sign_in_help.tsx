import { type ReactNode, useEffect } from 'react';
import { pick } from '../../ui/pick.ts';
import styles from './sign_in.module.css';

const c = pick(styles);

/** How to get in. There is no password: whoever can read the terminal can sign in. */
export function SignInHelp({ notice }: { readonly notice?: ReactNode }) {
  useEffect(() => {
    document.title = 'Sign in · Autotrade';
  }, []);
  return (
    <main className={c('page')}>
      <div className={c('panel')}>
        {notice === undefined ? null : <div className={c('notice')}>{notice}</div>}
        <h1 tabIndex={-1}>Sign in</h1>
        <p>There is no password. A link from the terminal where Autotrade runs signs this browser in.</p>
        <ol>
          <li>
            Run <code>npx autotrade link</code> in the project's folder. Started in a terminal, Autotrade
            prints a link by itself.
          </li>
          <li>Open that link in this browser. It works once, for ten minutes.</li>
        </ol>
        <p className={c('last')}>
          The browser then keeps a cookie that no script can read. Sign out in the settings menu ends the
          session.
        </p>
      </div>
    </main>
  );
}
