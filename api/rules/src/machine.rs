//! 状态机 · a machine is a table: from which states which command leads where, who may give it, what must be
//! recorded with it, who may not have done the steps before, and in how many working days the next step is due
//! (domain §4). The kernel runs it; rights, due dates, buttons and the handbook are read from it.

use chrono::NaiveDate;

use crate::workdays::add_working_days;

/// One line of a machine's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// States from which it leads; none: it makes the row.
    pub from: &'static [&'static str],
    /// The command.
    pub command: &'static str,
    /// The state to which it leads.
    pub next: &'static str,
    /// Roles that may give it.
    pub roles: &'static [&'static str],
    /// What must be recorded with it: fields of its input.
    pub record: &'static [&'static str],
    /// Commands that another account must have given (four eyes).
    pub not_by: &'static [&'static str],
    /// Working days within which the new state is to be left.
    pub days: Option<u32>,
}

/// A machine.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// The aggregate whose rows it moves.
    pub aggregate: &'static str,
    /// Its table.
    pub steps: &'static [Step],
}

impl Machine {
    /// The steps that lead on from a state.
    pub fn from(&self, state: &str) -> impl Iterator<Item = &'static Step> {
        self.steps.iter().filter(move |step| step.from.contains(&state))
    }

    /// The step that a command makes in a state; `None`: it cannot be given there.
    pub fn step(&self, state: &str, command: &str) -> Option<&'static Step> {
        self.from(state).find(|step| step.command == command)
    }

    /// The step with which a row begins.
    pub fn first(&self, command: &str) -> Option<&'static Step> {
        self.steps.iter().find(|step| step.from.is_empty() && step.command == command)
    }
}

impl Step {
    /// By when the state that was reached on a day is to be left.
    pub fn due(&self, on: NaiveDate) -> Option<NaiveDate> {
        self.days.map(|days| add_working_days(on, days).date)
    }
}

/// 情况变动报告 · reported by the village or the town, dealt with by the town or the district within 5 working days.
pub const REPORTED_CHANGE: Machine = Machine {
    aggregate: "ReportedChange",
    steps: &[
        Step {
            from: &[],
            command: "reportChange",
            next: "REPORTED",
            roles: &["VILLAGE_WORKER", "TOWN_OFFICER", "DISTRICT_ADMIN"],
            record: &[],
            not_by: &[],
            days: Some(5),
        },
        Step {
            from: &["REPORTED"],
            command: "handleReportedChange",
            next: "HANDLED",
            roles: &["TOWN_OFFICER", "DISTRICT_ADMIN"],
            record: &["remark"],
            not_by: &[],
            days: None,
        },
        Step {
            from: &["REPORTED"],
            command: "dismissReportedChange",
            next: "DISMISSED",
            roles: &["TOWN_OFFICER", "DISTRICT_ADMIN"],
            record: &["remark"],
            not_by: &[],
            days: None,
        },
    ],
};

/// 核查 · opened by a district administrator, runs once another account has confirmed it, until it is closed or its last
/// day is over: while it runs the person is not told who looks at the records (design §3.9).
pub const INQUIRY: Machine = Machine {
    aggregate: "Inquiry",
    steps: &[
        Step {
            from: &[],
            command: "openInquiry",
            next: "OPENED",
            roles: &["DISTRICT_ADMIN"],
            record: &[],
            not_by: &[],
            days: None,
        },
        Step {
            from: &["OPENED"],
            command: "confirmInquiry",
            next: "RUNNING",
            roles: &["DISTRICT_ADMIN", "APPROVER"],
            record: &[],
            not_by: &["openInquiry"],
            days: None,
        },
        Step {
            from: &["OPENED", "RUNNING"],
            command: "closeInquiry",
            next: "CLOSED",
            roles: &["DISTRICT_ADMIN"],
            record: &[],
            not_by: &[],
            days: None,
        },
    ],
};

/// 迁入申请 · asked for by a district that may record persons; the place that has the person hands over or refuses.
pub const TRANSFER_REQUEST: Machine = Machine {
    aggregate: "TransferRequest",
    steps: &[
        Step {
            from: &[],
            command: "requestTransfer",
            next: "REQUESTED",
            roles: &["DISTRICT_ADMIN"],
            record: &[],
            not_by: &[],
            days: Some(10),
        },
        Step {
            from: &["REQUESTED"],
            command: "handOverPerson",
            next: "HANDED_OVER",
            roles: &["TOWN_OFFICER", "DISTRICT_ADMIN"],
            record: &[],
            not_by: &["requestTransfer"],
            days: None,
        },
        Step {
            from: &["REQUESTED"],
            command: "refuseTransfer",
            next: "REFUSED",
            roles: &["TOWN_OFFICER", "DISTRICT_ADMIN"],
            record: &["remark"],
            not_by: &["requestTransfer"],
            days: None,
        },
    ],
};

/// 角色授予 · proposed by one security administrator, confirmed by another (domain §5).
pub const ROLE_GRANT: Machine = Machine {
    aggregate: "RoleGrant",
    steps: &[
        Step {
            from: &[],
            command: "proposeRoleGrants",
            next: "PROPOSED",
            roles: &["SECURITY_ADMIN"],
            record: &[],
            not_by: &[],
            days: None,
        },
        Step {
            from: &["PROPOSED"],
            command: "confirmRoleGrants",
            next: "ACTIVE",
            roles: &["SECURITY_ADMIN"],
            record: &[],
            not_by: &["proposeRoleGrants"],
            days: None,
        },
        Step {
            from: &["PROPOSED", "ACTIVE"],
            command: "revokeRoleGrants",
            next: "REVOKED",
            roles: &["SECURITY_ADMIN"],
            record: &[],
            not_by: &[],
            days: None,
        },
    ],
};

/// Who drafts a periodic report.
const DRAFTERS: &[&str] = &["BUSINESS_OFFICER", "DISTRICT_ADMIN"];

/// What a reviewer or publisher may not have done before.
const DRAFTED: &[&str] = &["draftReport", "editReportParagraph", "reviseReport"];

const fn report(
    from: &'static [&'static str],
    command: &'static str,
    next: &'static str,
    roles: &'static [&'static str],
    record: &'static [&'static str],
    not_by: &'static [&'static str],
) -> Step {
    Step { from, command, next, roles, record, not_by, days: None }
}

/// 定期报告 · drafted and edited by officers, reviewed and published by others; what was published is revised by a new
/// revision and stays as it was (domain SM15).
pub const PERIODIC_REPORT: Machine = Machine {
    aggregate: "PeriodicReport",
    steps: &[
        report(&[], "draftReport", "DRAFT", DRAFTERS, &[], &[]),
        report(&["DRAFT"], "editReportParagraph", "DRAFT", DRAFTERS, &["paragraph"], &[]),
        report(&["DRAFT"], "reviewReport", "REVIEWED", &["APPROVER"], &[], DRAFTED),
        report(&["DRAFT", "REVIEWED"], "returnReport", "DRAFT", &["APPROVER"], &["remark"], &[]),
        report(&["REVIEWED"], "publishReport", "PUBLISHED", &["APPROVER"], &[], DRAFTED),
        // Of the published revision, and of the one that begins with it.
        report(&["PUBLISHED"], "reviseReport", "REVISED", DRAFTERS, &["reason"], &[]),
        report(&[], "reviseReport", "DRAFT", DRAFTERS, &[], &[]),
    ],
};

/// All machines.
pub const MACHINES: &[Machine] = &[REPORTED_CHANGE, INQUIRY, TRANSFER_REQUEST, ROLE_GRANT, PERIODIC_REPORT];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_state_is_reached_from_a_first_step() {
        for machine in MACHINES {
            let mut reached: BTreeSet<&str> = BTreeSet::new();
            let mut grown = true;
            while grown {
                let before = reached.len();
                for step in machine.steps {
                    if step.from.is_empty() || step.from.iter().any(|state| reached.contains(state)) {
                        reached.insert(step.next);
                    }
                }
                grown = reached.len() > before;
            }
            let named = machine.steps.iter().flat_map(|step| step.from.iter().copied().chain([step.next]));
            for state in named {
                assert!(reached.contains(state), "{} {state}", machine.aggregate);
            }
        }
    }

    #[test]
    fn a_command_leads_from_a_state_to_one_other() {
        for machine in MACHINES {
            let commands: BTreeSet<&str> = machine.steps.iter().map(|step| step.command).collect();
            for step in machine.steps {
                assert!(!step.roles.is_empty(), "{} {}", machine.aggregate, step.command);
                for from in step.from {
                    assert_eq!(machine.from(from).filter(|other| other.command == step.command).count(), 1);
                }
                for other in step.not_by {
                    assert!(commands.contains(other), "{other} is no command of {}", machine.aggregate);
                }
            }
        }
    }

    #[test]
    fn four_eyes_and_days_stand_in_the_table() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let reported = REPORTED_CHANGE.first("reportChange").unwrap();
        // 2023-06-22 to 24 are the Dragon Boat holidays, 2023-06-25 is worked on.
        assert_eq!(reported.due(day("2023-06-21")), Some(day("2023-06-29")));
        assert_eq!(REPORTED_CHANGE.step("HANDLED", "handleReportedChange"), None);
        assert_eq!(ROLE_GRANT.step("PROPOSED", "confirmRoleGrants").unwrap().not_by, ["proposeRoleGrants"]);
        assert_eq!(ROLE_GRANT.step("ACTIVE", "confirmRoleGrants"), None);
    }
}
