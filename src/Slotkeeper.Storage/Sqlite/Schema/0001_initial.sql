-- Instants are Unix microseconds, UTC, as in the PostgreSQL schema, so that one statement serves both databases;
-- datetime(x / 1000000, 'unixepoch') shows them.

CREATE TABLE agencies (
  id         text NOT NULL PRIMARY KEY,
  name       text NOT NULL,
  weight     integer NOT NULL CHECK (weight > 0),
  created_at integer NOT NULL
) STRICT;

CREATE TABLE workspaces (
  id           text NOT NULL PRIMARY KEY,
  agency_id    text NOT NULL REFERENCES agencies (id),
  name         text NOT NULL,
  time_zone    text NOT NULL,
  locale       text NOT NULL,
  external_ref text,
  settings     text NOT NULL,
  created_at   integer NOT NULL,
  UNIQUE (agency_id, id),
  UNIQUE (agency_id, external_ref)
) STRICT;

CREATE TABLE api_keys (
  id            text NOT NULL PRIMARY KEY,
  agency_id     text REFERENCES agencies (id),
  workspace_id  text,
  role          text NOT NULL CHECK (role IN ('admin', 'agency', 'workspace', 'agent')),
  name          text NOT NULL,
  lookup_prefix text NOT NULL UNIQUE,
  salt          blob NOT NULL,
  hash          blob NOT NULL,
  created_at    integer NOT NULL,
  expires_at    integer,
  revoked_at    integer,
  FOREIGN KEY (agency_id, workspace_id) REFERENCES workspaces (agency_id, id)
) STRICT;
CREATE INDEX api_keys_agency ON api_keys (agency_id, id);
CREATE INDEX api_keys_workspace ON api_keys (workspace_id) WHERE workspace_id IS NOT NULL;

CREATE TABLE connections (
  id                    text NOT NULL PRIMARY KEY,
  agency_id             text NOT NULL REFERENCES agencies (id),
  provider              text NOT NULL,
  name                  text NOT NULL,
  sealed_credential     blob NOT NULL,
  sealed_webhook_secret blob NOT NULL,
  base_url              text,
  created_at            integer NOT NULL
) STRICT;
CREATE INDEX connections_agency ON connections (agency_id, id);

-- key: SHA-256 of CalendarRequest.ResourceKey. The text itself can be longer than an index row may be.
CREATE TABLE resources (
  id       text NOT NULL PRIMARY KEY,
  key      blob NOT NULL UNIQUE,
  capacity integer NOT NULL CHECK (capacity > 0)
) STRICT;

-- key: SHA-256 of CalendarRequest.Key. A calendar outlives its connection, unread, because bookings name it.
CREATE TABLE calendars (
  id                        text NOT NULL PRIMARY KEY,
  key                       blob NOT NULL UNIQUE,
  provider                  text NOT NULL,
  url                       text,
  external_id               text,
  connection_id             text REFERENCES connections (id) ON DELETE SET NULL,
  duration_minutes          integer,
  resource_id               text NOT NULL REFERENCES resources (id),
  working_hours             text,
  resolved                  integer NOT NULL DEFAULT 0,
  resolved_event_type_id    text,
  resolved_time_zone        text,
  resolved_duration_minutes integer,
  CHECK ((url IS NULL) <> (external_id IS NULL))
) STRICT;
CREATE INDEX calendars_connection ON calendars (connection_id) WHERE connection_id IS NOT NULL;
CREATE INDEX calendars_resource ON calendars (resource_id);
CREATE INDEX calendars_url ON calendars (url);
CREATE INDEX calendars_external_id ON calendars (external_id);
CREATE INDEX calendars_resolved_event_type ON calendars (resolved_event_type_id);

CREATE TABLE workspace_calendars (
  workspace_id text NOT NULL,
  source       text NOT NULL CHECK (source IN ('default', 'direct_book')),
  agency_id    text NOT NULL,
  calendar_id  text NOT NULL REFERENCES calendars (id),
  PRIMARY KEY (workspace_id, source),
  FOREIGN KEY (agency_id, workspace_id) REFERENCES workspaces (agency_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX workspace_calendars_calendar ON workspace_calendars (calendar_id);

-- Written for every calendar every minute: narrow, and no index but its key.
CREATE TABLE calendar_state (
  calendar_id     text NOT NULL PRIMARY KEY REFERENCES calendars (id) ON DELETE CASCADE,
  epoch           integer NOT NULL,
  failures        integer NOT NULL,
  backoff_until   integer,
  error_code      text,
  error_message   text,
  error_since     integer,
  range_end       integer,
  stale_at        integer NOT NULL,
  last_success_at integer,
  last_attempt_at integer
) STRICT;

CREATE TABLE snapshots (
  calendar_id      text NOT NULL PRIMARY KEY REFERENCES calendars (id) ON DELETE CASCADE,
  slots            integer NOT NULL,
  duration_seconds integer NOT NULL,
  packed           blob NOT NULL
) STRICT;

-- Every row takes its interval, whatever its state: a claim that is given back is deleted. So these two triggers
-- guard holds and bookings, and every way into every state.
CREATE TABLE claims (
  id          text NOT NULL PRIMARY KEY,
  resource_id text NOT NULL REFERENCES resources (id),
  seat        integer NOT NULL CHECK (seat >= 0),
  starts_at   integer NOT NULL,
  ends_at     integer NOT NULL,
  state       text NOT NULL CHECK (state IN ('held', 'pending', 'unknown', 'booked', 'external')),
  expires_at  integer,
  token       text,
  CHECK (starts_at < ends_at),
  CHECK ((state = 'held') = (expires_at IS NOT NULL))
) STRICT;
-- By end: what lies behind us is not read again for every new claim.
CREATE INDEX claims_resource ON claims (resource_id, seat, ends_at);

CREATE TRIGGER claims_do_not_overlap_on_insert BEFORE INSERT ON claims
WHEN EXISTS (
  SELECT 1 FROM claims
  WHERE resource_id = NEW.resource_id AND seat = NEW.seat AND ends_at > NEW.starts_at AND starts_at < NEW.ends_at)
BEGIN
  SELECT RAISE(ABORT, 'claims_do_not_overlap');
END;

CREATE TRIGGER claims_do_not_overlap_on_update BEFORE UPDATE ON claims
WHEN EXISTS (
  SELECT 1 FROM claims
  WHERE resource_id = NEW.resource_id AND seat = NEW.seat AND ends_at > NEW.starts_at AND starts_at < NEW.ends_at
    AND id <> OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'claims_do_not_overlap');
END;

-- expires_at is null after a release.
CREATE TABLE leases (
  name       text NOT NULL PRIMARY KEY,
  holder     text NOT NULL,
  token      integer NOT NULL,
  taken_at   integer NOT NULL,
  expires_at integer
) STRICT;

CREATE TABLE runs (
  id           text NOT NULL PRIMARY KEY,
  started_at   integer NOT NULL,
  duration_ms  integer NOT NULL,
  triggered_by text NOT NULL,
  result       text NOT NULL
) STRICT;
