import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { Overview } from '../pages/overview/overview.tsx';
import { SignIn } from '../pages/sign_in/sign_in.tsx';
import { Traders } from '../pages/traders/traders.tsx';
import { boardSearch } from './board_state.ts';
import { PageNotFound, PageProblem } from './problem.tsx';
import { SessionGate } from './session_gate.tsx';
import { liveSearch, parseSearch, stringifySearch, tradersSearch } from './url_state.ts';

const root = createRootRoute({ component: Outlet, notFoundComponent: PageNotFound });

const signIn = createRoute({ getParentRoute: () => root, path: '/sign-in', component: SignIn });

const signedIn = createRoute({ getParentRoute: () => root, id: 'signed-in', component: SessionGate });

const overview = createRoute({ getParentRoute: () => signedIn, path: '/', component: Overview });

const traders = createRoute({
  getParentRoute: () => signedIn,
  path: '/traders',
  validateSearch: tradersSearch,
  component: Traders,
});

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;

const trader = createRoute({
  getParentRoute: () => signedIn,
  path: '/traders/$address',
  beforeLoad: ({ params }) => {
    if (!ADDRESS.test(params.address)) throw redirect({ to: '/traders' });
    const lower = params.address.toLowerCase();
    if (lower !== params.address) throw redirect({ to: '/traders/$address', params: { address: lower } });
  },
  component: lazyRouteComponent(() => import('../pages/trader/trader.tsx'), 'Trader'),
});

const leaderboard = createRoute({
  getParentRoute: () => signedIn,
  path: '/leaderboard',
  validateSearch: boardSearch,
  component: lazyRouteComponent(() => import('../pages/leaderboard/leaderboard.tsx'), 'Leaderboard'),
});

const live = createRoute({
  getParentRoute: () => signedIn,
  path: '/live',
  validateSearch: liveSearch,
  component: lazyRouteComponent(() => import('../pages/live/live.tsx'), 'Live'),
});

const system = createRoute({
  getParentRoute: () => signedIn,
  path: '/system',
  component: lazyRouteComponent(() => import('../pages/system/system.tsx'), 'System'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    signedIn.addChildren([overview, leaderboard, traders, trader, live, system]),
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultErrorComponent: PageProblem,
  scrollRestoration: false,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
