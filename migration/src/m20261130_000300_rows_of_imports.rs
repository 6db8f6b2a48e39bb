//! An import says how many rows of its sheet had nothing in them, and how many were no data; imports of before say nothing.

crate::change!(
    r#"
ALTER TABLE "import" ADD COLUMN blank BIGINT;
ALTER TABLE "import" ADD COLUMN skipped BIGINT;
"#
);
