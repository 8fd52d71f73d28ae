-- Keys that all nodes of this installation share and nobody else has; made by the first that needs one.
CREATE TABLE installation_keys (
  purpose text NOT NULL PRIMARY KEY,
  value   blob NOT NULL CHECK (length(value) >= 32)
) STRICT;

-- How a voice vendor reaches a workspace. sealed_secret: what the vendor signs with. phone_numbers: a JSON list of the numbers whose calls are the workspace's; empty for any.
CREATE TABLE voice_lines (
  workspace_id  text NOT NULL PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
  sealed_secret blob NOT NULL,
  phone_numbers text NOT NULL,
  created_at    integer NOT NULL
) STRICT;
