//! What single fields cost where their type does not say it: the rest of the price list is read from the schema
//! ([`minzheng_guard::SdlTable`]).

use minzheng_guard::table::COMMAND_WEIGHT;
use minzheng_guard::{ListKind, Price};

const fn weight(weight: u32) -> Price {
    Price::USUAL.weight(weight)
}

const fn list(list: ListKind) -> Price {
    Price::USUAL.list(list)
}

/// What checks or makes a password, renews a session or draws a code, is half of what an operation may cost: one a document, so that
/// nobody fills the line with aliases.
const ALONE: Price = weight(25_001);

/// `Type.field` → its price.
pub const PRICES: &[(&str, Price)] = &[
    ("Mutation.signIn", ALONE),
    ("Mutation.signInPlatformClient", ALONE),
    ("Mutation.refreshToken", ALONE),
    ("Mutation.createScreenCode", ALONE),
    ("Mutation.redeemScreenCode", ALONE),
    ("Mutation.changePassword", ALONE),
    ("Mutation.enrolSecondFactor", ALONE),
    ("Mutation.confirmSecondFactor", ALONE),
    ("Mutation.createAccount", ALONE),
    ("Mutation.resetPassword", ALONE),
    ("Mutation.confirmPasswordReset", ALONE),
    // Reads the whole journal.
    ("Query.verifyAudit", weight(20_000).seconds(600)),
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
    // Each figure goes through its own rows: a page of them, all of them, those left out.
    ("Figure.rows", weight(100)),
    ("FigureRowConnection.totalCount", weight(1_000)),
    ("Figure.explain", weight(300)),
    ("Figure.breakdown", weight(100)),
    // Looks into a dozen tables for what waits.
    ("ViewerInfo.tasks", weight(200)),
    // Each reads and writes a whole report.
    ("PeriodicReport.figures", weight(500).list(ListKind::Fixed(80))),
    ("PeriodicReport.paragraphs", weight(500).list(ListKind::Fixed(40))),
    ("PeriodicReport.differences", weight(500).list(ListKind::Fixed(40))),
    ("PeriodicReport.markdown", weight(500)),
    // Each has pages of its own.
    ("Import.errors", weight(100)),
    // As many commands as entries.
    ("Mutation.runBatch", weight(1).each(&["input", "entries"], COMMAND_WEIGHT)),
    ("Mutation.syncBatch", weight(1).each(&["input", "entries"], COMMAND_WEIGHT)),
    ("Mutation.proposeRoleGrants", weight(COMMAND_WEIGHT).each(&["input", "grants"], COMMAND_WEIGHT)),
    ("Mutation.confirmRoleGrants", weight(COMMAND_WEIGHT).each(&["input", "ids"], COMMAND_WEIGHT)),
    ("Mutation.revokeRoleGrants", weight(COMMAND_WEIGHT).each(&["input", "ids"], COMMAND_WEIGHT)),
];
