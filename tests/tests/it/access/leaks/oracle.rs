//! Who may read what: domain §5 and §8.3 typed as a table, apart from the policy's code, so that neither hides what the
//! other forgot.

use std::collections::BTreeSet;

/// How much of a row somebody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    Nothing,
    Masked,
    Full,
}

/// The bureau's businesses, as its lines divide them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Business {
    /// Published for everybody.
    Open,
    /// Centres: everybody may read the card, in which no person is named.
    Card,
    /// Periodic reports: the published ones are everybody's.
    Report,
    Registry,
    Assistance,
    Charity,
    Inquiry,
    Care,
    Eldercare,
    Governance,
    Organisations,
    Window,
    /// Sheets that were taken in.
    Sheets,
    Accounts,
}

use Business::{
    Accounts, Assistance, Card, Care, Charity, Eldercare, Governance, Inquiry, Open, Organisations, Registry, Report,
    Sheets, Window,
};

const TYPES: &[(Business, &[&str])] = &[
    (Open, &["Division", "PolicyDocument", "PolicyValue", "VillageCharter", "Disclosure", "AdministrativeItem"]),
    (Card, &["CareCentre"]),
    (Report, &["PeriodicReport"]),
    (Registry, &["Person", "PersonIdentity", "PersonCorrection", "PersonCondition", "Guardianship", "Household"]),
    (Registry, &["HouseholdMember", "HouseholdPlace", "Finding", "ReportedChange", "TransferRequest"]),
    (Assistance, &["Recognition", "RecognitionPerson", "TemporaryAid", "TemporaryAidPerson", "WelfareBenefit"]),
    (Assistance, &["Payment", "PaymentPerson", "PaymentAccount", "BankReturn", "BudgetLine"]),
    (Charity, &["Donation", "Donor"]),
    (Inquiry, &["Inquiry"]),
    (Care, &["Stay", "HomeCareBed", "HomeVisit"]),
    (Eldercare, &["CentreProject", "RenovationCase", "CareWorker", "Inspection", "Hazard"]),
    (Governance, &["RedWhiteCouncil", "Ceremony", "CommunityWorker"]),
    (Organisations, &["SocialOrganisation", "AnnualInspection", "PartyOrganisation"]),
    (Window, &["ItemCase"]),
    (Sheets, &["Import"]),
    (Accounts, &["Account", "RoleGrant", "Session", "Deputy", "PlatformClient", "PasswordIssue"]),
];

/// An officer's line and its businesses; reports are of all lines.
const LINES: &[(&str, &[Business])] = &[
    ("ASSISTANCE", &[Registry, Assistance, Charity, Inquiry, Report]),
    ("ELDERLY", &[Registry, Care, Eldercare, Card, Report]),
    ("ORGANISATIONS", &[Organisations, Report]),
    ("GOVERNANCE", &[Governance, Report]),
    ("WINDOW", &[Window, Report]),
];

/// A role: what it sees in full, and what masked.
type Role = (&'static str, &'static [Business], &'static [Business]);

const ROLES: &[Role] = &[
    (
        "DISTRICT_ADMIN",
        &[
            Registry,
            Assistance,
            Charity,
            Inquiry,
            Care,
            Eldercare,
            Card,
            Governance,
            Organisations,
            Window,
            Report,
            Sheets,
        ],
        &[],
    ),
    (
        "BUSINESS_OFFICER",
        &[Registry, Assistance, Charity, Inquiry, Care, Eldercare, Card, Governance, Organisations, Window, Report],
        &[],
    ),
    // In full only the case at hand, which is no row of these tests.
    ("APPROVER", &[Report], &[Registry, Assistance, Inquiry, Care, Eldercare, Card, Governance, Organisations, Window]),
    ("TOWN_OFFICER", &[Registry, Assistance, Care, Eldercare, Card, Governance, Organisations], &[]),
    ("VILLAGE_WORKER", &[], &[Registry, Assistance, Care, Eldercare, Card, Governance, Organisations]),
    ("WINDOW_CLERK", &[Registry, Assistance, Window], &[]),
    ("INSTITUTION", &[Card, Care, Eldercare], &[]),
    ("CARE_WORKER", &[Care], &[Card]),
    ("SOCIAL_ORG", &[Organisations], &[]),
    ("SPONSOR", &[], &[]),
    ("DEPARTMENT", &[], &[]),
    ("SCREEN", &[], &[]),
    ("SYSTEM_ADMIN", &[], &[]),
    ("SECURITY_ADMIN", &[Accounts, Sheets], &[]),
    ("CITIZEN", &[Registry, Assistance, Care], &[]),
    (
        "AUDITOR",
        &[],
        &[
            Registry,
            Assistance,
            Charity,
            Inquiry,
            Care,
            Eldercare,
            Card,
            Governance,
            Organisations,
            Window,
            Report,
            Sheets,
            Accounts,
        ],
    ),
    ("PLATFORM", &[Registry, Assistance, Charity, Care, Eldercare, Card, Governance, Organisations, Window], &[]),
];

/// Where a grant holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a division, by the beginning of its code.
    Division(&'static str),
    /// For what belongs to one of the persons of the tests: its own rows, the centre's that serves it, the
    /// organisation's that it leads.
    Of(usize),
    /// Of no row.
    Nowhere,
}

/// A role that somebody holds.
#[derive(Clone, Debug)]
pub struct Grant {
    pub role: &'static str,
    pub line: Option<&'static str>,
    pub place: Place,
}

/// A row there is.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub of: String,
    pub id: String,
    /// Where it lies, twelve digits; nowhere: the whole district's.
    pub divisions: BTreeSet<String>,
    /// Which of the persons of the tests it is about.
    pub owner: BTreeSet<usize>,
    /// Ids of the persons that it names.
    pub persons: BTreeSet<String>,
    /// Whether everybody may read it: of reports the published ones.
    pub published: bool,
}

impl Row {
    /// With what another one was told of the same row.
    pub fn joined(&mut self, other: Self) {
        self.divisions.extend(other.divisions);
        self.owner.extend(other.owner);
        self.persons.extend(other.persons);
    }
}

fn business(of: &str) -> Business {
    let found = TYPES.iter().find(|(_, types)| types.contains(&of));
    found.unwrap_or_else(|| panic!("{of} stands in no business of the oracle: who may see it?")).0
}

/// Whether this is a type of row that the oracle speaks of.
pub fn knows(of: &str) -> bool {
    TYPES.iter().any(|(_, types)| types.contains(&of))
}

impl Grant {
    /// Whether the row lies where the grant holds.
    pub fn reaches(&self, row: &Row) -> bool {
        match self.place {
            Place::Division(prefix) => {
                row.divisions.is_empty() || row.divisions.iter().any(|division| division.starts_with(prefix))
            }
            Place::Of(n) => row.owner.contains(&n),
            Place::Nowhere => self.role == "SECURITY_ADMIN",
        }
    }

    fn seen(&self, row: &Row, purpose: bool) -> Seen {
        let (_, full, masked) = ROLES.iter().find(|(role, ..)| *role == self.role).expect("a role");
        let business = business(&row.of);
        let of_line = self
            .line
            .is_none_or(|line| LINES.iter().any(|(name, businesses)| *name == line && businesses.contains(&business)));
        // Whom it serves, and how they are.
        let served = matches!(self.role, "INSTITUTION" | "CARE_WORKER")
            && matches!(row.of.as_str(), "Person" | "PersonCondition" | "PersonIdentity" | "PersonCorrection");
        // A household's own, as far as its members go.
        let home = self.role == "CITIZEN" && row.of == "RenovationCase";
        let level = if !self.reaches(row) {
            Seen::Nothing
        } else if !of_line {
            // The other lines meet persons in their own rows only.
            if self.role == "BUSINESS_OFFICER" && business == Registry { Seen::Masked } else { Seen::Nothing }
        } else if full.contains(&business) || served || home {
            Seen::Full
        } else if masked.contains(&business) {
            Seen::Masked
        } else {
            Seen::Nothing
        };
        if level == Seen::Full && self.is_staff() && !purpose { Seen::Masked } else { level }
    }

    /// Whether what it shows in full is shown for a purpose only, and noted.
    pub fn is_staff(&self) -> bool {
        self.role != "CITIZEN"
    }

    /// Whether it is for the whole of the district served.
    pub fn whole(&self) -> bool {
        matches!(self.place, Place::Division("" | "430199"))
    }

    /// Whether it is told figures of a division: all of them, or such as name no few persons.
    pub fn figures(&self, division: &str) -> Option<bool> {
        let Place::Division(prefix) = self.place else { return None };
        let few = match self.role {
            "DISTRICT_ADMIN" | "AUDITOR" | "BUSINESS_OFFICER" | "APPROVER" | "TOWN_OFFICER" | "VILLAGE_WORKER"
            | "WINDOW_CLERK" | "PLATFORM" => true,
            "SCREEN" | "DEPARTMENT" => false,
            _ => return None,
        };
        division.starts_with(prefix).then_some(few)
    }
}

/// How much of a row somebody with these grants may see.
pub fn seen(grants: &[Grant], row: &Row, purpose: bool) -> Seen {
    let everybody = match business(&row.of) {
        Open => Seen::Full,
        Card => Seen::Masked,
        Report if row.published => Seen::Full,
        _ => Seen::Nothing,
    };
    grants.iter().map(|grant| grant.seen(row, purpose)).fold(everybody, Seen::max)
}
