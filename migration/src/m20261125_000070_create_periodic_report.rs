//! Periodic reports: revisions, edited paragraphs, and the figures as they were published.

crate::change!(
    r"
CREATE TABLE periodic_report (
    id {id},
    division TEXT NOT NULL,
    period_from DATE NOT NULL,
    period_until DATE NOT NULL,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    template INTEGER NOT NULL,
    edits INTEGER NOT NULL,
    reason TEXT,
    remark TEXT,
    published BOOLEAN NOT NULL,
    published_at {instant},
    published_on DATE,
    as_of {instant},
    position BIGINT,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX periodic_report_revision ON periodic_report (division, period_from, period_until, revision)
    WHERE NOT voided;
CREATE UNIQUE INDEX periodic_report_open ON periodic_report (division, period_from, period_until)
    WHERE state IN ('DRAFT', 'REVIEWED') AND NOT voided;
CREATE INDEX periodic_report_state ON periodic_report (division, state, id);
CREATE TABLE report_figure (
    id {id},
    report_id BIGINT NOT NULL REFERENCES periodic_report (id),
    place INTEGER NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    value TEXT,
    amount_fen BIGINT,
    display TEXT NOT NULL,
    suppressed BOOLEAN NOT NULL,
    year_on_year TEXT,
    previous_period TEXT,
    definition TEXT NOT NULL,
    rows_hash TEXT,
    rows_counted BIGINT NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX report_figure_code ON report_figure (report_id, code) WHERE NOT voided;
CREATE TABLE report_paragraph (
    id {id},
    report_id BIGINT NOT NULL REFERENCES periodic_report (id),
    key TEXT NOT NULL,
    source TEXT NOT NULL,
    edited BOOLEAN NOT NULL,
    place INTEGER,
    level INTEGER NOT NULL,
    lead TEXT,
    text TEXT,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX report_paragraph_key ON report_paragraph (report_id, key) WHERE NOT voided;
"
);
