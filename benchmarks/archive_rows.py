"""Rows of a large fleet for `benchmarks.archive`, made by the server: an image has two tags, one of them moved on."""

FLEET = """
INSERT INTO layer_chain (sha256, layers) VALUES (sha256('chain'), '{}');
INSERT INTO image (digest, media_type, layer_chain_id, analysis_id, analysis_sha256, catalog_version, analyzed_at)
SELECT sha256(n::text::bytea), 'application/vnd.oci.image.manifest.v1+json', (SELECT id FROM layer_chain LIMIT 1),
    gen_random_uuid(), sha256('analysis'), 1, now() - make_interval(mins => %(images)s - n)
FROM generate_series(1, %(images)s) n;
INSERT INTO reference_event (registry, repository, tag, digest, event, at)
SELECT 'registry.example', 'team/app-' || n %% %(repositories)s, tag, sha256(n::text::bytea), 'pushed',
    now() - make_interval(mins => %(images)s - n)
FROM generate_series(1, %(images)s) n CROSS JOIN LATERAL (VALUES ('v' || n), ('latest')) t (tag);
INSERT INTO reference (registry, repository, tag, digest, first_seen, pushed_at)
SELECT DISTINCT ON (registry, repository, tag) registry, repository, tag, digest, at, at
FROM reference_event ORDER BY registry, repository, tag, at DESC;
"""

ARCHIVE = """
INSERT INTO archived_image (digest, status, request_id, bundle_key, bundle_sha256, bundle_size, analysis_id,
    catalog_version, os, architecture, distro_id, distro_version, package_count, "references", primary_keys,
    stale_bundles, analyzed_at, archived_at)
SELECT i.digest, 'archived', gen_random_uuid(), 'bundles/' || i.id, i.digest,
    100000, i.analysis_id, 1, 'linux', 'amd64', 'debian', '12', 300, r.named, '{}', '{}', i.analyzed_at,
    i.analyzed_at + interval '90 days'
FROM image i CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('registry', registry, 'repository', repository, 'tag', tag)) AS named
    FROM reference_event e WHERE e.digest = i.digest
) r;
DELETE FROM image;
"""
