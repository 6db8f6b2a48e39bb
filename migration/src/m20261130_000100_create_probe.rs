//! What each process writes once a second, to see whether what is written stays.

crate::change!(
    r"
CREATE TABLE probe (
    process TEXT PRIMARY KEY,
    counter BIGINT NOT NULL,
    at {instant} NOT NULL
);
"
);
