-- Messages to leads that go out at their time. A lead's own data stands in variables and attempt and goes when the lead is erased.
-- next_at: when somebody looks at it next; null when nobody does. taken_until: somebody is sending it; when that time has passed and it is still
-- set, whoever it was died, and next_at, which is the same then, brings it again. attempt: the accepted text or the last whose fate is not known.
CREATE TABLE follow_ups (
  id               text NOT NULL PRIMARY KEY,
  workspace_id     text NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  agency_id        text NOT NULL,
  lead_id          text NOT NULL,
  lead_time_zone   text,
  due_at           integer NOT NULL,
  template         text NOT NULL,
  channel          text NOT NULL,
  calendar_link    text,
  variables        text NOT NULL,
  source           text NOT NULL CHECK (source IN ('default', 'direct_book')),
  locale           text,
  state            text NOT NULL CHECK (state IN ('scheduled', 'blocked', 'sent', 'cancelled')),
  reason           text,
  detail           text,
  next_at          integer,
  taken_until      integer,
  version          integer NOT NULL,
  attempts         integer NOT NULL,
  first_attempt_at integer,
  attempt          text,
  created_at       integer NOT NULL,
  ended_at         integer,
  CHECK ((state IN ('sent', 'cancelled')) = (ended_at IS NOT NULL)),
  CHECK (ended_at IS NULL OR (next_at IS NULL AND taken_until IS NULL)),
  CHECK (state <> 'scheduled' OR next_at IS NOT NULL),
  CHECK (state <> 'sent' OR attempt IS NOT NULL)
) STRICT;
CREATE INDEX follow_ups_workspace ON follow_ups (workspace_id, id);
CREATE INDEX follow_ups_lead ON follow_ups (workspace_id, lead_id, id);
CREATE INDEX follow_ups_due ON follow_ups (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX follow_ups_taken ON follow_ups (workspace_id, taken_until) WHERE taken_until IS NOT NULL;
CREATE INDEX follow_ups_ended ON follow_ups (ended_at) WHERE ended_at IS NOT NULL;

-- What is signed with that goes to a workspace's own address. sealed_previous_secret signs too, until previous_until.
CREATE TABLE workspace_secrets (
  workspace_id           text NOT NULL PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
  sealed_secret          blob NOT NULL,
  sealed_previous_secret blob,
  previous_until         integer,
  created_at             integer NOT NULL,
  CHECK ((sealed_previous_secret IS NULL) = (previous_until IS NULL))
) STRICT;
