import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { Button } from '../ui/button.tsx';
import { Empty, Notice } from '../ui/notice.tsx';
import { PageHead } from './page_head.tsx';

/** A page broke. The rest of the app goes on. */
export function PageProblem({ error, reset }: ErrorComponentProps) {
  return (
    <>
      <PageHead title="This page failed" />
      <Notice
        level="danger"
        detail={error instanceof Error ? error.message : String(error)}
        action={<Button onClick={reset}>Try again</Button>}
      >
        Something in this page is broken; the other pages still work.
      </Notice>
    </>
  );
}

export const PageNotFound = () => (
  <main>
    <PageHead title="No such page" />
    <Empty title="There is nothing at this address" action={<Link to="/">Go to the overview</Link>} />
  </main>
);
