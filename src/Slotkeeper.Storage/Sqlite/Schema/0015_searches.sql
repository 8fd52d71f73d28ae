-- Bookings are searched by start and by who comes. attendee_email, attendee_name, attendee_last_name: of the attendee, in small letters, with one space between words, the last name only where
-- there is more than one word. They stand in the row of what they are made of and are erased with it. Of bookings from before, SQLite makes small the letters A to Z only.
ALTER TABLE bookings ADD COLUMN attendee_email text;
ALTER TABLE bookings ADD COLUMN attendee_name text;
ALTER TABLE bookings ADD COLUMN attendee_last_name text;
UPDATE bookings SET attendee_email = lower(trim(attendee ->> '$.email')), attendee_name = lower(trim(attendee ->> '$.name')) WHERE attendee NOT LIKE '%"erased@erased.invalid"%';
-- What is left of a name when its letters up to the last space are taken off its front.
UPDATE bookings SET attendee_last_name = substr(attendee_name, length(rtrim(attendee_name, replace(attendee_name, ' ', ''))) + 1) WHERE attendee_name LIKE '% %';

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
ALTER TABLE claims ADD COLUMN held_for text GENERATED ALWAYS AS (CASE WHEN state = 'held' THEN substr(id, instr(id, '.') + 1) END) VIRTUAL;
CREATE INDEX claims_held ON claims (expires_at, id) WHERE state = 'held';
