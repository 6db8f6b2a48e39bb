//! 待办 · one list of what waits for the viewer, across rooms, from the states in which records stand.

use async_graphql::{Context, SimpleObject};
use chrono::NaiveDate;
use entity::Aggregate as _;
use entity::access::role_grant;
use entity::exchange::import;
use entity::figures::periodic_report;
use entity::kernel::state_change;
use entity::registry::{inquiry, reported_change, transfer_request};
use minzheng_access::assignment;
use minzheng_exchange::import_list::available;
use minzheng_ground::Row;
use minzheng_ground::engine::AnyNode;
use minzheng_ground::error::{Answer, fault};
use minzheng_ground::room::Room;
use minzheng_ground::scalars::Date;
use minzheng_ground::state::{state, viewer};
use minzheng_kernel::{Fault, Kernel, Lang, Text, Viewer, machine};
use minzheng_registry::transfer_request::available as available_transfer;
use minzheng_rules::machine::{INQUIRY, Machine, PERIODIC_REPORT, REPORTED_CHANGE, ROLE_GRANT, TRANSFER_REQUEST};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

/// Tasks in one answer; the soonest due.
const MOST: u64 = 100;

/// 待办事项 · something that waits for the viewer.
#[derive(SimpleObject)]
pub struct Task {
    /// 事项 · what is to be done, in the reader's language; names nobody.
    title: String,
    /// 期限 · the day by which; null: none is set.
    due: Option<Date>,
    /// 是否逾期 · whether the day is past.
    overdue: bool,
    /// 板块
    room: Room,
    /// 记录 · what it is about.
    node: AnyNode,
    /// 可用操作 · commands that the viewer may give about it now.
    available_commands: Vec<&'static str>,
    /// 经办账户 · the user name of who was given it; null: nobody in particular.
    assignee: Option<String>,
}

/// The viewer's tasks, soonest due first, those without a day last.
pub async fn tasks(
    context: &Context<'_>,
    due_before: Option<NaiveDate>,
    room: Option<Room>,
    mine: bool,
) -> Answer<Vec<Task>> {
    let (kernel, viewer) = (&state(context)?.kernel, viewer(context)?);
    let wanted = |one: Room| room.is_none_or(|room| room == one);
    let read = async {
        let mut tasks = Vec::new();
        if wanted(Room::Registry) {
            tasks.extend(reported_changes(kernel, viewer, due_before, mine).await?);
        }
        if wanted(Room::Registry) && !mine {
            tasks.extend(transfer_requests(kernel, viewer, due_before).await?);
        }
        if wanted(Room::Registry) && due_before.is_none() && !mine {
            tasks.extend(inquiries(kernel, viewer).await?);
        }
        // These have no day.
        if wanted(Room::Access) && due_before.is_none() && !mine {
            tasks.extend(role_grants(kernel, viewer).await?);
        }
        if wanted(Room::Exchange) && due_before.is_none() {
            tasks.extend(imports(kernel, viewer).await?);
        }
        if wanted(Room::Figures) && due_before.is_none() && !mine {
            tasks.extend(reports(kernel, viewer).await?);
        }
        Ok(tasks)
    };
    let mut tasks: Vec<Task> = read.await.map_err(|e: Fault| fault(context, e))?;
    tasks.sort_by_key(|task| task.due.map_or(NaiveDate::MAX, |due| due.0));
    tasks.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
    Ok(tasks)
}

fn title(key: &'static str, lang: Lang) -> String {
    Text::of(key).say(lang)
}

/// States of a machine that somebody is to lead on from.
fn waiting(machine: &Machine, viewer: &Viewer) -> Vec<&'static str> {
    let steps = machine.steps.iter().filter(|step| viewer.may(step.command));
    steps.flat_map(|step| step.from.iter().copied()).collect()
}

async fn reported_changes(
    kernel: &Kernel,
    viewer: &Viewer,
    due_before: Option<NaiveDate>,
    mine: bool,
) -> Result<Vec<Task>, Fault> {
    use reported_change::{Column, Entity};
    let mut select = viewer.select::<Entity>().filter(Column::State.is_in(waiting(&REPORTED_CHANGE, viewer)));
    if mine {
        let own = viewer.acting_for.or(viewer.account_id).unwrap_or_default();
        select = select.filter(Column::Id.in_subquery(assignment::rows_of(Entity::NAME, own)));
    }
    if let Some(before) = due_before {
        select = select.filter(Column::DueOn.lt(before));
    }
    let rows = select.order_by_asc(Column::DueOn).order_by_asc(Column::Id).limit(MOST).all(kernel.db.read()).await?;
    let mut given = assignment::of_rows(kernel, viewer, rows.iter().map(|row| row.id).collect()).await?;
    let task = |row: reported_change::Model| {
        let assignee = given.remove(&row.id);
        let available_commands = machine::available::<Entity>(&REPORTED_CHANGE, viewer, &row);
        (!available_commands.is_empty()).then(|| Task {
            title: title("task-reported-change", viewer.lang),
            due: row.due_on.map(Date),
            overdue: row.due_on.is_some_and(|due| due < viewer.today),
            room: Room::Registry,
            node: AnyNode::of(&Row::<Entity>::new(viewer, row)),
            available_commands,
            assignee,
        })
    };
    Ok(rows.into_iter().filter_map(task).collect())
}

/// Persons whom another place asks for.
async fn transfer_requests(
    kernel: &Kernel,
    viewer: &Viewer,
    due_before: Option<NaiveDate>,
) -> Result<Vec<Task>, Fault> {
    use transfer_request::{Column, Entity};
    let mut select = viewer.select::<Entity>().filter(Column::State.is_in(waiting(&TRANSFER_REQUEST, viewer)));
    if let Some(before) = due_before {
        select = select.filter(Column::DueOn.lt(before));
    }
    let rows = select.order_by_asc(Column::DueOn).order_by_asc(Column::Id).limit(MOST).all(kernel.db.read()).await?;
    let task = |row: transfer_request::Model| {
        let available_commands = available_transfer(viewer, &row);
        (!available_commands.is_empty()).then(|| Task {
            title: title("task-transfer", viewer.lang),
            due: row.due_on.map(Date),
            overdue: row.due_on.is_some_and(|due| due < viewer.today),
            room: Room::Registry,
            node: AnyNode::of(&Row::<Entity>::new(viewer, row)),
            available_commands,
            assignee: None,
        })
    };
    Ok(rows.into_iter().filter_map(task).collect())
}

/// Inquiries that another account asked for.
async fn inquiries(kernel: &Kernel, viewer: &Viewer) -> Result<Vec<Task>, Fault> {
    use inquiry::{Column, Entity};
    if !viewer.may("confirmInquiry") {
        return Ok(Vec::new());
    }
    let opened = viewer.select::<Entity>().filter(Column::State.eq("OPENED")).order_by_asc(Column::Id);
    let rows = opened.limit(MOST).all(kernel.db.read()).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let steps = viewer.parts::<state_change::Entity>(state_change::Column::RowId, rows.iter().map(|row| row.id));
    let steps = steps.filter(state_change::Column::Aggregate.eq(Entity::NAME)).all(kernel.db.read()).await?;
    let own = |row: &inquiry::Model| {
        steps
            .iter()
            .any(|step| step.row_id == row.id && step.account_id.is_some_and(|id| viewer.took(id, step.recorded_at)))
    };
    let task = |row: inquiry::Model| Task {
        title: title("task-inquiry", viewer.lang),
        due: None,
        overdue: false,
        room: Room::Registry,
        available_commands: machine::available::<Entity>(&INQUIRY, viewer, &row),
        node: AnyNode::of(&Row::<Entity>::new(viewer, row)),
        assignee: None,
    };
    Ok(rows.into_iter().filter(|row| !own(row)).map(task).collect())
}

/// Grants that another account proposed for a third.
async fn role_grants(kernel: &Kernel, viewer: &Viewer) -> Result<Vec<Task>, Fault> {
    use role_grant::{Column, Entity};
    if !viewer.may("confirmRoleGrants") {
        return Ok(Vec::new());
    }
    let proposed = viewer.select::<Entity>().filter(Column::State.eq("PROPOSED")).order_by_asc(Column::Id);
    let rows = proposed.limit(MOST).all(kernel.db.read()).await?;
    let others = rows.into_iter().filter(|grant| {
        !viewer.is_person_of(grant.account_id) && grant.proposed_by.is_none_or(|account| !viewer.is_person_of(account))
    });
    let task = |row: role_grant::Model| Task {
        title: title("task-role-grant", viewer.lang),
        due: None,
        overdue: false,
        room: Room::Access,
        available_commands: machine::available::<Entity>(&ROLE_GRANT, viewer, &row),
        node: AnyNode::of(&Row::<Entity>::new(viewer, row)),
        assignee: None,
    };
    Ok(others.map(task).collect())
}

/// Reports that are not published yet and wait for the viewer.
async fn reports(kernel: &Kernel, viewer: &Viewer) -> Result<Vec<Task>, Fault> {
    use periodic_report::{Column, Entity};
    let open = viewer.select::<Entity>().filter(Column::Published.eq(false)).order_by_asc(Column::Id);
    let rows = open.limit(MOST).all(kernel.db.read()).await?;
    let task = |row: periodic_report::Model| {
        let available_commands = machine::available::<Entity>(&PERIODIC_REPORT, viewer, &row);
        (!available_commands.is_empty()).then(|| Task {
            title: title("task-report", viewer.lang),
            due: None,
            overdue: false,
            room: Room::Figures,
            available_commands,
            node: AnyNode::of(&Row::<Entity>::new(viewer, row)),
            assignee: None,
        })
    };
    Ok(rows.into_iter().filter_map(task).collect())
}

/// One's own imports with refused rows, until a sheet of the same kind is sent again or they are taken back.
async fn imports(kernel: &Kernel, viewer: &Viewer) -> Result<Vec<Task>, Fault> {
    use import::{Column, Entity};
    let Some(account) = viewer.account_id else { return Ok(Vec::new()) };
    let own = viewer.select::<Entity>().filter(Column::AccountId.eq(account)).filter(Column::DryRun.eq(false));
    let rows = own.order_by_desc(Column::Id).limit(MOST).all(kernel.db.read()).await?;
    let mut seen: Vec<String> = Vec::new();
    let mut tasks = Vec::new();
    for row in rows {
        if seen.contains(&row.kind) {
            continue;
        }
        seen.push(row.kind.clone());
        if !["PARTLY_ACCEPTED", "REFUSED"].contains(&row.state.as_str()) {
            continue;
        }
        tasks.push(Task {
            title: title("task-import", viewer.lang),
            due: None,
            overdue: false,
            room: Room::Exchange,
            available_commands: available(viewer, &row),
            node: AnyNode::of(&Row::<Entity>::new(viewer, row)),
            assignee: None,
        });
    }
    Ok(tasks)
}
