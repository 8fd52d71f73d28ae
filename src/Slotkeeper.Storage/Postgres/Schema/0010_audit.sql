-- One row for each chain: an agency's, or that of no agency ('installation'). It is the last thing a transaction locks. sequence, at, hash: of the last record.
-- pruned_sequence, pruned_hash: of the last record that was removed because its time was over, and what the first one left follows on.
CREATE TABLE audit_chains (
  chain           text COLLATE "C" PRIMARY KEY,
  sequence        bigint NOT NULL,
  at              bigint NOT NULL,
  hash            bytea NOT NULL,
  pruned_sequence bigint NOT NULL,
  pruned_hash     bytea NOT NULL,
  CHECK (sequence >= pruned_sequence AND pruned_sequence >= 0)
) WITH (fillfactor = 50);

-- before, after: JSON of the changed fields, without secrets and without what leads and attendees are called or reached by. No foreign keys: records outlive
-- what they are about.
CREATE TABLE audit_records (
  chain        text COLLATE "C" NOT NULL,
  sequence     bigint NOT NULL,
  at           bigint NOT NULL,
  actor_kind   text NOT NULL,
  actor_id     text NOT NULL,
  actor_role   text,
  actor_agency text,
  address      text,
  user_agent   text,
  action       text NOT NULL,
  subject_type text NOT NULL,
  subject_id   text COLLATE "C" NOT NULL,
  before       text,
  after        text,
  hash         bytea NOT NULL,
  PRIMARY KEY (chain, sequence)
);
CREATE INDEX audit_records_time ON audit_records (at, chain, sequence);
CREATE INDEX audit_records_chain_time ON audit_records (chain, at, sequence);
CREATE INDEX audit_records_subject ON audit_records (subject_id, at);

-- Agencies that are there already have a chain from now on, so that one that has none was robbed of it.
INSERT INTO audit_chains SELECT id, 0, 0, decode(repeat('00', 32), 'hex'), 0, decode(repeat('00', 32), 'hex') FROM agencies;

-- What links a record to the one before; SQLite gets it from the program. The content is a hash itself.
CREATE FUNCTION audit_hash(previous bytea, number bigint, moment bigint, content bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT sha256(previous || int8send(number) || int8send(moment) || content)
$$;

CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER audit_records_are_not_changed BEFORE UPDATE ON audit_records
FOR EACH ROW EXECUTE FUNCTION audit_refuses('Audit records are never changed.');

-- The one way: what the chain has as pruned, and says so in a record.
CREATE FUNCTION audit_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.sequence > COALESCE((SELECT pruned_sequence FROM audit_chains WHERE chain = OLD.chain), 0) THEN
    RAISE EXCEPTION 'Audit records are not deleted before they are pruned.' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END $$;

CREATE TRIGGER audit_records_are_not_deleted BEFORE DELETE ON audit_records FOR EACH ROW EXECUTE FUNCTION audit_keeps();

CREATE TRIGGER audit_records_are_not_emptied BEFORE TRUNCATE ON audit_records
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses('Audit records are not deleted before they are pruned.');

CREATE FUNCTION audit_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.chain <> OLD.chain OR NEW.sequence < OLD.sequence OR (NEW.sequence = OLD.sequence AND NEW.hash <> OLD.hash)
    OR NEW.pruned_sequence < OLD.pruned_sequence OR (NEW.pruned_sequence = OLD.pruned_sequence AND NEW.pruned_hash <> OLD.pruned_hash) THEN
    RAISE EXCEPTION 'The chain of an audit only grows.' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.pruned_sequence > OLD.pruned_sequence AND NOT EXISTS (
    SELECT 1 FROM audit_records WHERE chain = NEW.chain AND sequence = NEW.pruned_sequence AND hash = NEW.pruned_hash) THEN
    RAISE EXCEPTION 'The chain of an audit only grows.' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER audit_chains_only_grow BEFORE UPDATE ON audit_chains FOR EACH ROW EXECUTE FUNCTION audit_grows();

CREATE TRIGGER audit_chains_are_not_deleted BEFORE DELETE ON audit_chains
FOR EACH ROW EXECUTE FUNCTION audit_refuses('The chain of an audit only grows.');

CREATE TRIGGER audit_chains_are_not_emptied BEFORE TRUNCATE ON audit_chains
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses('The chain of an audit only grows.');
