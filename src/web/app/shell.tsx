import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { coinsQuery } from '../api/queries.ts';
import { acceptCoins } from '../live/coins.ts';
import { paused, setPaused, startLive } from '../live/feed.ts';
import { useStore } from '../live/store.ts';
import { announcement } from '../ui/announce.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { pick } from '../ui/pick.ts';
import { TipLayer } from '../ui/tip.tsx';
import { Banners } from './banners.tsx';
import { Header } from './header.tsx';
import { ModeBar } from './mode_bar.tsx';
import { PAGES } from './pages.ts';
import { preferences } from './preferences.ts';
import styles from './shell.module.css';
import { startShortcuts } from './shortcuts.ts';

const c = pick(styles);

const Mark = () => (
  <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true" fill="none" stroke="currentColor">
    <path d="M2 13c3 0 3-8 6-8s3 8 6 8" strokeWidth="2.2" strokeLinecap="round" />
    <circle cx="15.2" cy="4" r="1.8" fill="currentColor" stroke="none" />
  </svg>
);

function Rail() {
  return (
    <nav className={c('rail')} aria-label="Pages">
      <Link to="/" className={c('brand')} aria-label="Autotrade, overview" activeOptions={{ exact: true }}>
        <Mark />
        <span className={c('text')} aria-hidden="true">
          Autotrade
        </span>
      </Link>
      <div className={c('links')}>
        {PAGES.map((page) => (
          <Link key={page.to} to={page.to} className={c('link')} activeOptions={{ exact: page.to === '/' }}>
            <Icon name={page.icon} />
            <span className={c('text')}>{page.title}</span>
          </Link>
        ))}
      </div>
      <span className={c('version')}>Version {__APP_VERSION__}</span>
    </nav>
  );
}

/** The same pages at the thumb's end of a phone. */
const BottomTabs = () => (
  <nav className={c('tabs')} aria-label="Pages, bottom">
    {PAGES.map((page) => (
      <Link key={page.to} to={page.to} className={c('tab')} activeOptions={{ exact: page.to === '/' }}>
        <Icon name={page.icon} size={20} />
        {page.title}
      </Link>
    ))}
  </nav>
);

const KEYS: readonly (readonly [readonly string[], string])[] = [
  ...PAGES.map((page) => [['g', page.key], `Go to ${page.title}`] as const),
  [['/'], 'Find a trader'],
  [['.'], 'Pause or resume updates'],
  [['\u2191', '\u2193', '\u2190', '\u2192'], 'Move by cell in a table'],
  [['Ctrl', 'Home'], 'First row of a table'],
  [['Enter'], 'Open the row; on a header: sort'],
  [['?'], 'This list'],
];

const KeyboardHelp = ({ onClose }: { readonly onClose: () => void }) => (
  <Dialog title="Keyboard" onClose={onClose}>
    <dl className={c('keys')}>
      {KEYS.map(([keys, meaning]) => (
        <div key={meaning} className={c('pair')}>
          <dt>
            {keys.map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  </Dialog>
);

export function Shell() {
  const navigate = useNavigate();
  const searchField = useRef<HTMLInputElement>(null);
  const [helpOpen, setHelpOpen] = useState(false);
  const said = useStore(announcement);
  useEffect(() => startLive(), []);
  const coins = useQuery(coinsQuery).data;
  useEffect(() => {
    if (coins !== undefined) acceptCoins(coins);
  }, [coins]);
  useEffect(
    () =>
      startShortcuts({
        goTo(letter) {
          const page = PAGES.find((one) => one.key === letter);
          if (page) void navigate({ to: page.to });
          return page !== undefined;
        },
        search: () => searchField.current?.focus(),
        pause: () => setPaused(!paused.get()),
        help: () => setHelpOpen(true),
        enabled: () => preferences.get().shortcuts,
      }),
    [navigate],
  );
  return (
    <>
      <a href="#content" className={c('skip')}>
        Skip to content
      </a>
      <ModeBar />
      <div className={c('page')}>
        <Rail />
        <div className={c('main')}>
          <Header searchField={searchField} onHelp={() => setHelpOpen(true)} />
          <main id="content" className={c('content')} tabIndex={-1}>
            <div className={c('notices')}>
              <Banners />
            </div>
            <Outlet />
          </main>
        </div>
      </div>
      <BottomTabs />
      {helpOpen ? <KeyboardHelp onClose={() => setHelpOpen(false)} /> : null}
      <TipLayer />
      <div className="hidden-text" aria-live="polite" role="status">
        {said}
      </div>
    </>
  );
}
