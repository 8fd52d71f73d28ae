-- One row for each chain: an agency's, or that of no agency ('installation'). It is the last thing a transaction locks. sequence, at, hash: of the last record.
-- pruned_sequence, pruned_hash: of the last record that was removed because its time was over, and what the first one left follows on.
CREATE TABLE audit_chains (
  chain           text NOT NULL PRIMARY KEY,
  sequence        integer NOT NULL,
  at              integer NOT NULL,
  hash            blob NOT NULL,
  pruned_sequence integer NOT NULL,
  pruned_hash     blob NOT NULL,
  CHECK (sequence >= pruned_sequence AND pruned_sequence >= 0)
) STRICT;

-- before, after: JSON of the changed fields, without secrets and without what leads and attendees are called or reached by. No foreign keys: records outlive
-- what they are about.
CREATE TABLE audit_records (
  chain        text NOT NULL,
  sequence     integer NOT NULL,
  at           integer NOT NULL,
  actor_kind   text NOT NULL,
  actor_id     text NOT NULL,
  actor_role   text,
  actor_agency text,
  address      text,
  user_agent   text,
  action       text NOT NULL,
  subject_type text NOT NULL,
  subject_id   text NOT NULL,
  before       text,
  after        text,
  hash         blob NOT NULL,
  PRIMARY KEY (chain, sequence)
) STRICT;
CREATE INDEX audit_records_time ON audit_records (at, chain, sequence);
CREATE INDEX audit_records_chain_time ON audit_records (chain, at, sequence);
CREATE INDEX audit_records_subject ON audit_records (subject_id, at);

-- Agencies that are there already have a chain from now on, so that one that has none was robbed of it.
INSERT INTO audit_chains SELECT id, 0, 0, zeroblob(32), 0, zeroblob(32) FROM agencies;

CREATE TRIGGER audit_records_are_not_changed BEFORE UPDATE ON audit_records
BEGIN
  SELECT RAISE(ABORT, 'Audit records are never changed.');
END;

-- The one way: what the chain has as pruned, and says so in a record.
CREATE TRIGGER audit_records_are_not_deleted BEFORE DELETE ON audit_records
WHEN OLD.sequence > COALESCE((SELECT pruned_sequence FROM audit_chains WHERE chain = OLD.chain), 0)
BEGIN
  SELECT RAISE(ABORT, 'Audit records are not deleted before they are pruned.');
END;

-- INSERT OR REPLACE deletes without the trigger above.
CREATE TRIGGER audit_records_are_not_replaced BEFORE INSERT ON audit_records
WHEN EXISTS (SELECT 1 FROM audit_records WHERE chain = NEW.chain AND sequence = NEW.sequence)
BEGIN
  SELECT RAISE(ABORT, 'Audit records are never changed.');
END;

CREATE TRIGGER audit_chains_only_grow BEFORE UPDATE ON audit_chains
WHEN NEW.chain <> OLD.chain OR NEW.sequence < OLD.sequence OR (NEW.sequence = OLD.sequence AND NEW.hash <> OLD.hash)
  OR NEW.pruned_sequence < OLD.pruned_sequence OR (NEW.pruned_sequence = OLD.pruned_sequence AND NEW.pruned_hash <> OLD.pruned_hash)
  OR (NEW.pruned_sequence > OLD.pruned_sequence AND NOT EXISTS (
    SELECT 1 FROM audit_records WHERE chain = NEW.chain AND sequence = NEW.pruned_sequence AND hash = NEW.pruned_hash))
BEGIN
  SELECT RAISE(ABORT, 'The chain of an audit only grows.');
END;

CREATE TRIGGER audit_chains_are_not_deleted BEFORE DELETE ON audit_chains
BEGIN
  SELECT RAISE(ABORT, 'The chain of an audit only grows.');
END;

CREATE TRIGGER audit_chains_are_not_replaced BEFORE INSERT ON audit_chains
WHEN EXISTS (SELECT 1 FROM audit_chains WHERE chain = NEW.chain)
BEGIN
  SELECT RAISE(ABORT, 'The chain of an audit only grows.');
END;
