//! Cells by what they are asked for: place first, then code and time. The number of a cell served nothing.

crate::change!(
    r"
DROP TABLE figure_cell;
CREATE TABLE figure_cell (
    level TEXT NOT NULL,
    division TEXT NOT NULL,
    code TEXT NOT NULL,
    grain TEXT NOT NULL,
    starts_on DATE NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (level, division, code, grain, starts_on)
);
CREATE INDEX figure_cell_sums ON figure_cell (code, grain, level, starts_on, division);
"
);
