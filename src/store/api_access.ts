/**
 * Rows of sessions, sign-in links, API tokens and WebSocket tickets. Only SHA-256 hashes come in here: the secrets
 * themselves never reach the database. All times are ms UTC and given by the caller, so that one clock decides.
 */
import type { Queryable } from './database.ts';

export type StoredRole = 'viewer' | 'operator' | 'admin';

/** Whose request it is: one session or one token. `expiresAt` is null for a token without an end. */
export interface AccessGrant {
  readonly via: 'session' | 'token';
  readonly id: number;
  readonly role: StoredRole;
  readonly expiresAt: number | null;
}

interface GrantRow {
  via: 'session' | 'token';
  id: number;
  role: StoredRole;
  expires_at: number | null;
}

const toGrant = (row: GrantRow): AccessGrant => ({
  via: row.via,
  id: row.id,
  role: row.role,
  expiresAt: row.expires_at,
});

/** Stores a sign-in link's hash and forgets the links that have expired. */
export async function insertSignInLink(
  db: Queryable,
  link: { codeHash: Buffer; role: StoredRole; now: number; expiresAt: number },
): Promise<void> {
  await db.query('DELETE FROM api_sign_in_links WHERE expires_at <= $1', [link.now]);
  await db.query(
    'INSERT INTO api_sign_in_links (code_hash, role, created_at, expires_at) VALUES ($1, $2, $3, $4)',
    [link.codeHash, link.role, link.now, link.expiresAt],
  );
}

/**
 * Turns a link into a session in one statement: of two callers with the same code, exactly one gets the session.
 * @returns null if the code is unknown, used or expired.
 */
export async function redeemSignInLink(
  db: Queryable,
  given: { codeHash: Buffer; tokenHash: Buffer; now: number; expiresAt: number },
): Promise<AccessGrant | null> {
  await db.query('DELETE FROM api_sessions WHERE expires_at <= $1', [given.now]);
  const { rows } = await db.query<GrantRow>(
    `WITH used AS (DELETE FROM api_sign_in_links WHERE code_hash = $1 AND expires_at > $3::int8 RETURNING role)
     INSERT INTO api_sessions (token_hash, role, created_at, last_seen_at, expires_at)
     SELECT $2::bytea, role, $3::int8, $3::int8, $4::int8 FROM used
     RETURNING 'session' AS via, session_id AS id, role, expires_at`,
    [given.codeHash, given.tokenHash, given.now, given.expiresAt],
  );
  const row = rows[0];
  return row ? toGrant(row) : null;
}

/** A session that is alive and was used within `idleMs`; its last use is noted at most once a minute. */
export async function findSession(
  db: Queryable,
  given: { tokenHash: Buffer; now: number; idleMs: number },
): Promise<AccessGrant | null> {
  const { rows } = await db.query<GrantRow & { last_seen_at: number }>(
    `SELECT 'session' AS via, session_id AS id, role, expires_at, last_seen_at FROM api_sessions
     WHERE token_hash = $1 AND expires_at > $2::int8 AND last_seen_at > $2::int8 - $3::int8`,
    [given.tokenHash, given.now, given.idleMs],
  );
  const row = rows[0];
  if (!row) return null;
  if (row.last_seen_at < given.now - 60_000) {
    await db.query('UPDATE api_sessions SET last_seen_at = $2 WHERE session_id = $1', [row.id, given.now]);
  }
  return toGrant(row);
}

/** A token that is neither revoked nor expired; its last use is noted at most once a minute. */
export async function findToken(
  db: Queryable,
  given: { tokenHash: Buffer; now: number },
): Promise<AccessGrant | null> {
  const { rows } = await db.query<GrantRow & { last_used_at: number | null }>(
    `SELECT 'token' AS via, token_id AS id, role, expires_at, last_used_at FROM api_tokens
     WHERE token_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`,
    [given.tokenHash, given.now],
  );
  const row = rows[0];
  if (!row) return null;
  if ((row.last_used_at ?? 0) < given.now - 60_000) {
    await db.query('UPDATE api_tokens SET last_used_at = $2 WHERE token_id = $1', [row.id, given.now]);
  }
  return toGrant(row);
}

export async function deleteSession(db: Queryable, sessionId: number): Promise<void> {
  await db.query('DELETE FROM api_sessions WHERE session_id = $1', [sessionId]);
}

/** Which of these sessions and tokens are no longer good: signed out, expired, idle or revoked. */
export async function findEndedGrants(
  db: Queryable,
  given: { sessionIds: readonly number[]; tokenIds: readonly number[]; now: number },
): Promise<{ sessionIds: number[]; tokenIds: number[] }> {
  const { rows } = await db.query<{ via: 'session' | 'token'; id: number }>(
    `SELECT 'session' AS via, id FROM unnest($1::int8[]) id
     WHERE NOT EXISTS (SELECT FROM api_sessions s WHERE s.session_id = id AND s.expires_at > $3::int8)
     UNION ALL
     SELECT 'token', id FROM unnest($2::int8[]) id
     WHERE NOT EXISTS (SELECT FROM api_tokens t WHERE t.token_id = id AND t.revoked_at IS NULL
                       AND (t.expires_at IS NULL OR t.expires_at > $3::int8))`,
    [given.sessionIds, given.tokenIds, given.now],
  );
  const ids = (via: string) => rows.filter((row) => row.via === via).map((row) => row.id);
  return { sessionIds: ids('session'), tokenIds: ids('token') };
}

export async function insertTicket(
  db: Queryable,
  ticket: { ticketHash: Buffer; grant: AccessGrant; now: number; expiresAt: number },
): Promise<void> {
  await db.query('DELETE FROM api_tickets WHERE expires_at <= $1', [ticket.now]);
  await db.query(
    'INSERT INTO api_tickets (ticket_hash, session_id, token_id, expires_at) VALUES ($1, $2, $3, $4)',
    [
      ticket.ticketHash,
      ticket.grant.via === 'session' ? ticket.grant.id : null,
      ticket.grant.via === 'token' ? ticket.grant.id : null,
      ticket.expiresAt,
    ],
  );
}

/** Uses up a ticket; the session or token behind it must still be good. */
export async function redeemTicket(
  db: Queryable,
  given: { ticketHash: Buffer; now: number },
): Promise<AccessGrant | null> {
  const { rows } = await db.query<GrantRow>(
    `WITH used AS (DELETE FROM api_tickets WHERE ticket_hash = $1 RETURNING session_id, token_id, expires_at)
     SELECT 'session' AS via, s.session_id AS id, s.role, s.expires_at
       FROM used JOIN api_sessions s USING (session_id) WHERE used.expires_at > $2 AND s.expires_at > $2
     UNION ALL
     SELECT 'token', t.token_id, t.role, t.expires_at
       FROM used JOIN api_tokens t USING (token_id)
      WHERE used.expires_at > $2 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)`,
    [given.ticketHash, given.now],
  );
  const row = rows[0];
  return row ? toGrant(row) : null;
}

export interface TokenRow {
  readonly id: number;
  readonly name: string;
  readonly role: StoredRole;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

/** @returns false if a live token of that name exists. */
export async function insertToken(
  db: Queryable,
  token: { name: string; tokenHash: Buffer; role: StoredRole; now: number; expiresAt: number | null },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO api_tokens (name, token_hash, role, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING`,
    [token.name, token.tokenHash, token.role, token.now, token.expiresAt],
  );
  return rowCount === 1;
}

/** @returns false if no live token has that name. */
export async function revokeToken(db: Queryable, given: { name: string; now: number }): Promise<boolean> {
  const { rowCount } = await db.query(
    'UPDATE api_tokens SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL',
    [given.name, given.now],
  );
  return rowCount === 1;
}

/** All tokens, newest first, revoked ones included. */
export async function selectTokens(db: Queryable): Promise<TokenRow[]> {
  const { rows } = await db.query<{
    token_id: number;
    name: string;
    role: StoredRole;
    created_at: number;
    last_used_at: number | null;
    expires_at: number | null;
    revoked_at: number | null;
  }>(
    `SELECT token_id, name, role, created_at, last_used_at, expires_at, revoked_at
     FROM api_tokens ORDER BY token_id DESC`,
  );
  return rows.map((row) => ({
    id: row.token_id,
    name: row.name,
    role: row.role,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  }));
}
