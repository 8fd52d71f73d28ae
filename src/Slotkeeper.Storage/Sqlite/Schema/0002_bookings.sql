-- A booking that is being moved takes two intervals, the old one and the new one, and these may overlap: moving 30 minutes by 15
-- is no conflict with oneself. So claims of one booking do not exclude each other, and everybody else's do, as before: what
-- excludes is another owner, which is the booking or, for what belongs to none, the claim itself.
ALTER TABLE claims ADD COLUMN booking_id text;
-- The provider's id of a booking that was made elsewhere, and when we last heard of it.
ALTER TABLE claims ADD COLUMN external_id text;
ALTER TABLE claims ADD COLUMN heard_at integer;

DROP TRIGGER claims_do_not_overlap_on_insert;
DROP TRIGGER claims_do_not_overlap_on_update;

CREATE TRIGGER claims_do_not_overlap_on_insert BEFORE INSERT ON claims
WHEN EXISTS (
  SELECT 1 FROM claims
  WHERE resource_id = NEW.resource_id AND seat = NEW.seat AND ends_at > NEW.starts_at AND starts_at < NEW.ends_at
    AND COALESCE(booking_id, id) <> COALESCE(NEW.booking_id, NEW.id))
BEGIN
  SELECT RAISE(ABORT, 'claims_do_not_overlap');
END;

-- A hold that becomes a booking changes its id, and with that its owner: the row itself never counts.
CREATE TRIGGER claims_do_not_overlap_on_update BEFORE UPDATE ON claims
WHEN EXISTS (
  SELECT 1 FROM claims
  WHERE resource_id = NEW.resource_id AND seat = NEW.seat AND ends_at > NEW.starts_at AND starts_at < NEW.ends_at
    AND COALESCE(booking_id, id) <> COALESCE(NEW.booking_id, NEW.id) AND id <> OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'claims_do_not_overlap');
END;

-- A booking outlives its workspace: at the provider it still stands, and what was begun still has to be settled.
-- connection_id: as it was when it was booked, because the provider's ids are its own.
CREATE TABLE bookings (
  id                   text NOT NULL PRIMARY KEY,
  workspace_id         text NOT NULL,
  agency_id            text NOT NULL,
  calendar_id          text NOT NULL REFERENCES calendars (id),
  resource_id          text NOT NULL REFERENCES resources (id),
  connection_id        text,
  provider             text NOT NULL,
  source               text NOT NULL CHECK (source IN ('default', 'direct_book')),
  starts_at            integer NOT NULL,
  ends_at              integer NOT NULL,
  status               text NOT NULL CHECK (status IN ('pending', 'unknown', 'confirmed', 'cancelled', 'failed')),
  action               text NOT NULL CHECK (action IN ('none', 'create', 'cancel', 'reschedule')),
  moving_to            integer,
  attendee             text NOT NULL,
  lead_id              text,
  request              text NOT NULL,
  reference            text NOT NULL,
  provider_booking_id  text,
  earlier_provider_ids text NOT NULL,
  created_at           integer NOT NULL,
  settle_at            integer,
  attempts             integer NOT NULL,
  history              text NOT NULL,
  CHECK (starts_at < ends_at)
) STRICT;
CREATE INDEX bookings_workspace ON bookings (workspace_id, id);
CREATE INDEX bookings_to_settle ON bookings (settle_at) WHERE settle_at IS NOT NULL;

-- Every id a booking has or had at its provider. key: its SHA-256; the text itself can be longer than an index row may be.
CREATE TABLE booking_provider_ids (
  key        blob NOT NULL,
  booking_id text NOT NULL REFERENCES bookings (id),
  PRIMARY KEY (key, booking_id)
) STRICT;

-- One row for each key of a caller: in flight for a booking while status is null. is_cut_off: what it began was ended by
-- somebody who had no answer for it.
CREATE TABLE booking_answers (
  tenant       text NOT NULL,
  route        text NOT NULL,
  key          text NOT NULL,
  request_hash blob NOT NULL,
  booking_id   text,
  is_cut_off   integer NOT NULL DEFAULT 0,
  status       integer,
  body         text,
  created_at   integer NOT NULL,
  PRIMARY KEY (tenant, route, key),
  CHECK ((status IS NULL) = (body IS NULL)),
  CHECK (status IS NOT NULL OR booking_id IS NOT NULL)
) STRICT;
CREATE INDEX booking_answers_in_flight ON booking_answers (booking_id) WHERE status IS NULL;
CREATE INDEX booking_answers_age ON booking_answers (created_at);

-- Webhooks as they came. next_at is null once one is worked off; the row stays, so that its repeats are known.
CREATE TABLE webhook_inbox (
  connection_id text NOT NULL,
  event_id      text NOT NULL,
  kind          text NOT NULL,
  payload       blob NOT NULL,
  received_at   integer NOT NULL,
  processed_at  integer,
  attempts      integer NOT NULL,
  next_at       integer,
  PRIMARY KEY (connection_id, event_id),
  CHECK ((processed_at IS NULL) <> (next_at IS NULL))
) STRICT;
CREATE INDEX webhook_inbox_due ON webhook_inbox (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_inbox_age ON webhook_inbox (received_at);
