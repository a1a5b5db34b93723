-- A role such as worker runs on several machines under one name.
ALTER TABLE service_heartbeats DROP CONSTRAINT service_heartbeats_pkey;
ALTER TABLE service_heartbeats ADD PRIMARY KEY (instance, host);
