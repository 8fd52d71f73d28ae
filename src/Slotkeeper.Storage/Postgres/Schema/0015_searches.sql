-- Bookings are searched by start and by who comes. attendee_email, attendee_name, attendee_last_name: of the attendee, in small letters, with one space between words, the last name only where
-- there is more than one word. They stand in the row of what they are made of and are erased with it.
ALTER TABLE bookings
  ADD COLUMN attendee_email text COLLATE "C",
  ADD COLUMN attendee_name text COLLATE "C",
  ADD COLUMN attendee_last_name text COLLATE "C";
-- A zero character, which JSON can write and PostgreSQL cannot hold, is in no name or address that was ever taken.
UPDATE bookings SET attendee_email = lower(btrim(attendee::json ->> 'email')), attendee_name = lower(btrim(attendee::json ->> 'name'))
WHERE position('\u0000' IN attendee) = 0 AND position('"erased@erased.invalid"' IN attendee) = 0;
UPDATE bookings SET attendee_last_name = substring(attendee_name FROM '[^ ]+$') WHERE position(' ' IN attendee_name) > 0;

CREATE INDEX bookings_by_start ON bookings (starts_at, id);
CREATE INDEX bookings_of_agency ON bookings (agency_id, starts_at, id);
CREATE INDEX bookings_of_workspace ON bookings (workspace_id, starts_at, id);
-- Rare among many, and what people look for first.
CREATE INDEX bookings_of_rare_status ON bookings (status, agency_id, id) WHERE status = 'pending' OR status = 'unknown' OR status = 'failed';
CREATE INDEX bookings_being_changed ON bookings (action, agency_id, id) WHERE action = 'cancel' OR action = 'reschedule';
CREATE INDEX bookings_by_email ON bookings (attendee_email, agency_id, id);
CREATE INDEX bookings_by_name ON bookings (attendee_name, agency_id, id);
CREATE INDEX bookings_by_last_name ON bookings (attendee_last_name, agency_id, id) WHERE attendee_last_name IS NOT NULL;
CREATE INDEX bookings_by_lead ON bookings (lead_id, agency_id, id) WHERE lead_id IS NOT NULL;

-- held_for: the workspace that a hold was made for, which its id names; null for every other claim.
ALTER TABLE claims ADD COLUMN held_for text COLLATE "C" GENERATED ALWAYS AS (CASE WHEN state = 'held' THEN split_part(id, '.', 2) END) STORED;
CREATE INDEX claims_held ON claims (expires_at, id) WHERE state = 'held';
