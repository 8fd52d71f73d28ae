-- Keys that all nodes of this installation share and nobody else has; made by the first that needs one.
CREATE TABLE installation_keys (
  purpose text COLLATE "C" NOT NULL PRIMARY KEY,
  value   bytea NOT NULL CHECK (length(value) >= 32)
);

-- How a voice vendor reaches a workspace. sealed_secret: what the vendor signs with. phone_numbers: a JSON list of the numbers whose calls are the workspace's; empty for any.
CREATE TABLE voice_lines (
  workspace_id  text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
  sealed_secret bytea NOT NULL,
  phone_numbers text NOT NULL,
  created_at    bigint NOT NULL
);
