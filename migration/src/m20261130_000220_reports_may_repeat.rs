//! The same change of a person may be reported by two who are not shown each other's reports: that the second is refused
//! would tell them what the first one says.

crate::change!(
    "
DROP INDEX reported_change_once;
CREATE INDEX reported_change_same ON reported_change (person_id, kind, happened_on)
    WHERE state = 'REPORTED' AND NOT voided;
"
);
