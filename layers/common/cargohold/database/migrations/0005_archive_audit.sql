-- Why a transition failed or waits, and whether bundles are still whole.

ALTER TABLE image ADD COLUMN error text NOT NULL DEFAULT '';  -- why the last archiving or deletion failed, or waits
CREATE INDEX image_error ON image (id) WHERE error <> '';

ALTER TABLE archived_image
    ADD COLUMN audited_at timestamptz,                 -- when its bundle was looked at last; null: never since it was put
    ADD COLUMN damage text NOT NULL DEFAULT '';        -- what was wrong with it then
CREATE INDEX archived_image_audited ON archived_image (coalesce(audited_at, archived_at), digest);
CREATE INDEX archived_image_damage ON archived_image (digest) WHERE damage <> '';

-- One row an audit, counted up by its continuations.
CREATE TABLE archive_audit (
    execution_id text PRIMARY KEY,
    wanted integer NOT NULL,                           -- bundles to look at
    hops integer NOT NULL DEFAULT 0,                   -- of the last continuation that began
    whole integer NOT NULL DEFAULT 0,
    damaged integer NOT NULL DEFAULT 0,
    missing integer NOT NULL DEFAULT 0,
    cold integer NOT NULL DEFAULT 0,                   -- there, but in a class that must be restored to be read
    bytes bigint NOT NULL DEFAULT 0,                   -- of the whole ones
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE INDEX archive_audit_started ON archive_audit (started_at DESC);

GRANT UPDATE (error) ON image TO cargohold_archive;
GRANT UPDATE (error) ON archived_image TO cargohold_persist;
GRANT SELECT, INSERT, UPDATE ON archive_audit TO cargohold_archive;
GRANT SELECT ON archive_audit TO cargohold_api;
