//! Cells of the figures.

crate::change!(
    r"
CREATE TABLE figure_cell (
    id {id},
    code TEXT NOT NULL,
    grain TEXT NOT NULL,
    starts_on DATE NOT NULL,
    level TEXT NOT NULL,
    division TEXT NOT NULL,
    value BIGINT NOT NULL
);
CREATE UNIQUE INDEX figure_cell_once ON figure_cell (code, grain, level, division, starts_on);
"
);
