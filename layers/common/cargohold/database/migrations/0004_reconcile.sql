-- Registries are compared with what is known of them: a queue for the runs, and a role that reads and no more.

ALTER TABLE message DROP CONSTRAINT message_queue_check;
ALTER TABLE message ADD CONSTRAINT message_queue_check
    CHECK (queue IN ('analyze', 'persist', 'archive', 'reconcile', 'bus'));

DO $$
BEGIN
    BEGIN
        CREATE ROLE cargohold_reconcile NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- roles belong to the whole server; another database has made it
    END;
    BEGIN
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            GRANT cargohold_reconcile TO CURRENT_USER;
        END IF;
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
            ALTER ROLE cargohold_reconcile LOGIN;
            GRANT rds_iam TO cargohold_reconcile;
        END IF;
    EXCEPTION WHEN insufficient_privilege OR invalid_grant_operation THEN
        RAISE NOTICE 'the role cargohold_reconcile belongs to someone else, who must grant it';
    END;
END $$;

GRANT SELECT (registry, repository, tag, digest, pushed_at, removed_at) ON reference TO cargohold_reconcile;
GRANT SELECT (registry, repository, tag, digest, status, error_code, final, started_at, deadline) ON attempt
    TO cargohold_reconcile;
GRANT SELECT (digest) ON image TO cargohold_reconcile;
GRANT SELECT (index_digest, image_digest) ON image_index TO cargohold_reconcile;
GRANT SELECT (digest, at) ON tombstone TO cargohold_reconcile;
