-- Who may use the API. Every secret here is 32 random bytes handed out once; only its SHA-256 is stored, which is
-- enough for a value that cannot be guessed (a slow hash is for passwords, and there are none). Times: ms, UTC.

CREATE TABLE api_sessions (
  session_id   int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  token_hash   bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  role         text  NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  created_at   int8  NOT NULL,
  last_seen_at int8  NOT NULL,
  expires_at   int8  NOT NULL
);
CREATE INDEX api_sessions_expires_at ON api_sessions (expires_at);

CREATE TABLE api_sign_in_links (
  code_hash  bytea PRIMARY KEY CHECK (octet_length(code_hash) = 32),
  role       text  NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  created_at int8  NOT NULL,
  expires_at int8  NOT NULL
);

CREATE TABLE api_tokens (
  token_id     int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name         text  NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  token_hash   bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  role         text  NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  created_at   int8  NOT NULL,
  last_used_at int8,
  expires_at   int8,
  revoked_at   int8
);
-- A name may be used again once its token is revoked.
CREATE UNIQUE INDEX api_tokens_live_name ON api_tokens (name) WHERE revoked_at IS NULL;

-- A ticket opens one WebSocket and is deleted by being used. It stands for a session or a token, and ends with it.
CREATE TABLE api_tickets (
  ticket_hash bytea PRIMARY KEY CHECK (octet_length(ticket_hash) = 32),
  session_id  int8 REFERENCES api_sessions ON DELETE CASCADE,
  token_id    int8 REFERENCES api_tokens ON DELETE CASCADE,
  expires_at  int8 NOT NULL,
  CHECK ((session_id IS NULL) <> (token_id IS NULL))
);
