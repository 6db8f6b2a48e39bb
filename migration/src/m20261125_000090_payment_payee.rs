//! A payment line knows to whom it was paid: a roster of grants names the payee and the month.

crate::change!(
    r"
ALTER TABLE payment ADD COLUMN payee_id BIGINT REFERENCES person (id);
CREATE INDEX payment_payee ON payment (payee_id, first_month);
"
);
