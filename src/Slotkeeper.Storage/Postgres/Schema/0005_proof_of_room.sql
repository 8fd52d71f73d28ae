-- due_epoch: the epoch of the last change after which the provider has to be asked again. A fetch that began before it leaves the calendar due.
-- fence_epoch: the epoch of the last change after which an answer to an earlier question says nothing. A fetch that began before it is not
-- stored. Changes of claims raise neither. Both stand behind what every refresh changes, and a refresh leaves them as they are: they cost its log
-- record nothing.
ALTER TABLE calendar_state
  ADD COLUMN due_epoch bigint NOT NULL DEFAULT 0,
  ADD COLUMN fence_epoch bigint NOT NULL DEFAULT 0;

-- calendar_id: where it is booked or held. stands_since: when we knew that the booking stands. proven_at: when its calendar had gone on naming the time all
-- the same, so that it has more hosts or seats: then the claim keeps its seat, but does not count for that calendar.
ALTER TABLE claims
  ADD COLUMN calendar_id text COLLATE "C",
  ADD COLUMN stands_since bigint,
  ADD COLUMN proven_at bigint;
UPDATE claims SET calendar_id = b.calendar_id, stands_since = CASE WHEN claims.state = 'booked' THEN b.created_at END
FROM bookings b WHERE b.id = claims.booking_id;
ALTER TABLE claims ADD CHECK (proven_at IS NULL OR (state IN ('booked', 'external') AND calendar_id IS NOT NULL AND stands_since IS NOT NULL));
