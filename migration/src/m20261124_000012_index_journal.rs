//! The auditor looks through the journal by account, by command and by time.

crate::change!(
    r"
CREATE INDEX journal_entry_actor ON journal_entry (actor, id);
CREATE INDEX journal_entry_command ON journal_entry (command, id);
CREATE INDEX journal_entry_at ON journal_entry (at);
"
);
