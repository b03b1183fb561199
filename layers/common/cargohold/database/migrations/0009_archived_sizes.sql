-- What an archived image had in bytes, as `image` has it; 0 for what was archived before.
ALTER TABLE archived_image
    ADD COLUMN size bigint NOT NULL DEFAULT 0,
    ADD COLUMN uncompressed_size bigint NOT NULL DEFAULT 0;
