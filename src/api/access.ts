/**
 * Who is calling. A person signs in with a single-use link that the terminal printed and then has a session cookie;
 * a program has a token. The database knows only hashes. Lookups are remembered for a few seconds, so a sign-out or
 * revocation made by another process takes effect within GRANT_CACHE_MS here.
 */
import { createHash } from 'node:crypto';
import type { AccessRole } from '../contract/session.ts';
import type { Clock } from '../runtime/clock.ts';
import { AppError } from '../runtime/errors.ts';
import { secretBytes } from '../runtime/random.ts';
import { Secret } from '../runtime/secret.ts';
import {
  type AccessGrant,
  deleteSession,
  findEndedGrants,
  findSession,
  findToken,
  insertSignInLink,
  insertTicket,
  insertToken,
  redeemSignInLink,
  redeemTicket,
  revokeToken,
  selectTokens,
  type TokenRow,
} from '../store/api_access.ts';
import type { Queryable } from '../store/database.ts';

const LINK_LIFE_MS = 10 * 60_000;
const SESSION_LIFE_MS = 30 * 86_400_000;
const SESSION_IDLE_MS = 7 * 86_400_000;
const TICKET_LIFE_MS = 30_000;
const GRANT_CACHE_MS = 3_000;
const GRANT_CACHE_SIZE = 5_000;

/** What a token looks like, so that a scanner for leaked secrets can know it. */
const TOKEN_PREFIX = 'autotrade_';

const SECRET_TEXT = /^[A-Za-z0-9_-]{43}$/;

const newSecret = (): string => secretBytes(32).toString('base64url');
const hash = (secret: string): Buffer => createHash('sha256').update(secret).digest();

export interface SignInLink {
  /** For the terminal only; never to be logged. */
  readonly url: Secret;
  /** ms UTC */
  readonly expiresAt: number;
}

/**
 * Makes a link that signs one browser in once, within ten minutes.
 * @param baseUrl where the browser reaches the API, for example "http://127.0.0.1:8787".
 */
export async function createSignInLink(
  db: Queryable,
  clock: Clock,
  options: { readonly baseUrl: string; readonly role?: AccessRole },
): Promise<SignInLink> {
  const code = newSecret();
  const now = clock.now();
  const expiresAt = now + LINK_LIFE_MS;
  await insertSignInLink(db, { codeHash: hash(code), role: options.role ?? 'admin', now, expiresAt });
  // Behind # it stays in the browser: no request line, proxy or access log ever carries it.
  return { url: new Secret(new URL(`/sign-in#${code}`, options.baseUrl).href), expiresAt };
}

export interface CreateTokenOptions {
  /** 1 to 60 characters, unique among the tokens that are not revoked. */
  readonly name: string;
  readonly role: AccessRole;
  /** ms UTC; absent: until revoked. */
  readonly expiresAt?: number;
}

/** Makes an API token; the answer is the only time that it can be seen. @throws AppError `TOKEN_NAME_TAKEN`. */
export async function createApiToken(
  db: Queryable,
  clock: Clock,
  options: CreateTokenOptions,
): Promise<Secret> {
  const name = options.name.trim();
  if (name === '' || name.length > 60) {
    throw new AppError('TOKEN_NAME_INVALID', 'a token name has 1 to 60 characters');
  }
  const token = TOKEN_PREFIX + newSecret();
  const made = await insertToken(db, {
    name,
    tokenHash: hash(token),
    role: options.role,
    now: clock.now(),
    expiresAt: options.expiresAt ?? null,
  });
  if (!made) {
    throw new AppError(
      'TOKEN_NAME_TAKEN',
      `a token named "${name}" exists; revoke it or choose another name`,
    );
  }
  return new Secret(token);
}

/** Every token ever made, newest first; never the secret. */
export const listApiTokens = (db: Queryable): Promise<TokenRow[]> => selectTokens(db);

/** @returns false if no live token has that name. */
export const revokeApiToken = (db: Queryable, clock: Clock, name: string): Promise<boolean> =>
  revokeToken(db, { name: name.trim(), now: clock.now() });

interface CachedGrant {
  readonly grant: AccessGrant | null;
  readonly until: number;
}

export class AccessControl {
  readonly #db: Queryable;
  readonly #clock: Clock;
  readonly #cache = new Map<string, CachedGrant>();

  constructor(db: Queryable, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** @returns the session's secret for the cookie, or null if the code is unknown, used or too old. */
  async signIn(code: string): Promise<{ secret: string; grant: AccessGrant } | null> {
    if (!SECRET_TEXT.test(code)) return null;
    const secret = newSecret();
    const now = this.#clock.now();
    const grant = await redeemSignInLink(this.#db, {
      codeHash: hash(code),
      tokenHash: hash(secret),
      now,
      expiresAt: now + SESSION_LIFE_MS,
    });
    return grant && { secret, grant };
  }

  /** The grant behind a cookie's value or a bearer token; null if there is none. */
  async identify(via: 'session' | 'token', secret: string): Promise<AccessGrant | null> {
    const bare =
      via === 'token' && secret.startsWith(TOKEN_PREFIX) ? secret.slice(TOKEN_PREFIX.length) : secret;
    if (!SECRET_TEXT.test(bare) || (via === 'token' && bare === secret)) return null;
    const tokenHash = hash(secret);
    const key = `${via}:${tokenHash.toString('base64')}`;
    const now = this.#clock.now();
    const cached = this.#cache.get(key);
    if (cached && cached.until > now) return cached.grant;
    const grant =
      via === 'session'
        ? await findSession(this.#db, { tokenHash, now, idleMs: SESSION_IDLE_MS })
        : await findToken(this.#db, { tokenHash, now });
    this.#remember(key, grant, now);
    return grant;
  }

  #remember(key: string, grant: AccessGrant | null, now: number): void {
    // Misses are not kept: a flood of invented secrets must not push the real ones out.
    this.#cache.delete(key);
    if (grant === null) return;
    const until = Math.min(now + GRANT_CACHE_MS, grant.expiresAt ?? Number.POSITIVE_INFINITY);
    this.#cache.set(key, { grant, until });
    if (this.#cache.size > GRANT_CACHE_SIZE) {
      const oldest = this.#cache.keys().next();
      if (!oldest.done) this.#cache.delete(oldest.value);
    }
  }

  async signOut(grant: AccessGrant): Promise<void> {
    if (grant.via !== 'session') return;
    await deleteSession(this.#db, grant.id);
    for (const [key, cached] of this.#cache) {
      if (cached.grant?.via === 'session' && cached.grant.id === grant.id) this.#cache.delete(key);
    }
  }

  /** A ticket that opens one WebSocket within 30 s. */
  async createTicket(grant: AccessGrant): Promise<{ ticket: string; expiresAt: number }> {
    const ticket = newSecret();
    const now = this.#clock.now();
    const expiresAt = now + TICKET_LIFE_MS;
    await insertTicket(this.#db, { ticketHash: hash(ticket), grant, now, expiresAt });
    return { ticket, expiresAt };
  }

  async redeemTicket(ticket: string): Promise<AccessGrant | null> {
    if (!SECRET_TEXT.test(ticket)) return null;
    return redeemTicket(this.#db, { ticketHash: hash(ticket), now: this.#clock.now() });
  }

  /** Of the given grants, those that have ended since: signed out, expired, revoked. */
  async ended(grants: Iterable<AccessGrant>): Promise<(grant: AccessGrant) => boolean> {
    const ids = { session: new Set<number>(), token: new Set<number>() };
    for (const grant of grants) ids[grant.via].add(grant.id);
    if (ids.session.size + ids.token.size === 0) return () => false;
    const gone = await findEndedGrants(this.#db, {
      sessionIds: [...ids.session],
      tokenIds: [...ids.token],
      now: this.#clock.now(),
    });
    const sessions = new Set(gone.sessionIds);
    const tokens = new Set(gone.tokenIds);
    return (grant) => (grant.via === 'session' ? sessions : tokens).has(grant.id);
  }
}

const RANK: Readonly<Record<AccessRole, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Each role includes the ones below it. */
export const includesRole = (has: AccessRole, needs: AccessRole): boolean => RANK[has] >= RANK[needs];
