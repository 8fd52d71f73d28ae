-- While a webhook secret is replaced both count: the one before it until its end.
ALTER TABLE connections
  ADD COLUMN sealed_former_webhook_secret bytea,
  ADD COLUMN former_webhook_secret_until bigint;

-- Webhooks at providers that send to us. next_at and since are by the clock of the node that looks after them.
CREATE TABLE webhook_registrations (
  connection_id   text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
  state           text NOT NULL CHECK (state IN ('registered', 'unsupported', 'failed')),
  since           bigint NOT NULL,
  fingerprint     bytea NOT NULL,
  url             text NOT NULL,
  subscription_id text,
  error           text,
  failures        integer NOT NULL,
  next_at         bigint NOT NULL
);

-- Webhooks whose connection is gone or has another credential. They keep the credential they were made with until they are removed
-- at the provider or given up.
CREATE TABLE former_webhooks (
  connection_id     text COLLATE "C" NOT NULL,
  subscription_id   text NOT NULL,
  provider          text NOT NULL,
  sealed_credential bytea NOT NULL,
  base_url          text,
  failures          integer NOT NULL,
  left_at           bigint NOT NULL,
  next_at           bigint NOT NULL,
  PRIMARY KEY (connection_id, subscription_id)
);

-- What a connection's webhooks have shown of themselves: when one last came, and how many changes reading found since that none told of.
CREATE TABLE webhook_sources (
  connection_id text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
  heard_at      bigint,
  missed        integer NOT NULL,
  usual         double precision NOT NULL,
  silent_since  bigint
);
