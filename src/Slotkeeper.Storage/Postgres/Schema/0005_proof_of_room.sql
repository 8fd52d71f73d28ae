-- due_epoch: the epoch of the last change after which the provider has to be asked again. A fetch that began before it leaves the calendar due.
-- fence_epoch: the epoch of the last change after which an answer to an earlier question says nothing. A fetch that began before it is not
-- stored. Changes of claims raise neither. Both stand behind what every refresh changes, and a refresh leaves them as they are: they cost its log
-- record nothing.
ALTER TABLE calendar_state
  ADD COLUMN due_epoch bigint NOT NULL DEFAULT 0,
  ADD COLUMN fence_epoch bigint NOT NULL DEFAULT 0;
