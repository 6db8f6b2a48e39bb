//! Jobs are held by a lease; an import knows its file and job, how far it came, and the place of who sent it; its
//! errors are rows that can be paged.

crate::change!(
    r#"
ALTER TABLE job ADD COLUMN lease TEXT;
ALTER TABLE job ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "import" ADD COLUMN file_id BIGINT;
ALTER TABLE "import" ADD COLUMN job_id BIGINT;
ALTER TABLE "import" ADD COLUMN division TEXT;
ALTER TABLE "import" ADD COLUMN key_salt {blob};
ALTER TABLE "import" ADD COLUMN resume_row BIGINT;
ALTER TABLE import_error DROP COLUMN cells;
ALTER TABLE import_error ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE import_error ADD COLUMN voided BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX import_division ON "import" (division, id);
CREATE INDEX import_account ON "import" (account_id, kind, id);
CREATE INDEX file_account ON file (account_id, sha256);
"#
);
