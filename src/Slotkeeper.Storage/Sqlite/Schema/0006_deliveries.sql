-- Where agencies want to be told of events. sealed_previous_secret signs too, until previous_until.
-- is_troubled: it fails, or is slow to accept. Written only when it changes, not at every delivery.
CREATE TABLE webhook_endpoints (
  id                     text NOT NULL PRIMARY KEY,
  agency_id              text NOT NULL REFERENCES agencies (id) ON DELETE CASCADE,
  url                    text NOT NULL,
  events                 text NOT NULL,
  sealed_secret          blob NOT NULL,
  sealed_previous_secret blob,
  previous_until         integer,
  created_at             integer NOT NULL,
  disabled_at            integer,
  disabled_reason        text,
  failing_since          integer,
  is_troubled            integer NOT NULL DEFAULT 0,
  CHECK ((sealed_previous_secret IS NULL) = (previous_until IS NULL)),
  CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL))
) STRICT;
CREATE INDEX webhook_endpoints_agency ON webhook_endpoints (agency_id, id);

-- One row for each event and endpoint, written in the transaction of the event's cause. taken_until: somebody is sending it; when that
-- time has passed and it is still set, whoever it was died.
CREATE TABLE deliveries (
  id           text NOT NULL PRIMARY KEY,
  endpoint_id  text NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
  event_id     text NOT NULL,
  workspace_id text,
  type         text NOT NULL,
  payload      text NOT NULL,
  state        text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
  attempts     integer NOT NULL,
  created_at   integer NOT NULL,
  next_at      integer,
  taken_until  integer,
  delivered_at integer,
  last_status  integer,
  last_error   text,
  CHECK ((state = 'pending') = (next_at IS NOT NULL)),
  CHECK ((state = 'delivered') = (delivered_at IS NOT NULL)),
  CHECK (state = 'pending' OR taken_until IS NULL)
) STRICT;
CREATE INDEX deliveries_endpoint ON deliveries (endpoint_id, id);
CREATE INDEX deliveries_due ON deliveries (endpoint_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX deliveries_taken ON deliveries (endpoint_id, taken_until) WHERE taken_until IS NOT NULL;
CREATE INDEX deliveries_age ON deliveries (created_at);
