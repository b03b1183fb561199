-- Packages by name and range of versions, in their ecosystem's order.
CREATE INDEX package_version ON package (type, name, version_key, id);

-- How far the keys of packages that were there already have been made (cargohold.database.version_keys).
CREATE TABLE version_key_fill (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    keys_version integer NOT NULL,
    done_to integer NOT NULL                     -- the last package id; what came after it was written with its key
);
INSERT INTO version_key_fill (keys_version, done_to) VALUES (0, 0);

GRANT SELECT, UPDATE ON version_key_fill TO cargohold_persist;
