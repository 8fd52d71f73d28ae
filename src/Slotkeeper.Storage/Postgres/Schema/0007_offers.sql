-- Personal data of a lead stands here and in bookings, nowhere else: offers name it by reference.
CREATE TABLE leads (
  workspace_id  text COLLATE "C" NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  ref           text COLLATE "C" NOT NULL,
  email         text,
  -- As it is looked up: lower case.
  email_key     text COLLATE "C",
  name          text,
  time_zone     text,
  snoozed_until bigint,
  updated_at    bigint NOT NULL,
  PRIMARY KEY (workspace_id, ref)
);
CREATE INDEX leads_email ON leads (workspace_id, email_key) WHERE email_key IS NOT NULL;

-- Each time a slot was named to a lead, or proposed in a draft. Nothing that is booked depends on it.
-- Expired is not stored: it follows from starts_at.
CREATE TABLE offers (
  id           text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  agency_id    text COLLATE "C" NOT NULL,
  calendar_id  text COLLATE "C" NOT NULL,
  source       text NOT NULL CHECK (source IN ('default', 'direct_book')),
  lead_id      text COLLATE "C",
  draft_id     text COLLATE "C",
  starts_at    bigint NOT NULL,
  ends_at      bigint NOT NULL,
  label        text NOT NULL,
  style        text NOT NULL,
  locale       text NOT NULL,
  time_zone    text NOT NULL,
  channel      text,
  epoch        bigint NOT NULL,
  offered_at   bigint NOT NULL,
  state        text NOT NULL CHECK (state IN ('drafted', 'live', 'accepted', 'withdrawn')),
  reason       text,
  ended_at     bigint,
  CHECK (starts_at < ends_at),
  CHECK ((state IN ('accepted', 'withdrawn')) = (ended_at IS NOT NULL))
);
CREATE INDEX offers_workspace ON offers (workspace_id, id);
CREATE INDEX offers_lead ON offers (workspace_id, lead_id, id) WHERE lead_id IS NOT NULL;
CREATE INDEX offers_draft ON offers (workspace_id, draft_id) WHERE draft_id IS NOT NULL;
CREATE INDEX offers_slots ON offers (calendar_id, starts_at);
CREATE INDEX offers_live ON offers (calendar_id, starts_at, lead_id) WHERE state = 'live';
CREATE INDEX offers_age ON offers (starts_at);
CREATE INDEX offers_drafts ON offers (offered_at) WHERE state = 'drafted';
