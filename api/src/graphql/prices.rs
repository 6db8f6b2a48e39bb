//! What single fields cost where their type does not say it: the rest of the price list is read from the schema
//! ([`minzheng_guard::SdlTable`]).

use minzheng_guard::{ListKind, Price};

const fn weight(weight: u32) -> Price {
    Price { weight: Some(weight), list: None }
}

const fn list(list: ListKind) -> Price {
    Price { weight: None, list: Some(list) }
}

/// What checks or makes a password, or renews a session, is half of what an operation may cost: one a document, so that
/// nobody fills the line with aliases.
const ALONE: Price = weight(25_001);

/// `Type.field` → its price.
pub const PRICES: &[(&str, Price)] = &[
    ("Mutation.signIn", ALONE),
    ("Mutation.signInPlatformClient", ALONE),
    ("Mutation.refreshToken", ALONE),
    ("Mutation.changePassword", ALONE),
    ("Mutation.enrolSecondFactor", ALONE),
    ("Mutation.confirmSecondFactor", ALONE),
    ("Mutation.createAccount", ALONE),
    ("Mutation.resetPassword", ALONE),
    ("Mutation.confirmPasswordReset", ALONE),
    // Reads the whole journal.
    ("Query.verifyAudit", weight(20_000)),
    ("ChangeConnection.totalCount", weight(5_000)),
    // Counts a table.
    ("AuditEntryConnection.totalCount", weight(1_000)),
    // Unfolds entries that may each carry hundreds of rows.
    ("Query.changes", weight(20)),
    ("AuditEntry.rows", weight(2)),
    // As many figures as codes; without codes those of the report, F0 to F15.
    ("Query.figures", list(ListKind::Set { argument: "codes", default: 16 })),
    ("Subscription.figureChanged", list(ListKind::Set { argument: "codes", default: 16 })),
    ("FigureSet.figures", list(ListKind::Items)),
    // Each reads and writes a whole report.
    ("PeriodicReport.figures", list(ListKind::Fixed(80))),
    ("PeriodicReport.paragraphs", list(ListKind::Fixed(40))),
    ("PeriodicReport.differences", list(ListKind::Fixed(40))),
    ("PeriodicReport.markdown", weight(50)),
];

/// Fields of the root that may take longer than a request usually may, in seconds.
pub const SLOW: &[(&str, u64)] = &[("verifyAudit", 600)];
