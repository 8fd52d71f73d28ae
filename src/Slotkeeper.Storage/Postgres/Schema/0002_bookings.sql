-- A booking that is being moved takes two intervals, the old one and the new one, and these may overlap: moving 30 minutes by 15
-- is no conflict with oneself. So claims of one booking do not exclude each other, and everybody else's do, as before: what
-- excludes is another owner, which is the booking or, for what belongs to none, the claim itself.
ALTER TABLE claims
  ADD COLUMN booking_id text COLLATE "C",
  -- The provider's id of a booking that was made elsewhere, and when we last heard of it.
  ADD COLUMN external_id text,
  ADD COLUMN heard_at bigint;
ALTER TABLE claims DROP CONSTRAINT claims_do_not_overlap;
ALTER TABLE claims ADD CONSTRAINT claims_do_not_overlap
  EXCLUDE USING gist (
    resource_id WITH =, seat WITH =, int8range(starts_at, ends_at, '[)') WITH &&, (COALESCE(booking_id, id)) WITH <>);

-- A booking outlives its workspace: at the provider it still stands, and what was begun still has to be settled.
-- connection_id: as it was when it was booked, because the provider's ids are its own.
CREATE TABLE bookings (
  id                   text COLLATE "C" PRIMARY KEY,
  workspace_id         text COLLATE "C" NOT NULL,
  agency_id            text COLLATE "C" NOT NULL,
  calendar_id          text COLLATE "C" NOT NULL REFERENCES calendars (id),
  resource_id          text COLLATE "C" NOT NULL REFERENCES resources (id),
  connection_id        text COLLATE "C",
  provider             text NOT NULL,
  source               text NOT NULL CHECK (source IN ('default', 'direct_book')),
  starts_at            bigint NOT NULL,
  ends_at              bigint NOT NULL,
  status               text NOT NULL CHECK (status IN ('pending', 'unknown', 'confirmed', 'cancelled', 'failed')),
  action               text NOT NULL CHECK (action IN ('none', 'create', 'cancel', 'reschedule')),
  moving_to            bigint,
  attendee             text NOT NULL,
  lead_id              text,
  request              text NOT NULL,
  reference            text NOT NULL,
  provider_booking_id  text,
  earlier_provider_ids text NOT NULL,
  created_at           bigint NOT NULL,
  settle_at            bigint,
  attempts             integer NOT NULL,
  history              text NOT NULL,
  CHECK (starts_at < ends_at)
);
CREATE INDEX bookings_workspace ON bookings (workspace_id, id);
CREATE INDEX bookings_to_settle ON bookings (settle_at) WHERE settle_at IS NOT NULL;

-- Every id a booking has or had at its provider. key: its SHA-256; the text itself can be longer than an index row may be.
CREATE TABLE booking_provider_ids (
  key        bytea NOT NULL,
  booking_id text COLLATE "C" NOT NULL REFERENCES bookings (id),
  PRIMARY KEY (key, booking_id)
);

-- One row for each key of a caller: in flight for a booking while status is null. is_cut_off: what it began was ended by
-- somebody who had no answer for it.
CREATE TABLE booking_answers (
  tenant       text COLLATE "C" NOT NULL,
  route        text COLLATE "C" NOT NULL,
  key          text COLLATE "C" NOT NULL,
  request_hash bytea NOT NULL,
  booking_id   text COLLATE "C",
  is_cut_off   integer NOT NULL DEFAULT 0,
  status       integer,
  body         text,
  created_at   bigint NOT NULL,
  PRIMARY KEY (tenant, route, key),
  CHECK ((status IS NULL) = (body IS NULL)),
  CHECK (status IS NOT NULL OR booking_id IS NOT NULL)
);
CREATE INDEX booking_answers_in_flight ON booking_answers (booking_id) WHERE status IS NULL;
CREATE INDEX booking_answers_age ON booking_answers (created_at);

-- Webhooks as they came. next_at is null once one is worked off; the row stays, so that its repeats are known.
CREATE TABLE webhook_inbox (
  connection_id text COLLATE "C" NOT NULL,
  event_id      text COLLATE "C" NOT NULL,
  kind          text NOT NULL,
  payload       bytea NOT NULL,
  received_at   bigint NOT NULL,
  processed_at  bigint,
  attempts      integer NOT NULL,
  next_at       bigint,
  PRIMARY KEY (connection_id, event_id),
  CHECK ((processed_at IS NULL) <> (next_at IS NULL))
);
CREATE INDEX webhook_inbox_due ON webhook_inbox (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_inbox_age ON webhook_inbox (received_at);
