-- Where secrets stand in images, and of which kind they are. No column holds anything of a value that is not public.

CREATE TABLE secret (
    image_id integer NOT NULL REFERENCES image,
    ordinal integer NOT NULL,                    -- place in the document `secrets`, from 0
    rule text NOT NULL,
    category text NOT NULL,
    title text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('CRITICAL', 'HIGH', 'MEDIUM', 'LOW')),
    source text NOT NULL CHECK (source IN ('file', 'config')),
    path text NOT NULL,
    layer integer,                               -- null: in the config, of no layer
    line integer NOT NULL,
    "column" integer NOT NULL,
    snippet text NOT NULL,
    digest text NOT NULL,                        -- of the value, cut; empty where it could be guessed from it
    visible boolean NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (image_id, ordinal)
);
CREATE INDEX secret_rule ON secret (rule, image_id DESC, ordinal);
CREATE INDEX secret_digest ON secret (digest, image_id DESC, ordinal) WHERE digest <> '';

GRANT SELECT, INSERT, DELETE ON secret TO cargohold_persist;
GRANT SELECT, DELETE ON secret TO cargohold_archive;
GRANT SELECT ON secret TO cargohold_api;
