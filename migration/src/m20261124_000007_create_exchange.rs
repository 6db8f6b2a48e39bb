//! Imports.

crate::change!(
    r#"
CREATE TABLE "import" (
    id {id},
    kind TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    dry_run BOOLEAN NOT NULL,
    total BIGINT NOT NULL,
    created BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    account_id BIGINT,
    actor TEXT NOT NULL,
    created_at {instant} NOT NULL,
    finished_at {instant},
    notes TEXT,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE import_error (
    id {id},
    import_id BIGINT NOT NULL REFERENCES import (id),
    row_number BIGINT NOT NULL,
    column_name TEXT,
    value {blob},
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    remedy TEXT NOT NULL,
    cells {blob}
);
CREATE INDEX import_hash ON "import" (kind, file_hash);
CREATE INDEX import_error_import ON import_error (import_id, row_number);
"#
);
