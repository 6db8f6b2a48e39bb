//! A file whose content was deleted after its days says so, and is found again by who tidies up.

crate::change!(
    r"
ALTER TABLE file ADD COLUMN removed_at {instant};
CREATE INDEX file_content ON file (sha256);
CREATE INDEX file_kept ON file (created_at) WHERE removed_at IS NULL AND NOT voided;
"
);
