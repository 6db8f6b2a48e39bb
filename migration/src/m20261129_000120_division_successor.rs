//! What a division was before, found without reading all divisions: for its name at a time, and for every scope.

crate::change!(
    r"
CREATE INDEX division_successor ON division (successor) WHERE successor IS NOT NULL;
"
);
