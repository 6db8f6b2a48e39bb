//! The district of what lies in no village: items and cases of the window, gifts, budget lines, party organisations.
//! What two districts call alike are two things.

crate::change!(
    r"
ALTER TABLE administrative_item ADD COLUMN division TEXT;
ALTER TABLE item_case ADD COLUMN division TEXT;
ALTER TABLE donation ADD COLUMN division TEXT;
ALTER TABLE budget_line ADD COLUMN division TEXT;
DROP INDEX administrative_item_code;
DROP INDEX item_case_number;
DROP INDEX donation_number;
DROP INDEX budget_line_once;
DROP INDEX party_organisation_once;
CREATE UNIQUE INDEX administrative_item_code ON administrative_item (code, division) WHERE NOT voided;
CREATE UNIQUE INDEX item_case_number ON item_case (number, division) WHERE NOT voided;
CREATE UNIQUE INDEX donation_number ON donation (number, division) WHERE NOT voided;
CREATE UNIQUE INDEX budget_line_once ON budget_line (year, item, source, division) WHERE NOT voided;
CREATE UNIQUE INDEX party_organisation_once ON party_organisation (name, founded_on, division) WHERE NOT voided;
CREATE INDEX item_case_division ON item_case (division, accepted_on, id);
CREATE INDEX donation_division ON donation (division, donated_on, id);
"
);
