//! Who may see and do what: one table (domain §5, §8.3). The schema's "requires …" texts, the
//! handbook and the access matrix are printed from it.

use minzheng_kernel::Viewer;
use minzheng_kernel::viewer::{Level, PUBLIC_ROLE, Reach, Rights, SYSTEM_ROLE, Values, within};
use minzheng_rules::machine::MACHINES;

/// A role and what it is for.
pub struct Role {
    /// Stable code.
    pub code: &'static str,
    /// 中文
    pub zh: &'static str,
    /// Whether full reads need a stated purpose.
    pub staff: bool,
    /// The scope its grants name.
    pub scope: ScopeKind,
}

/// What the scope of a grant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// No business rows.
    None,
    /// A division code of this many digits or fewer.
    Division,
    /// A USCC or a centre's number.
    Organisation,
    /// A person.
    Person,
}

const fn role(code: &'static str, zh: &'static str, staff: bool, scope: ScopeKind) -> Role {
    Role { code, zh, staff, scope }
}

/// All roles that can be granted.
pub const ROLES: &[Role] = &[
    role("DISTRICT_ADMIN", "区级管理员", true, ScopeKind::Division),
    role("SYSTEM_ADMIN", "系统管理员", true, ScopeKind::None),
    role("SECURITY_ADMIN", "安全保密管理员", true, ScopeKind::None),
    role("AUDITOR", "安全审计员", true, ScopeKind::Division),
    role("BUSINESS_OFFICER", "业务经办", true, ScopeKind::Division),
    role("APPROVER", "审批人", true, ScopeKind::Division),
    role("TOWN_OFFICER", "镇街经办", true, ScopeKind::Division),
    role("VILLAGE_WORKER", "村居工作人员", true, ScopeKind::Division),
    role("WINDOW_CLERK", "窗口受理", true, ScopeKind::Division),
    role("INSTITUTION", "养老机构", true, ScopeKind::Organisation),
    role("CARE_WORKER", "护理员", true, ScopeKind::Organisation),
    role("SOCIAL_ORG", "社会组织", true, ScopeKind::Organisation),
    role("SPONSOR", "业务主管单位", true, ScopeKind::Organisation),
    role("DEPARTMENT", "协同部门", true, ScopeKind::Division),
    role("CITIZEN", "居民", false, ScopeKind::Person),
    role("SCREEN", "大屏", false, ScopeKind::Division),
    role("PLATFORM", "市级平台", true, ScopeKind::Division),
];

/// Business lines of an officer.
pub const LINES: &[&str] = &["ASSISTANCE", "ELDERLY", "ORGANISATIONS", "GOVERNANCE", "WINDOW"];

/// What the lines are called.
pub const LINE_LABELS: &[(&str, &str)] = &[
    ("ASSISTANCE", "社会救助"),
    ("ELDERLY", "养老服务"),
    ("ORGANISATIONS", "社会组织"),
    ("GOVERNANCE", "基层治理"),
    ("WINDOW", "政务窗口"),
];

/// Which business an aggregate belongs to, for an officer's line and an institution's reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Everybody may read it.
    Public,
    /// Persons and households: in full for the lines that serve them.
    Registry,
    /// What is odd of records of assistance and care.
    Finding,
    /// Social assistance and its payments.
    Assistance,
    /// Elder care as the bureau and the institution see it: projects, inspections, workers.
    Eldercare,
    /// Care itself: stays, beds at home, visits; also the carer's business.
    Care,
    /// Centres: everybody may read the card, which names no person.
    Card,
    /// Grassroots governance.
    Governance,
    /// Social organisations and their party organisations.
    Organisations,
    /// Cases at the service window.
    Window,
    /// Charity.
    Charity,
    /// Periodic reports: of the public's only the published ones are reached.
    Report,
    /// Inquiries, of which the person is not to know.
    Inquiry,
    /// Imports and what was wrong with them.
    Exchange,
    /// Accounts and grants: the security administrator's.
    Access,
}

/// Aggregate → kind of business. What is not listed nobody sees.
pub const AGGREGATES: &[(&str, Kind)] = &[
    ("Division", Kind::Public),
    ("DivisionStatistics", Kind::Public),
    ("PolicyValue", Kind::Public),
    ("Person", Kind::Registry),
    ("PersonIdentity", Kind::Registry),
    ("PersonCorrection", Kind::Registry),
    ("Guardianship", Kind::Registry),
    ("Assignment", Kind::Registry),
    ("Inquiry", Kind::Inquiry),
    ("TransferRequest", Kind::Registry),
    ("PolicyDocument", Kind::Public),
    ("Household", Kind::Registry),
    ("HouseholdMember", Kind::Registry),
    ("HouseholdPlace", Kind::Registry),
    ("Finding", Kind::Finding),
    ("PersonCondition", Kind::Registry),
    ("Recognition", Kind::Assistance),
    ("RecognitionPerson", Kind::Assistance),
    ("TemporaryAid", Kind::Assistance),
    ("TemporaryAidPerson", Kind::Assistance),
    ("Payment", Kind::Assistance),
    ("PaymentPerson", Kind::Assistance),
    ("WelfareBenefit", Kind::Assistance),
    ("CareCentre", Kind::Card),
    ("CentreProject", Kind::Eldercare),
    ("Stay", Kind::Care),
    ("RenovationCase", Kind::Eldercare),
    ("CareWorker", Kind::Eldercare),
    ("HomeCareBed", Kind::Care),
    ("HomeVisit", Kind::Care),
    ("Inspection", Kind::Eldercare),
    ("Hazard", Kind::Eldercare),
    ("VillageCharter", Kind::Public),
    ("RedWhiteCouncil", Kind::Governance),
    ("Ceremony", Kind::Governance),
    ("Disclosure", Kind::Public),
    ("CommunityWorker", Kind::Governance),
    ("SocialOrganisation", Kind::Organisations),
    ("AnnualInspection", Kind::Organisations),
    ("PartyOrganisation", Kind::Organisations),
    ("AdministrativeItem", Kind::Public),
    ("ItemCase", Kind::Window),
    ("Donation", Kind::Charity),
    ("PaymentAccount", Kind::Assistance),
    ("BudgetLine", Kind::Assistance),
    ("BankReturn", Kind::Assistance),
    ("Donor", Kind::Charity),
    ("Import", Kind::Exchange),
    ("ImportError", Kind::Exchange),
    ("ReportedChange", Kind::Registry),
    ("PeriodicReport", Kind::Report),
    ("Account", Kind::Access),
    ("RoleGrant", Kind::Access),
    ("Session", Kind::Access),
    ("Deputy", Kind::Access),
    ("PlatformClient", Kind::Access),
    ("PasswordIssue", Kind::Access),
];

/// Whether a business belongs to a line. Reports are of all lines.
fn line_has(line: &str, kind: Kind) -> bool {
    kind == Kind::Report
        || match line {
            // An inquiry asks whether what somebody gets is due to them.
            "ASSISTANCE" => {
                matches!(kind, Kind::Registry | Kind::Finding | Kind::Assistance | Kind::Charity | Kind::Inquiry)
            }
            "ELDERLY" => {
                matches!(kind, Kind::Registry | Kind::Finding | Kind::Eldercare | Kind::Care | Kind::Card)
            }
            "ORGANISATIONS" => kind == Kind::Organisations,
            "GOVERNANCE" => kind == Kind::Governance,
            "WINDOW" => kind == Kind::Window,
            _ => false,
        }
}

/// Whether a business is of the line of a grant: of all where the role needs none and none was named.
fn of_line(role: &str, line: Option<&str>, kind: Kind) -> bool {
    match (takes_line(role), line) {
        (Line::None, _) | (Line::Allowed, None) => true,
        (Line::Required, None) => kind == Kind::Report,
        (Line::Required | Line::Allowed, Some(line)) => line_has(line, kind),
    }
}

/// Command → aggregate, of what officers of a line run and no machine has.
const OF_AGGREGATES: &[(&str, &str)] = &[("settleFinding", "Finding")];

/// The business that a command belongs to, where a machine or the table above says so: commands of a line's roles all do.
fn kind_of(command: &str) -> Option<Kind> {
    let machine = MACHINES.iter().find(|machine| machine.steps.iter().any(|step| step.command == command));
    let listed = OF_AGGREGATES.iter().find(|(name, _)| *name == command).map(|(_, aggregate)| *aggregate);
    let of = machine.map(|machine| machine.aggregate).or(listed)?;
    AGGREGATES.iter().find(|(name, _)| *name == of).map(|(_, kind)| *kind)
}

/// How much of the figures a role is told within its division.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FigureRight {
    /// Nothing.
    None,
    /// Sums; small numbers of persons are hidden.
    Suppressed,
    /// All of it.
    Full,
}

/// What a role is told of the figures.
pub fn figure_right(role: &str) -> FigureRight {
    match role {
        SYSTEM_ROLE | "DISTRICT_ADMIN" | "AUDITOR" | "BUSINESS_OFFICER" | "APPROVER" | "TOWN_OFFICER"
        | "VILLAGE_WORKER" | "WINDOW_CLERK" | "PLATFORM" => FigureRight::Full,
        "SCREEN" | "DEPARTMENT" => FigureRight::Suppressed,
        _ => FigureRight::None,
    }
}

/// The table.
pub struct Policy;

/// The one table there is.
pub static POLICY: Policy = Policy;

impl Rights for Policy {
    // A line a role reads better than roles nested by kinds.
    #[allow(clippy::unnested_or_patterns)]
    fn level(&self, role: &str, line: Option<&str>, aggregate: &str) -> Level {
        let Some((_, kind)) = AGGREGATES.iter().find(|(name, _)| *name == aggregate) else { return Level::None };
        if *kind == Kind::Public {
            return Level::Full;
        }
        if !of_line(role, line, *kind) {
            return match (role, kind) {
                // The other lines meet persons in their own rows only.
                ("BUSINESS_OFFICER", Kind::Registry) => Level::Masked,
                _ => Level::None,
            };
        }
        match (role, kind) {
            ("SECURITY_ADMIN", Kind::Access | Kind::Exchange)
            | ("DISTRICT_ADMIN", Kind::Inquiry)
            | ("DISTRICT_ADMIN" | "BUSINESS_OFFICER" | "APPROVER" | PUBLIC_ROLE, Kind::Report)
            | (
                "DISTRICT_ADMIN" | "BUSINESS_OFFICER" | "TOWN_OFFICER" | "WINDOW_CLERK" | "CITIZEN" | "PLATFORM",
                Kind::Registry | Kind::Assistance,
            )
            | (
                "DISTRICT_ADMIN" | "BUSINESS_OFFICER" | "PLATFORM",
                Kind::Eldercare
                | Kind::Care
                | Kind::Card
                | Kind::Governance
                | Kind::Organisations
                | Kind::Window
                | Kind::Charity,
            )
            | ("DISTRICT_ADMIN", Kind::Exchange)
            | ("DISTRICT_ADMIN" | "BUSINESS_OFFICER" | "TOWN_OFFICER" | "WINDOW_CLERK" | "PLATFORM", Kind::Finding)
            | (
                "TOWN_OFFICER",
                Kind::Eldercare | Kind::Care | Kind::Card | Kind::Governance | Kind::Organisations,
            )
            | ("INSTITUTION", Kind::Eldercare | Kind::Care | Kind::Card)
            | ("CITIZEN" | "CARE_WORKER", Kind::Care)
            | ("SOCIAL_ORG", Kind::Organisations)
            | ("WINDOW_CLERK", Kind::Window) => Level::Full,
            // Whom an institution serves: its reach says who that is.
            ("INSTITUTION" | "CARE_WORKER", Kind::Registry) if aggregate == "Person" => Level::Full,
            // A household's own, as far as its members go.
            ("CITIZEN", Kind::Eldercare) if aggregate == "RenovationCase" => Level::Full,
            (
                "APPROVER" | "VILLAGE_WORKER",
                Kind::Registry
                | Kind::Finding
                | Kind::Assistance
                | Kind::Eldercare
                | Kind::Care
                | Kind::Card
                | Kind::Governance
                | Kind::Organisations,
            )
            | ("APPROVER", Kind::Window | Kind::Inquiry)
            | ("CARE_WORKER", Kind::Card)
            // Read by everybody; a card has no person in it.
            | (PUBLIC_ROLE, Kind::Card)
            | ("AUDITOR", _) => Level::Masked,
            (
                "SCREEN",
                Kind::Assistance
                | Kind::Eldercare
                | Kind::Care
                | Kind::Card
                | Kind::Governance
                | Kind::Organisations
                | Kind::Window
                | Kind::Charity,
            ) => Level::Counts,
            _ => Level::None,
        }
    }

    fn only(&self, role: &str, line: Option<&str>, aggregate: &str) -> Option<(&'static str, Values)> {
        /// The records of each line of which something can be found.
        const OF_ASSISTANCE: Values = &["Payment", "WelfareBenefit"];
        const OF_CARE: Values = &["Stay"];
        match (role, aggregate) {
            // Sheets of accounts, and no business row.
            ("SECURITY_ADMIN", "Import") => Some(("kind", &["accounts"])),
            // What is odd of a record tells of it: only who sees records of its business learns that.
            (_, "Finding") => match (role, line) {
                ("WINDOW_CLERK", _) | (_, Some("ASSISTANCE")) => Some(("aggregate", OF_ASSISTANCE)),
                (_, Some("ELDERLY")) => Some(("aggregate", OF_CARE)),
                (_, Some(_)) => Some(("aggregate", &[])),
                (_, None) => None,
            },
            _ => None,
        }
    }

    fn may(&self, role: &str, line: Option<&str>, command: &str) -> bool {
        roles_of(command).contains(&role) && kind_of(command).is_none_or(|kind| of_line(role, line, kind))
    }

    fn needs_purpose(&self, role: &str) -> bool {
        role != PUBLIC_ROLE && ROLES.iter().any(|r| r.code == role && r.staff)
    }
}

/// The roles that may run a command: those of the tables here, and of the machine that has it.
pub fn roles_of(command: &str) -> Vec<&'static str> {
    let listed = COMMANDS.iter().chain(ACCESS_COMMANDS).filter(|(name, _)| *name == command);
    let steps = MACHINES.iter().flat_map(|machine| machine.steps).filter(|step| step.command == command);
    listed.flat_map(|(_, roles)| *roles).chain(steps.flat_map(|step| step.roles)).copied().collect()
}

/// All commands.
pub fn commands() -> impl Iterator<Item = &'static str> {
    let listed = COMMANDS.iter().chain(ACCESS_COMMANDS).map(|(name, _)| *name);
    let steps = MACHINES.iter().flat_map(|machine| machine.steps).map(|step| step.command);
    listed.chain(steps).collect::<std::collections::BTreeSet<_>>().into_iter()
}

/// Command → roles that may run it, where no machine says so. Imports run as `record…` commands.
pub const COMMANDS: &[(&str, &[&str])] = &[
    ("recordDivision", &["DISTRICT_ADMIN"]),
    ("correctIdentity", &["TOWN_OFFICER", "DISTRICT_ADMIN"]),
    ("revokeDeath", &["TOWN_OFFICER", "DISTRICT_ADMIN"]),
    ("recordGuardianship", &["TOWN_OFFICER", "DISTRICT_ADMIN"]),
    ("endGuardianship", &["TOWN_OFFICER", "DISTRICT_ADMIN"]),
    ("assignTask", &["TOWN_OFFICER", "DISTRICT_ADMIN"]),
    ("settleFinding", &["TOWN_OFFICER", "BUSINESS_OFFICER", "DISTRICT_ADMIN"]),
    ("recordPolicyDocument", &["DISTRICT_ADMIN"]),
    ("recordPolicyValue", &["DISTRICT_ADMIN"]),
    ("recordPerson", &["DISTRICT_ADMIN"]),
    ("recordHousehold", &["DISTRICT_ADMIN"]),
    ("recordHouseholdMember", &["DISTRICT_ADMIN"]),
    ("recordPersonCondition", &["DISTRICT_ADMIN"]),
    ("recordDivisionStatistics", &["DISTRICT_ADMIN"]),
    ("recordRecognition", &["DISTRICT_ADMIN"]),
    ("recordTemporaryAid", &["DISTRICT_ADMIN"]),
    ("recordWelfareBenefit", &["DISTRICT_ADMIN"]),
    ("recordPayment", &["DISTRICT_ADMIN"]),
    ("recordCareCentre", &["DISTRICT_ADMIN"]),
    ("recordCentreProject", &["DISTRICT_ADMIN"]),
    ("recordStay", &["DISTRICT_ADMIN"]),
    ("recordRenovationCase", &["DISTRICT_ADMIN"]),
    ("recordCareWorker", &["DISTRICT_ADMIN"]),
    ("recordHomeCareBed", &["DISTRICT_ADMIN"]),
    ("recordHomeVisit", &["DISTRICT_ADMIN"]),
    ("recordInspection", &["DISTRICT_ADMIN"]),
    ("recordHazard", &["DISTRICT_ADMIN"]),
    ("recordVillageCharter", &["DISTRICT_ADMIN"]),
    ("recordRedWhiteCouncil", &["DISTRICT_ADMIN"]),
    ("recordCeremony", &["DISTRICT_ADMIN"]),
    ("recordDisclosure", &["DISTRICT_ADMIN"]),
    ("recordCommunityWorker", &["DISTRICT_ADMIN"]),
    ("recordSocialOrganisation", &["DISTRICT_ADMIN"]),
    ("recordAnnualInspection", &["DISTRICT_ADMIN"]),
    ("recordPartyOrganisation", &["DISTRICT_ADMIN"]),
    ("recordAdministrativeItem", &["DISTRICT_ADMIN"]),
    ("recordItemCase", &["DISTRICT_ADMIN"]),
    ("recordDonation", &["DISTRICT_ADMIN"]),
    ("recordPaymentAccount", &["DISTRICT_ADMIN"]),
    ("recordBudgetLine", &["DISTRICT_ADMIN"]),
    ("recordBankReturn", &["DISTRICT_ADMIN"]),
    ("recordDonor", &["DISTRICT_ADMIN"]),
    ("recordAssistanceRoster", &["DISTRICT_ADMIN"]),
    ("recordGrantRoster", &["DISTRICT_ADMIN"]),
    // The security administrator takes sheets of accounts in, since it records nothing else.
    ("importSheet", &["DISTRICT_ADMIN", "SECURITY_ADMIN"]),
    ("undoImport", &["DISTRICT_ADMIN", "SECURITY_ADMIN"]),
    ("exportSheet", &["DISTRICT_ADMIN"]),
    ("createUpload", &["DISTRICT_ADMIN", "SECURITY_ADMIN"]),
    ("resumeJob", &["SYSTEM_ADMIN"]),
];

/// Root field → roles that may ask it, where not everybody may: what no scope of rows can say.
pub const FIELDS: &[(&str, &[&str])] = &[
    ("changes", &["PLATFORM", "AUDITOR"]),
    ("auditEntries", &["AUDITOR"]),
    ("verifyAudit", &["AUDITOR"]),
    ("unfinishedJobs", &["SYSTEM_ADMIN"]),
];

/// Mutations of who has not signed in yet.
pub const OPEN_MUTATIONS: &[&str] =
    &["signIn", "signInPlatformClient", "refreshToken", "createScreenCode", "redeemScreenCode"];

/// Whether a viewer may ask a root field.
pub fn may_ask(viewer: &Viewer, field: &str) -> bool {
    FIELDS
        .iter()
        .find(|(name, _)| *name == field)
        .is_none_or(|(_, roles)| viewer.holds(SYSTEM_ROLE) || roles.iter().any(|role| viewer.holds(role)))
}

/// Whether a viewer may ask a root field for a whole division: by a grant that reaches its own code, which one for a
/// part of it does not.
pub fn may_ask_of(viewer: &Viewer, field: &str, division: &str) -> bool {
    let roles = FIELDS.iter().find(|(name, _)| *name == field).map_or(&[][..], |(_, roles)| *roles);
    viewer.grants.iter().any(|grant| {
        (grant.role == SYSTEM_ROLE || roles.contains(&grant.role.as_str()))
            && match &grant.reach {
                Reach::Everywhere => true,
                Reach::Divisions(ranges) => within(ranges, division),
                Reach::Organisation { .. } | Reach::Persons { .. } | Reach::Nothing => false,
            }
    })
}

/// What every account holds that signed in fully. Never granted.
pub const MEMBER_ROLE: &str = "ACCOUNT";

/// What a session holds that is good only for setting up the account: a new password, a second factor. Never granted.
pub const SETUP_ROLE: &str = "SETUP";

/// Commands about accounts, and who may run them. No business role may run one about another account.
pub const ACCESS_COMMANDS: &[(&str, &[&str])] = &[
    ("signIn", &[PUBLIC_ROLE]),
    ("signInPlatformClient", &[PUBLIC_ROLE]),
    ("refreshToken", &[PUBLIC_ROLE]),
    ("signOut", &[MEMBER_ROLE, SETUP_ROLE, "SCREEN"]),
    ("changePassword", &[MEMBER_ROLE, SETUP_ROLE]),
    ("enrolSecondFactor", &[MEMBER_ROLE, SETUP_ROLE]),
    ("confirmSecondFactor", &[MEMBER_ROLE, SETUP_ROLE]),
    ("endSession", &[MEMBER_ROLE]),
    ("startScreenSession", &["SCREEN"]),
    ("createScreenCode", &[PUBLIC_ROLE]),
    ("redeemScreenCode", &[PUBLIC_ROLE]),
    ("confirmScreenCode", &["SECURITY_ADMIN"]),
    ("handOver", &[MEMBER_ROLE]),
    ("deputise", &[MEMBER_ROLE]),
    ("confirmDeputy", &["SECURITY_ADMIN"]),
    ("endDeputy", &[MEMBER_ROLE]),
    ("createAccount", &["SECURITY_ADMIN"]),
    ("recordAccount", &["SECURITY_ADMIN"]),
    ("disableAccount", &["SECURITY_ADMIN"]),
    ("enableAccount", &["SECURITY_ADMIN"]),
    ("unlockAccount", &["SECURITY_ADMIN"]),
    ("resetPassword", &["SECURITY_ADMIN"]),
    ("confirmPasswordReset", &["SECURITY_ADMIN"]),
    ("cancelPasswordReset", &["SECURITY_ADMIN"]),
    ("createPlatformClient", &["SECURITY_ADMIN"]),
    ("rotatePlatformClientSecret", &["SECURITY_ADMIN"]),
    // By the command line only.
    ("mintToken", &[]),
    ("recordHolder", &[]),
    ("rotateKeys", &[]),
];

/// 三员: system, security and audit are three persons' duties, none of which goes with another role.
pub const INCOMPATIBLE_ROLES: &[&str] = &["SYSTEM_ADMIN", "SECURITY_ADMIN", "AUDITOR"];

/// Two of these roles that one person may not hold together, if there are any. What somebody may do as a citizen is
/// no duty.
pub fn incompatible<'a>(roles: &[&'a str]) -> Option<(&'a str, &'a str)> {
    let duty = roles.iter().copied().find(|role| INCOMPATIBLE_ROLES.contains(role))?;
    let other = roles.iter().copied().find(|role| *role != duty && *role != "CITIZEN")?;
    Some((duty, other))
}

/// A role by its code.
pub fn role_of(code: &str) -> Option<&'static Role> {
    ROLES.iter().find(|role| role.code == code)
}

/// How many digits the division of a grant has at least: a town's officer has a town, a village's worker a village.
pub fn least_digits(role: &str) -> usize {
    match role {
        "TOWN_OFFICER" => 9,
        "VILLAGE_WORKER" => 12,
        _ => 2,
    }
}

/// Whether a grant of the role names a business line.
pub fn takes_line(role: &str) -> Line {
    match role {
        "BUSINESS_OFFICER" => Line::Required,
        "APPROVER" | "PLATFORM" => Line::Allowed,
        _ => Line::None,
    }
}

/// Whether a grant names a business line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// It must.
    Required,
    /// It may: then it reaches that line only.
    Allowed,
    /// It may not.
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_duties_see_no_business_row() {
        for role in ["SYSTEM_ADMIN", "SECURITY_ADMIN"] {
            for (aggregate, kind) in AGGREGATES {
                if !matches!(kind, Kind::Public | Kind::Access | Kind::Exchange) {
                    assert_eq!(POLICY.level(role, None, aggregate), Level::None, "{role} {aggregate}");
                }
            }
            let of_sheets = ["importSheet", "undoImport", "createUpload", "resumeJob"];
            let business = COMMANDS.iter().filter(|(command, _)| !of_sheets.contains(command));
            assert!(business.clone().all(|(_, roles)| !roles.contains(&role)), "{role}");
        }
        assert_eq!(POLICY.level("SYSTEM_ADMIN", None, "Import"), Level::None);
        assert_eq!(POLICY.only("SECURITY_ADMIN", None, "Import"), Some(("kind", &["accounts"] as Values)));
    }

    #[test]
    fn commands_about_accounts_belong_to_no_business_role() {
        for (command, roles) in ACCESS_COMMANDS {
            for role in *roles {
                let own = [PUBLIC_ROLE, MEMBER_ROLE, SETUP_ROLE, "SECURITY_ADMIN"].contains(role);
                let of_screen = *role == "SCREEN" && ["startScreenSession", "signOut"].contains(command);
                assert!(own || of_screen, "{command} {role}");
            }
            assert!(COMMANDS.iter().all(|(name, _)| name != command), "{command} twice");
        }
        for role in [PUBLIC_ROLE, MEMBER_ROLE, SETUP_ROLE] {
            assert!(role_of(role).is_none(), "{role} can be granted");
        }
    }

    #[test]
    fn the_three_duties_go_with_no_other_role() {
        assert_eq!(incompatible(&["SECURITY_ADMIN", "AUDITOR"]), Some(("SECURITY_ADMIN", "AUDITOR")));
        assert_eq!(incompatible(&["TOWN_OFFICER", "AUDITOR"]), Some(("AUDITOR", "TOWN_OFFICER")));
        assert_eq!(incompatible(&["AUDITOR", "AUDITOR", "CITIZEN"]), None);
        assert_eq!(incompatible(&["TOWN_OFFICER", "APPROVER"]), None);
        assert_eq!(incompatible(&[]), None);
    }

    #[test]
    fn a_line_opens_nothing_of_another() {
        for role in ROLES.iter().filter(|role| takes_line(role.code) != Line::None) {
            for line in LINES {
                for (aggregate, kind) in AGGREGATES.iter().filter(|(_, kind)| *kind != Kind::Public) {
                    let level = POLICY.level(role.code, Some(line), aggregate);
                    let persons = role.code == "BUSINESS_OFFICER" && *kind == Kind::Registry;
                    let most = if persons { Level::Masked } else { Level::None };
                    assert!(line_has(line, *kind) || level <= most, "{} {line} {aggregate}", role.code);
                }
                for command in commands().filter(|command| POLICY.may(role.code, Some(line), command)) {
                    // What belongs to no business could be run on any line.
                    assert!(
                        kind_of(command).is_some_and(|kind| line_has(line, kind)),
                        "{} {line} {command}",
                        role.code
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_not_listed_nobody_sees() {
        for role in ROLES {
            assert_eq!(POLICY.level(role.code, Some("ASSISTANCE"), "Unlisted"), Level::None);
        }
    }

    #[test]
    fn the_screen_sees_sums_only() {
        for (aggregate, kind) in AGGREGATES {
            if *kind != Kind::Public {
                assert!(POLICY.level("SCREEN", None, aggregate) <= Level::Counts);
            }
        }
    }
}
