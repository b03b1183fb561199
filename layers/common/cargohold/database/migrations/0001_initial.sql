-- Digests are 32 raw bytes. Identity keys are int4 where arrays hold them.

CREATE TABLE layer (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    diff_id bytea NOT NULL CHECK (octet_length(diff_id) = 32),
    blob_digest bytea NOT NULL CHECK (octet_length(blob_digest) IN (0, 32)),  -- empty: the transport has none
    UNIQUE (diff_id, blob_digest)
);

-- The layers of an image, base first: content-addressed, since most images share their chain with others.
CREATE TABLE layer_chain (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sha256 bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    layers integer[] NOT NULL
);
CREATE INDEX layer_chain_layers ON layer_chain USING gin (layers) WITH (fastupdate = off);

CREATE TABLE image (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    media_type text NOT NULL,
    os text NOT NULL DEFAULT '',
    architecture text NOT NULL DEFAULT '',
    variant text NOT NULL DEFAULT '',
    distro_id text NOT NULL DEFAULT '',
    distro_version text NOT NULL DEFAULT '',
    size bigint NOT NULL DEFAULT 0,              -- compressed bytes of all layers
    uncompressed_size bigint NOT NULL DEFAULT 0,
    file_count integer NOT NULL DEFAULT 0,
    package_count integer NOT NULL DEFAULT 0,    -- visible ones
    layer_chain_id integer NOT NULL REFERENCES layer_chain,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archiving', 'deleting')),
    revision bigint NOT NULL DEFAULT 1,
    request_id uuid,                             -- of the transition under way
    status_changed_at timestamptz NOT NULL DEFAULT now(),
    protected_until timestamptz,                 -- restored: rules leave it alone until then
    analysis_id uuid NOT NULL,
    analysis_sha256 bytea NOT NULL CHECK (octet_length(analysis_sha256) = 32),  -- of the document `analysis`, which lists the others
    catalog_version integer NOT NULL,
    created_at timestamptz,                      -- as the image's config says
    analyzed_at timestamptz NOT NULL
);
CREATE INDEX image_analyzed_at ON image (analyzed_at DESC, id DESC);
CREATE INDEX image_status ON image (status) WHERE status <> 'active';
CREATE INDEX image_layer_chain ON image (layer_chain_id);

CREATE TABLE image_index (
    index_digest bytea NOT NULL CHECK (octet_length(index_digest) = 32),
    image_digest bytea NOT NULL CHECK (octet_length(image_digest) = 32),
    first_seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (index_digest, image_digest)
);
CREATE INDEX image_index_image ON image_index (image_digest);

-- The current owner of each tag, and references by digest alone (tag ''). `digest` is an image's or an index's.
CREATE TABLE reference (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registry text NOT NULL,
    repository text NOT NULL,
    tag text NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    first_seen timestamptz NOT NULL,
    pushed_at timestamptz NOT NULL,
    removed_at timestamptz
);
-- The repository first: who asks may leave the registry open.
CREATE UNIQUE INDEX reference_tag ON reference (repository, registry, tag) WHERE tag <> '';
CREATE UNIQUE INDEX reference_digest_only ON reference (repository, registry, digest) WHERE tag = '';
CREATE INDEX reference_digest ON reference (digest);

-- Append-only history of references; pruned by age.
CREATE TABLE reference_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registry text NOT NULL,
    repository text NOT NULL,
    tag text NOT NULL,
    digest bytea NOT NULL,
    event text NOT NULL CHECK (event IN ('pushed', 'removed')),
    at timestamptz NOT NULL,
    UNIQUE (registry, repository, tag, digest, event, at)
);
CREATE INDEX reference_event_digest ON reference_event (digest);
CREATE INDEX reference_event_at ON reference_event USING brin (at);

-- An attempt belongs to a reference: a failure by tag has no digest.
CREATE TABLE attempt (
    analysis_id uuid PRIMARY KEY,
    registry text NOT NULL,
    repository text NOT NULL,
    tag text NOT NULL,
    digest bytea,
    status text NOT NULL CHECK (status IN ('analyzing', 'analyzed', 'analysis_failed')),
    error_code text NOT NULL DEFAULT '',
    error_message text NOT NULL DEFAULT '',
    final boolean NOT NULL DEFAULT false,
    started_at timestamptz NOT NULL,
    deadline timestamptz,
    finished_at timestamptz
);
CREATE INDEX attempt_reference ON attempt (registry, repository, tag, started_at DESC);
CREATE INDEX attempt_digest ON attempt (digest) WHERE digest IS NOT NULL;
CREATE INDEX attempt_started_at ON attempt (started_at);

CREATE TABLE package (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identity bytea NOT NULL UNIQUE CHECK (octet_length(identity) = 32),  -- SHA-256 of all that follows, without keys and times
    type text NOT NULL,
    namespace text NOT NULL,
    name text COLLATE "C" NOT NULL,              -- bytewise: one index serves equality, prefixes and pages
    version text COLLATE "C" NOT NULL,
    version_key bytea,                           -- sorts as the ecosystem orders versions
    source_name text NOT NULL,
    source_version text NOT NULL,
    distro text NOT NULL,
    purl text NOT NULL,
    licenses text[] NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz                        -- folded in when the last set that holds it is collected
);
CREATE INDEX package_name ON package (name, version, id);
CREATE INDEX package_source ON package (source_name) WHERE source_name <> '';
CREATE INDEX package_purl ON package USING hash (split_part(purl, '?', 1));  -- who asks may not know the qualifiers
-- Substrings are found without it too, only slower. Where the server has it is not for us to say.
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX package_name_trigrams ON package USING gin (name gin_trgm_ops) WITH (fastupdate = off);
EXCEPTION WHEN feature_not_supported OR undefined_file OR insufficient_privilege OR undefined_object THEN
    NULL;
END $$;

-- Content-addressed: nothing in it changes. Members are package ids, sorted.
CREATE TABLE package_set (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sha256 bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    scope text NOT NULL CHECK (scope IN ('visible', 'hidden', 'declared')),
    members integer[] NOT NULL
);
CREATE INDEX package_set_members ON package_set USING gin (members) WITH (fastupdate = off);

-- Apart from package_set, so that touching a time does not rewrite the array's index.
CREATE TABLE package_set_seen (
    set_id integer PRIMARY KEY REFERENCES package_set,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL
);

CREATE TABLE image_package_set (
    image_id integer NOT NULL REFERENCES image,
    cataloger text NOT NULL,
    scope text NOT NULL CHECK (scope IN ('visible', 'hidden', 'declared')),
    set_id integer NOT NULL REFERENCES package_set,
    PRIMARY KEY (image_id, cataloger, scope)
);
CREATE INDEX image_package_set_set ON image_package_set (set_id, image_id DESC);

-- Objects of the Postgres driver: chunks are written under a fresh upload id, the key row last.
CREATE TABLE object (
    key text PRIMARY KEY COLLATE "C",
    upload uuid NOT NULL UNIQUE,
    size bigint NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE object_chunk (
    upload uuid NOT NULL,
    ordinal integer NOT NULL,
    data bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (upload, ordinal)
);
ALTER TABLE object_chunk ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE archived_image (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    status text NOT NULL CHECK (status IN ('archived', 'restoring', 'deleting')),
    revision bigint NOT NULL DEFAULT 1,
    request_id uuid NOT NULL,                    -- of the transition that made this bundle
    transition_id uuid,                          -- of the transition under way
    status_changed_at timestamptz NOT NULL DEFAULT now(),
    bundle_key text NOT NULL,
    bundle_sha256 bytea NOT NULL CHECK (octet_length(bundle_sha256) = 32),
    bundle_size bigint NOT NULL,
    analysis_id uuid NOT NULL,
    catalog_version integer NOT NULL,
    os text NOT NULL,
    architecture text NOT NULL,
    distro_id text NOT NULL,
    distro_version text NOT NULL,
    package_count integer NOT NULL,
    "references" jsonb NOT NULL,                 -- as they were, for listing
    primary_keys text[] NOT NULL,                -- objects still to delete from the primary store
    stale_bundles text[] NOT NULL DEFAULT '{}',  -- replaced bundles still to delete
    rule_id integer,
    error text NOT NULL DEFAULT '',              -- of the last failed restore
    analyzed_at timestamptz NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX archived_image_archived_at ON archived_image (archived_at DESC, digest);
CREATE INDEX archived_image_status ON archived_image (status) WHERE status <> 'archived';
CREATE INDEX archived_image_cleanup ON archived_image (digest)
    WHERE primary_keys <> '{}' OR stale_bundles <> '{}';

-- Never expires: stops every request and result whose push is not later.
CREATE TABLE tombstone (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    at timestamptz NOT NULL,
    reason text NOT NULL CHECK (reason IN ('archived', 'deleted'))
);

CREATE TABLE archive_rule (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    rule jsonb NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE archive_rule_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    execution_id text NOT NULL,
    rule_id integer,
    rule_name text NOT NULL,
    dry_run boolean NOT NULL,
    examined integer NOT NULL,
    selected integer NOT NULL,
    requested integer NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    started_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX archive_rule_run_started ON archive_rule_run (started_at DESC);

-- Messaging on one machine: a kill loses none. Unused in AWS.
CREATE TABLE message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL CHECK (queue IN ('analyze', 'persist', 'archive', 'bus')),
    body jsonb NOT NULL,
    visible_at timestamptz NOT NULL DEFAULT now(),
    receives integer NOT NULL DEFAULT 0,
    dead boolean NOT NULL DEFAULT false,
    sent_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX message_queue ON message (queue, visible_at) WHERE NOT dead;

-- One role a function: docs/data-ownership.md is this, in words.
DO $$
DECLARE
    role text;
    on_rds boolean := EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam');
BEGIN
    FOREACH role IN ARRAY ARRAY['cargohold_persist', 'cargohold_archive', 'cargohold_api', 'cargohold_objects', 'cargohold_messages']
    LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- roles belong to the whole server; another database has made it
        END;
        BEGIN
            -- An owner that is no superuser may take the role on; on RDS the function logs in as it, by IAM.
            IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
                EXECUTE format('GRANT %I TO CURRENT_USER', role);
            END IF;
            IF on_rds THEN
                EXECUTE format('ALTER ROLE %I LOGIN', role);
                EXECUTE format('GRANT rds_iam TO %I', role);
            END IF;
        EXCEPTION WHEN insufficient_privilege OR invalid_grant_operation THEN
            RAISE NOTICE 'the role % belongs to someone else, who must grant it', role;
        END;
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE ON object TO cargohold_objects;
GRANT DELETE ON object TO cargohold_objects;
GRANT SELECT, INSERT, DELETE ON object_chunk TO cargohold_objects;
GRANT SELECT, INSERT, UPDATE, DELETE ON message TO cargohold_messages;
-- The functions that read documents from the database take this role on for it.
GRANT cargohold_objects TO cargohold_persist, cargohold_archive, cargohold_api;

GRANT SELECT, INSERT ON layer, layer_chain, image_index, package, package_set TO cargohold_persist;
GRANT SELECT, INSERT, UPDATE ON image, reference, attempt, package_set_seen TO cargohold_persist;
GRANT UPDATE (last_seen, version_key) ON package TO cargohold_persist;
GRANT SELECT, INSERT, DELETE ON reference_event TO cargohold_persist;
GRANT SELECT, INSERT, UPDATE, DELETE ON image_package_set TO cargohold_persist;
GRANT DELETE ON attempt, package_set, package_set_seen, layer_chain TO cargohold_persist;
GRANT SELECT ON tombstone, archived_image TO cargohold_persist;
GRANT UPDATE (status, transition_id, revision, status_changed_at) ON archived_image TO cargohold_persist;

GRANT SELECT ON layer, layer_chain, image_index, package, package_set, reference, reference_event, attempt
    TO cargohold_archive;
GRANT SELECT, DELETE ON image, image_package_set TO cargohold_archive;
GRANT UPDATE (status, revision, request_id, status_changed_at, protected_until) ON image TO cargohold_archive;
GRANT SELECT, INSERT, UPDATE, DELETE ON archived_image TO cargohold_archive;
GRANT SELECT, INSERT, UPDATE ON tombstone TO cargohold_archive;
GRANT SELECT ON archive_rule TO cargohold_archive;
GRANT SELECT, INSERT, UPDATE, DELETE ON archive_rule_run TO cargohold_archive;

GRANT SELECT ON layer, layer_chain, image, image_index, reference, reference_event, attempt, package, package_set,
    package_set_seen, image_package_set, archived_image, tombstone, archive_rule_run TO cargohold_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON archive_rule TO cargohold_api;
