-- Rows come in the order of their time. An index that descends is split in halves by them and stays half empty; one
-- that ascends is filled, and is read backwards as fast.
CREATE INDEX image_analyzed ON image (analyzed_at, id);
CREATE INDEX image_distro_analyzed ON image (distro_id, analyzed_at);
CREATE INDEX image_package_set_image ON image_package_set (set_id, image_id);
CREATE INDEX package_set_seen_time ON package_set_seen (last_seen);
DROP INDEX image_analyzed_at, image_distro, image_package_set_set, package_set_seen_last;
