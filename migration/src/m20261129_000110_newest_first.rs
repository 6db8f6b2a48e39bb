//! The newest payments of a recognition, visits of a bed and beds of a centre, in the order of their lists: read from the
//! index, with nothing left to sort.

crate::change!(
    r"
DROP INDEX payment_basis_id;
DROP INDEX home_visit_bed;
DROP INDEX home_care_bed_centre_id;
CREATE INDEX payment_basis_id ON payment (basis_id, paid_on, id);
CREATE INDEX home_visit_bed ON home_visit (bed_id, started_at, id);
CREATE INDEX home_care_bed_centre_id ON home_care_bed (centre_id, started_on, id);
"
);
