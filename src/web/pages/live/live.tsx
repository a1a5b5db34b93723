import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { PositionChange } from '../../../contract/positions.ts';
import type { ChangeFilter } from '../../../contract/updates.ts';
import { PageHead } from '../../app/page_head.tsx';
import {
  CHANGE_KINDS,
  coinText,
  kindsOf,
  type LiveSearch,
  liveSearch,
  NOTIONAL_STEPS,
  wholeAddress,
} from '../../app/url_state.ts';
import { browserClock } from '../../browser.ts';
import { useChangeFeed } from '../../live/change_feed.ts';
import { announce } from '../../ui/announce.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ChangesTable } from '../../ui/changes_table.tsx';
import { Select, ToggleChips } from '../../ui/choices.tsx';
import { FilterField } from '../../ui/field.tsx';
import { NotLive } from '../../ui/not_live.tsx';
import { Empty, Skeleton } from '../../ui/notice.tsx';
import { pick } from '../../ui/pick.ts';
import styles from './live.module.css';

const c = pick(styles);
const route = getRouteApi('/signed-in/live');
/** Rows drawn at once; the rest of what is kept follows on request. */
const ROWS = 60;
/** How often a screen reader hears that there is something new, ms. */
const ANNOUNCE_MS = 10_000;

const STEPS = [
  { value: '', label: 'Any notional' },
  { value: '1000', label: 'From $1K' },
  { value: '10000', label: 'From $10K' },
  { value: '100000', label: 'From $100K' },
  { value: '1000000', label: 'From $1M' },
] as const;

/** Large enough? A correction by audit has no notional and always counts. */
const atLeast = (change: PositionChange, least: string | undefined): boolean =>
  least === undefined || change.notionalUsd === null || Number(change.notionalUsd) >= Number(least);

const cleanCoin = (text: string): string | null => (text.trim() === '' ? '' : coinText(text) || null);
const cleanAddress = (text: string): string | null => (text.trim() === '' ? '' : wholeAddress(text) || null);

function Filters({
  search,
  go,
}: {
  readonly search: LiveSearch;
  readonly go: (change: Record<string, string | undefined>, replace: boolean) => void;
}) {
  return (
    <div className={c('filters')}>
      <FilterField
        label="Coin"
        placeholder="Coin: BTC, xyz:CL"
        value={search.coin ?? ''}
        clean={cleanCoin}
        onChange={(coin, how) => go({ coin }, how === 'replace')}
      />
      <FilterField
        wide
        label="Trader"
        placeholder="Trader: whole address"
        value={search.trader ?? ''}
        clean={cleanAddress}
        onChange={(trader, how) => go({ trader }, how === 'replace')}
      />
      <ToggleChips
        label="Kinds of change"
        values={CHANGE_KINDS}
        chosen={kindsOf(search)}
        onChange={(kinds) => go({ kinds: kinds.join(',') }, false)}
      />
      <Select
        label="Least notional"
        value={NOTIONAL_STEPS.find((step) => step === search.least) ?? ''}
        choices={STEPS}
        onChange={(least) => go({ least: least === '' ? undefined : least }, false)}
      />
    </div>
  );
}

/** Says how many changes came, once in ten seconds, never each of them. */
function useCountAnnounced(newest: PositionChange | undefined, count: number): void {
  const since = useRef({ at: browserClock.monotonic(), count: 0 });
  // biome-ignore lint/correctness/useExhaustiveDependencies: each newest change is one more look at the clock
  useEffect(() => {
    since.current.count += 1;
    if (browserClock.monotonic() - since.current.at < ANNOUNCE_MS) return;
    announce(`${count} position changes shown`);
    since.current = { at: browserClock.monotonic(), count: 0 };
  }, [newest]);
}

export function Live() {
  const navigate = route.useNavigate();
  const search = route.useSearch();
  const { coin, trader, kinds, least } = search;
  const filter = useMemo<ChangeFilter>(() => {
    const chosen = kindsOf(kinds === undefined ? {} : { kinds });
    return {
      ...(coin === undefined ? {} : { coin }),
      ...(trader === undefined ? {} : { trader }),
      ...(chosen.length === 0 ? {} : { kinds: chosen }),
    };
  }, [coin, trader, kinds]);
  const [held, setHeld] = useState(false);
  const feed = useChangeFeed(filter, held);
  const changes = useMemo(
    () => feed.changes?.filter((change) => atLeast(change, least)) ?? null,
    [feed.changes, least],
  );
  useCountAnnounced(changes?.[0], changes?.length ?? 0);
  const go = (change: Record<string, string | undefined>, replace: boolean) =>
    void navigate({ search: (before) => liveSearch({ ...before, ...change }), replace });
  const filtered = Object.keys(search).length > 0;
  return (
    <>
      <PageHead title="Live" lead="Position changes of all traders" />
      <Filters search={search} go={go} />
      <Card
        title="Changes"
        note="newest first, held while the pointer is on them"
        actions={
          <span className={c('waiting')}>
            {feed.waiting > 0 ? (
              <Button small onClick={() => setHeld(false)}>
                {feed.waiting} new. Show
              </Button>
            ) : null}
          </span>
        }
      >
        <NotLive reason={feed.refused} />
        <div onPointerEnter={() => setHeld(true)} onPointerLeave={() => setHeld(false)}>
          {changes === null && feed.refused !== null ? (
            <Empty title="Nothing to show yet">Changes appear as soon as they come in.</Empty>
          ) : (
            <Rows changes={changes} filtered={filtered} onAll={() => void navigate({ search: {} })} />
          )}
        </div>
      </Card>
    </>
  );
}

function Rows({
  changes,
  filtered,
  onAll,
}: {
  readonly changes: readonly PositionChange[] | null;
  readonly filtered: boolean;
  readonly onAll: () => void;
}) {
  const [rows, setRows] = useState(ROWS);
  if (changes === null) return <Skeleton lines={14} label="Loading position changes" />;
  if (changes.length === 0) {
    return filtered ? (
      <Empty
        title="No change matches the filter yet"
        action={<Button onClick={onAll}>Show all changes</Button>}
      >
        New ones appear by themselves.
      </Empty>
    ) : (
      <Empty title="No position has changed yet">Changes appear within a second of the trade.</Empty>
    );
  }
  return (
    <>
      <ChangesTable changes={changes.slice(0, rows)} trader />
      {changes.length > rows ? (
        <div className={c('more')}>
          <Button small onClick={() => setRows(rows + 200)}>
            Show more
          </Button>
        </div>
      ) : null}
    </>
  );
}
