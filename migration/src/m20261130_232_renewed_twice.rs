//! The refresh token before the present one, and when it was renewed: sent twice at once, it has one successor.

crate::change!(
    r"
ALTER TABLE session ADD COLUMN previous_hash TEXT;
ALTER TABLE session ADD COLUMN renewed_at {instant};
"
);
