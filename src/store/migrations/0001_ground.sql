-- What every other table family stands on: the world stamp, leases with fencing tokens, service heartbeats and
-- the registry of partitioned tables. Times are ms since the Unix epoch, UTC.

-- One row: which world this database belongs to. A process of another network or world refuses to start.
CREATE TABLE world (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  network text NOT NULL CHECK (network IN ('simulator', 'mainnet', 'testnet')),
  world_id text NOT NULL,
  -- Epoch of the event log: changes on create, reset and restore only, and never repeats.
  epoch int8 NOT NULL,
  -- Identity of the database cluster at the last stamp; a dump restored elsewhere is recognised by it.
  cluster_id text NOT NULL,
  created_at int8 NOT NULL
);

-- A lease is held by whoever holds the session's advisory lock; `token` rises with every change of holder and is
-- checked (FOR SHARE) inside each transaction that the lease guards.
CREATE TABLE leases (
  name text PRIMARY KEY,
  token int8 NOT NULL,
  holder text NOT NULL,
  backend_pid int4 NOT NULL,
  acquired_at int8 NOT NULL
);

-- Apart from `leases`, so that a beat never waits for a guarded transaction.
CREATE TABLE lease_beats (
  name text PRIMARY KEY,
  beat_at int8 NOT NULL
);

CREATE TABLE service_heartbeats (
  instance text PRIMARY KEY,
  role text NOT NULL,
  host text NOT NULL,
  pid int4 NOT NULL,
  started_at int8 NOT NULL,
  beat_at int8 NOT NULL,
  restarts int4 NOT NULL,
  rss_bytes int8 NOT NULL,
  state text NOT NULL,
  detail jsonb NOT NULL,
  metrics jsonb NOT NULL
);

-- Tables whose partitions are made on demand, and by which rule. `day`: RANGE (a time column in ms), one UTC day
-- each. `offset`: RANGE (epoch, offset), `span` offsets each.
CREATE TABLE partitioned_tables (
  table_name text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('day', 'offset')),
  span int8 NOT NULL CHECK (span > 0)
);

CREATE FUNCTION register_day_partitions(parent text) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO partitioned_tables (table_name, kind, span) VALUES (parent, 'day', 86400000)
$$;

CREATE FUNCTION register_offset_partitions(parent text, offsets_each int8) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO partitioned_tables (table_name, kind, span) VALUES (parent, 'offset', offsets_each)
$$;

-- The functions below run as their owner (the migrator), so that the application role can make and drop the
-- partitions of registered tables and nothing else.

-- `day`: days since 1970-01-01. Returns true if the partition was made now.
CREATE FUNCTION create_day_partition(parent text, day int4) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  child text := parent || '_d' || to_char(date '1970-01-01' + day, 'YYYYMMDD');
BEGIN
  IF NOT EXISTS (SELECT 1 FROM public.partitioned_tables p WHERE p.table_name = parent AND p.kind = 'day') THEN
    RAISE EXCEPTION 'table % has no day partitions', parent;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('partition:' || child, 0));
  IF to_regclass(format('public.%I', child)) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%s) TO (%s)',
    child, parent, day * 86400000::int8, (day + 1) * 86400000::int8);
  RETURN true;
END
$$;

-- The partition that holds (epoch, log_offset). Returns true if it was made now.
CREATE FUNCTION create_offset_partition(parent text, log_epoch int8, log_offset int8) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  size int8;
  low int8;
  child text;
BEGIN
  SELECT p.span INTO size FROM public.partitioned_tables p WHERE p.table_name = parent AND p.kind = 'offset';
  IF size IS NULL THEN
    RAISE EXCEPTION 'table % has no offset partitions', parent;
  END IF;
  low := (log_offset / size) * size;
  child := format('%s_e%s_o%s', parent, log_epoch, low);
  PERFORM pg_advisory_xact_lock(hashtextextended('partition:' || child, 0));
  IF to_regclass(format('public.%I', child)) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%s, %s) TO (%s, %s)',
    child, parent, log_epoch, low, log_epoch, low + size);
  RETURN true;
END
$$;

-- Drops the partitions that lie wholly before the day. Returns their names. Gives up after 5 s of waiting for
-- the lock (SQLSTATE 55P03) rather than block the writer behind it.
CREATE FUNCTION drop_day_partitions_before(parent text, day int4) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
  child text;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM public.partitioned_tables p WHERE p.table_name = parent AND p.kind = 'day') THEN
    RAISE EXCEPTION 'table % has no day partitions', parent;
  END IF;
  FOR child IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass(format('public.%I', parent))
      AND right(c.relname, 8) < to_char(date '1970-01-01' + day, 'YYYYMMDD')
      AND c.relname ~ '_d[0-9]{8}$'
    ORDER BY c.relname
  LOOP
    EXECUTE format('DROP TABLE public.%I', child);
    RETURN NEXT child;
  END LOOP;
END
$$;

-- Drops the partitions of older epochs, and of this epoch those that end at or before the offset.
CREATE FUNCTION drop_offset_partitions_before(parent text, log_epoch int8, log_offset int8) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
  size int8;
  child text;
  parts text[];
BEGIN
  SELECT p.span INTO size FROM public.partitioned_tables p WHERE p.table_name = parent AND p.kind = 'offset';
  IF size IS NULL THEN
    RAISE EXCEPTION 'table % has no offset partitions', parent;
  END IF;
  FOR child IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass(format('public.%I', parent)) ORDER BY c.relname
  LOOP
    parts := regexp_match(child, '_e([0-9]+)_o([0-9]+)$');
    CONTINUE WHEN parts IS NULL;
    IF parts[1]::int8 < log_epoch OR (parts[1]::int8 = log_epoch AND parts[2]::int8 + size <= log_offset) THEN
      EXECUTE format('DROP TABLE public.%I', child);
      RETURN NEXT child;
    END IF;
  END LOOP;
END
$$;
