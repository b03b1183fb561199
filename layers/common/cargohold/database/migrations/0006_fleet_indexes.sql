-- For questions that would walk a million images: by distribution, and packages by licence or by when they were seen.
CREATE INDEX image_distro ON image (distro_id, analyzed_at DESC);
CREATE INDEX package_licenses ON package USING gin (licenses) WITH (fastupdate = off);
CREATE INDEX package_set_seen_last ON package_set_seen (last_seen DESC);
