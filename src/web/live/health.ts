/** Is the data fresh? Judged by the age of the data itself; an open socket over frozen prices is not health. */
import type { Feed } from '../../contract/stats.ts';
import { formatAge } from '../format/number.ts';
import type { Level } from '../ui/badge.tsx';
import type { Connection } from './updates_client.ts';

/** The venue's feed is stale when its newest message is older than this, ms. */
const FEED_STALE_MS = 10_000;
/** Our own reports come once a second; three missed ones make them stale. */
const REPORT_STALE_MS = 5_000;

export interface FeedReport {
  readonly feed: Feed;
  /** ms since the report reached this page. */
  readonly reportAgeMs: number;
}

export interface Health {
  readonly level: Level;
  /** A word or two, complete without colour: "feed 0.8 s", "stale 31 s". */
  readonly text: string;
  readonly explanation: string;
}

/** Age of the newest message of the venue, as of now; null when no report says. */
const feedAgeMs = (report: FeedReport): number | null =>
  report.feed.dataAgeMs === null ? null : report.feed.dataAgeMs + Math.max(0, report.reportAgeMs);

function disconnected(connection: Connection, age: string): Health {
  const explanation =
    connection.state === 'signed-out'
      ? 'The session has ended: sign in again.'
      : 'No connection to the server: what is shown is the last that it said.';
  return { level: 'danger', text: `offline${age}`, explanation };
}

export function feedHealth(connection: Connection, report: FeedReport | null): Health {
  const age = report === null ? null : feedAgeMs(report);
  const written = age === null ? '' : ` ${formatAge(age)}`;
  const lost = connection.state === 'waiting' || connection.state === 'signed-out';
  if (lost || (connection.state === 'connecting' && connection.attempt > 0)) {
    return disconnected(connection, written);
  }
  if (report === null || age === null) {
    return { level: 'neutral', text: 'feed ?', explanation: 'No report about the feed yet.' };
  }
  if (age > FEED_STALE_MS || report.reportAgeMs > REPORT_STALE_MS) {
    const source = report.reportAgeMs > REPORT_STALE_MS ? 'the server' : 'the exchange';
    return { level: 'warning', text: `stale${written}`, explanation: `Nothing new from ${source}.` };
  }
  if (report.feed.state === 'live') {
    return {
      level: 'healthy',
      text: `feed${written}`,
      explanation: 'Every connection is up, data is fresh.',
    };
  }
  const level = report.feed.state === 'down' ? 'danger' : 'warning';
  return {
    level,
    text: `${report.feed.state}${written}`,
    explanation: 'Some connections to the exchange are down.',
  };
}
