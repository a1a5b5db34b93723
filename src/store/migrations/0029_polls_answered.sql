-- When a poll was last asked for, ms by this server's clock: an answer that was asked for later answers the request.
ALTER TABLE poll_requests ADD COLUMN asked_at int8 NOT NULL DEFAULT database_now_ms();
