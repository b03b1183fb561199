-- Digests are looked up, never ordered: a hash of four bytes finds them in half the space of their 32.
CREATE INDEX reference_by_digest ON reference USING hash (digest);
CREATE INDEX reference_event_by_digest ON reference_event USING hash (digest);
CREATE INDEX image_index_by_image ON image_index USING hash (image_digest);
CREATE INDEX attempt_by_digest ON attempt USING hash (digest);
-- Images of the same moment are few, and so are the secrets of one image: both are sorted in no time.
CREATE INDEX image_time ON image (analyzed_at);
CREATE INDEX secret_by_rule ON secret (rule, image_id);
CREATE INDEX secret_by_digest ON secret (digest, image_id) WHERE digest <> '';
DROP INDEX reference_digest, reference_event_digest, image_index_image, attempt_digest, image_analyzed, secret_rule,
    secret_digest;
