//! Where a household lived, by dates: since when it lives where it does, and where it lived before. One of which no former
//! place is known has lived where it does as long as anything is known: so do all that there are.

crate::change!(
    r"
ALTER TABLE household ADD COLUMN moved_on DATE;
CREATE TABLE household_place (
    id {id},
    household_id BIGINT NOT NULL REFERENCES household (id),
    division TEXT NOT NULL,
    area TEXT NOT NULL,
    valid_from DATE,
    valid_until DATE NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE INDEX household_place_household ON household_place (household_id);
CREATE INDEX household_place_division ON household_place (division);
"
);
