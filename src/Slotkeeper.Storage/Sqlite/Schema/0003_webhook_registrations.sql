-- While a webhook secret is replaced both count: the one before it until its end.
ALTER TABLE connections ADD COLUMN sealed_former_webhook_secret blob;
ALTER TABLE connections ADD COLUMN former_webhook_secret_until integer;

-- Webhooks at providers that send to us. next_at and since are by the clock of the node that looks after them.
CREATE TABLE webhook_registrations (
  connection_id   text NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
  state           text NOT NULL CHECK (state IN ('registered', 'unsupported', 'failed')),
  since           integer NOT NULL,
  fingerprint     blob NOT NULL,
  url             text NOT NULL,
  subscription_id text,
  error           text,
  failures        integer NOT NULL,
  next_at         integer NOT NULL
) STRICT;

-- Webhooks whose connection is gone or has another credential. They keep the credential they were made with until they are removed
-- at the provider or given up.
CREATE TABLE former_webhooks (
  connection_id     text NOT NULL,
  subscription_id   text NOT NULL,
  provider          text NOT NULL,
  sealed_credential blob NOT NULL,
  base_url          text,
  failures          integer NOT NULL,
  left_at           integer NOT NULL,
  next_at           integer NOT NULL,
  PRIMARY KEY (connection_id, subscription_id)
) STRICT;

-- What a connection's webhooks have shown of themselves: when one last came, and how many changes reading found since that none told of.
CREATE TABLE webhook_sources (
  connection_id text NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
  heard_at      integer,
  missed        integer NOT NULL,
  usual         real NOT NULL,
  silent_since  integer
) STRICT;
