-- Instants are Unix microseconds, UTC, as in the SQLite schema, so that one statement serves both databases;
-- to_timestamp(x / 1e6) shows them. Ids compare by bytes (COLLATE "C"), as they do in the program.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE agencies (
  id         text COLLATE "C" PRIMARY KEY,
  name       text NOT NULL,
  weight     integer NOT NULL CHECK (weight > 0),
  created_at bigint NOT NULL
);

CREATE TABLE workspaces (
  id           text COLLATE "C" PRIMARY KEY,
  agency_id    text COLLATE "C" NOT NULL REFERENCES agencies (id),
  name         text NOT NULL,
  time_zone    text NOT NULL,
  locale       text NOT NULL,
  external_ref text,
  settings     text NOT NULL,
  created_at   bigint NOT NULL,
  UNIQUE (agency_id, id),
  UNIQUE (agency_id, external_ref)
);

CREATE TABLE api_keys (
  id            text COLLATE "C" PRIMARY KEY,
  agency_id     text COLLATE "C" REFERENCES agencies (id),
  workspace_id  text COLLATE "C",
  role          text NOT NULL CHECK (role IN ('admin', 'agency', 'workspace', 'agent')),
  name          text NOT NULL,
  lookup_prefix text COLLATE "C" NOT NULL UNIQUE,
  salt          bytea NOT NULL,
  hash          bytea NOT NULL,
  created_at    bigint NOT NULL,
  expires_at    bigint,
  revoked_at    bigint,
  FOREIGN KEY (agency_id, workspace_id) REFERENCES workspaces (agency_id, id)
);
CREATE INDEX api_keys_agency ON api_keys (agency_id, id);
CREATE INDEX api_keys_workspace ON api_keys (workspace_id) WHERE workspace_id IS NOT NULL;

CREATE TABLE connections (
  id                    text COLLATE "C" PRIMARY KEY,
  agency_id             text COLLATE "C" NOT NULL REFERENCES agencies (id),
  provider              text NOT NULL,
  name                  text NOT NULL,
  sealed_credential     bytea NOT NULL,
  sealed_webhook_secret bytea NOT NULL,
  base_url              text,
  created_at            bigint NOT NULL
);
CREATE INDEX connections_agency ON connections (agency_id, id);

-- key: SHA-256 of CalendarRequest.ResourceKey. The text itself can be longer than an index row may be.
CREATE TABLE resources (
  id       text COLLATE "C" PRIMARY KEY,
  key      bytea NOT NULL UNIQUE,
  capacity integer NOT NULL CHECK (capacity > 0)
);

-- key: SHA-256 of CalendarRequest.Key. A calendar outlives its connection, unread, because bookings name it.
CREATE TABLE calendars (
  id                        text COLLATE "C" PRIMARY KEY,
  key                       bytea NOT NULL UNIQUE,
  provider                  text NOT NULL,
  url                       text,
  external_id               text,
  connection_id             text COLLATE "C" REFERENCES connections (id) ON DELETE SET NULL,
  duration_minutes          integer,
  resource_id               text COLLATE "C" NOT NULL REFERENCES resources (id),
  working_hours             text,
  resolved                  integer NOT NULL DEFAULT 0,
  resolved_event_type_id    text,
  resolved_time_zone        text,
  resolved_duration_minutes integer,
  CHECK ((url IS NULL) <> (external_id IS NULL))
);
CREATE INDEX calendars_connection ON calendars (connection_id) WHERE connection_id IS NOT NULL;
CREATE INDEX calendars_resource ON calendars (resource_id);
CREATE INDEX calendars_url ON calendars USING hash (url);
CREATE INDEX calendars_external_id ON calendars USING hash (external_id);
CREATE INDEX calendars_resolved_event_type ON calendars USING hash (resolved_event_type_id);

CREATE TABLE workspace_calendars (
  workspace_id text COLLATE "C" NOT NULL,
  source       text NOT NULL CHECK (source IN ('default', 'direct_book')),
  agency_id    text COLLATE "C" NOT NULL,
  calendar_id  text COLLATE "C" NOT NULL REFERENCES calendars (id),
  PRIMARY KEY (workspace_id, source),
  FOREIGN KEY (agency_id, workspace_id) REFERENCES workspaces (agency_id, id) ON DELETE CASCADE
);
CREATE INDEX workspace_calendars_calendar ON workspace_calendars (calendar_id);

-- Written for every calendar every minute. No index but its key, and room in every page for a second version of each of its
-- rows, because one transaction updates them all: so an update stays in its page and touches no index (HOT). The columns that every refresh changes stand side by side at the end: the log record of
-- an update leaves out what it has in common with the old row before and after them.
CREATE TABLE calendar_state (
  calendar_id     text COLLATE "C" PRIMARY KEY REFERENCES calendars (id) ON DELETE CASCADE,
  epoch           bigint NOT NULL,
  failures        bigint NOT NULL,
  backoff_until   bigint,
  error_code      text,
  error_message   text,
  error_since     bigint,
  range_end       bigint,
  stale_at        bigint NOT NULL,
  last_success_at bigint,
  last_attempt_at bigint
) WITH (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.2);

CREATE TABLE snapshots (
  calendar_id      text COLLATE "C" PRIMARY KEY REFERENCES calendars (id) ON DELETE CASCADE,
  slots            integer NOT NULL,
  duration_seconds integer NOT NULL,
  packed           bytea NOT NULL
) WITH (fillfactor = 70);
-- Packed already: kept in the row, where reading it is free.
ALTER TABLE snapshots ALTER COLUMN packed SET STORAGE MAIN;

-- Every row takes its interval, whatever its state: a claim that is given back is deleted. So this one constraint guards
-- holds and bookings, and every way into every state.
CREATE TABLE claims (
  id          text COLLATE "C" PRIMARY KEY,
  resource_id text COLLATE "C" NOT NULL REFERENCES resources (id),
  seat        integer NOT NULL CHECK (seat >= 0),
  starts_at   bigint NOT NULL,
  ends_at     bigint NOT NULL,
  state       text NOT NULL CHECK (state IN ('held', 'pending', 'unknown', 'booked', 'external')),
  expires_at  bigint,
  token       text,
  CHECK (starts_at < ends_at),
  CHECK ((state = 'held') = (expires_at IS NOT NULL)),
  CONSTRAINT claims_do_not_overlap
    EXCLUDE USING gist (resource_id WITH =, seat WITH =, int8range(starts_at, ends_at, '[)') WITH &&)
);

-- expires_at is null after a release.
CREATE TABLE leases (
  name       text COLLATE "C" PRIMARY KEY,
  holder     text NOT NULL,
  token      bigint NOT NULL,
  taken_at   bigint NOT NULL,
  expires_at bigint
) WITH (fillfactor = 50);

CREATE TABLE runs (
  id           text COLLATE "C" PRIMARY KEY,
  started_at   bigint NOT NULL,
  duration_ms  bigint NOT NULL,
  triggered_by text NOT NULL,
  result       text NOT NULL
);
