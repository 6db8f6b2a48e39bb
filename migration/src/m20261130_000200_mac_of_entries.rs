//! Entries carry a MAC of the process that wrote them and name those that it wrote before; blocks of such entries are of
//! the second version. What was written earlier has none. So do the outcomes of jobs.

crate::change!(
    r"
ALTER TABLE journal_entry ADD COLUMN process TEXT;
ALTER TABLE journal_entry ADD COLUMN counter BIGINT;
ALTER TABLE journal_entry ADD COLUMN before TEXT;
ALTER TABLE journal_entry ADD COLUMN mac {blob};
ALTER TABLE journal_block ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE job ADD COLUMN mac {blob};
"
);
