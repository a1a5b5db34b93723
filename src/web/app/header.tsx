import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type RefObject, useState } from 'react';
import { call } from '../api/request.ts';
import { connection, latestStats, paused, setPaused, waiting } from '../live/feed.ts';
import { feedHealth } from '../live/health.ts';
import { useStore } from '../live/store.ts';
import { announce } from '../ui/announce.ts';
import { StateBadge } from '../ui/badge.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Menu, MenuAction, MenuChoices, MenuLine, MenuSwitch } from '../ui/menu.tsx';
import { pick } from '../ui/pick.ts';
import { useTick } from '../ui/ticker.ts';
import { choose, preferences } from './preferences.ts';
import styles from './shell.module.css';
import { addressStart } from './url_state.ts';

const c = pick(styles);

/** How old the data is. The one place that may be green, and only while data really comes. */
function FeedState() {
  const link = useStore(connection);
  const sample = useStore(latestStats);
  const { monotonic } = useTick();
  const report =
    sample === null
      ? null
      : { feed: sample.stats.feed, reportAgeMs: Math.max(0, monotonic - sample.receivedAt) };
  const health = feedHealth(link, report);
  return (
    <span className={c('feed')} data-testid="feed-state">
      <StateBadge level={health.level} tip={health.explanation}>
        {health.text}
      </StateBadge>
    </span>
  );
}

function Search({ field }: { readonly field: RefObject<HTMLInputElement | null> }) {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const submit = () => {
    const q = addressStart(text);
    if (q === '' && text.trim() !== '') {
      announce('That cannot be the beginning of an address');
      return;
    }
    setText('');
    if (q.length === 42) void navigate({ to: '/traders/$address', params: { address: q } });
    else void navigate({ to: '/traders', search: q === '' ? {} : { q } });
  };
  return (
    <search className={c('search')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Icon name="search" />
        <input
          ref={field}
          type="search"
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-label="Find a trader by address"
          placeholder="Find a trader: 0x…"
          autoComplete="off"
          spellCheck={false}
        />
        <kbd className={c('slash')}>/</kbd>
      </form>
    </search>
  );
}

function PauseButton() {
  const stopped = useStore(paused);
  const count = useStore(waiting);
  if (!stopped) {
    return (
      <IconButton icon="pause" label="Pause updates" aria-pressed={false} onClick={() => setPaused(true)} />
    );
  }
  return (
    <Button small icon="play" aria-pressed={true} onClick={() => setPaused(false)}>
      Paused{count > 0 ? ` · ${count} new` : ''}
    </Button>
  );
}

function SettingsMenu({ onHelp }: { readonly onHelp: () => void }) {
  const chosen = useStore(preferences);
  const queries = useQueryClient();
  const signOut = async () => {
    await call<void>('signOut').catch(() => announce('Signing out failed: the server does not answer'));
    await queries.resetQueries();
  };
  return (
    <Menu button={<IconButton icon="settings" label="Settings" />}>
      <MenuChoices
        label="Theme"
        value={chosen.theme}
        choices={[
          { value: 'system', label: 'As the system' },
          { value: 'light', label: 'Light' },
          { value: 'dark', label: 'Dark' },
        ]}
        onChoose={(theme) => choose({ theme })}
      />
      <MenuLine />
      <MenuChoices
        label="Profit and loss"
        value={chosen.profit}
        choices={[
          { value: 'teal-red', label: 'Teal up, red down' },
          { value: 'blue-orange', label: 'Blue up, orange down' },
          { value: 'red-up', label: 'Red up, teal down' },
        ]}
        onChoose={(profit) => choose({ profit })}
      />
      <MenuLine />
      <MenuSwitch checked={chosen.shortcuts} onChange={(shortcuts) => choose({ shortcuts })}>
        Single-key shortcuts
      </MenuSwitch>
      <MenuAction icon="keyboard" onSelect={onHelp}>
        Keyboard
      </MenuAction>
      <MenuLine />
      <MenuAction icon="leave" onSelect={() => void signOut()}>
        Sign out
      </MenuAction>
    </Menu>
  );
}

export function Header({
  searchField,
  onHelp,
}: {
  readonly searchField: RefObject<HTMLInputElement | null>;
  readonly onHelp: () => void;
}) {
  return (
    <header className={c('header')}>
      <Search field={searchField} />
      <span className={c('spacer')} />
      <FeedState />
      <PauseButton />
      <SettingsMenu onHelp={onHelp} />
    </header>
  );
}
