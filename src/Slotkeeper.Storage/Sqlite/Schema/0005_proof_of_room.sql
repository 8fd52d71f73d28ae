-- due_epoch: the epoch of the last change after which the provider has to be asked again. A fetch that began before it leaves the calendar due.
-- fence_epoch: the epoch of the last change after which an answer to an earlier question says nothing. A fetch that began before it is not
-- stored. Changes of claims raise neither.
ALTER TABLE calendar_state ADD COLUMN due_epoch integer NOT NULL DEFAULT 0;
ALTER TABLE calendar_state ADD COLUMN fence_epoch integer NOT NULL DEFAULT 0;
