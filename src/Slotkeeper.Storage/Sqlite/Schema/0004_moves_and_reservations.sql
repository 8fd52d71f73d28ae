-- A move at a provider that has no call for it: the new time is booked first, under a reference of its own, then the earlier booking is
-- cancelled. leftovers: earlier ones that are still to be cancelled there.
ALTER TABLE bookings ADD COLUMN moving_as text;
ALTER TABLE bookings ADD COLUMN leftovers text NOT NULL DEFAULT '[]';
-- What the provider keeps beside a hold, and for which calendar it was asked to.
ALTER TABLE claims ADD COLUMN reservation_id text;
ALTER TABLE claims ADD COLUMN reservation_calendar_id text;
