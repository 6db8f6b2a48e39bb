//! The accounts of a demo: each with a name, a role and something of its own to see.

use chrono::TimeDelta;
use entity::access::{account, role_grant};
use entity::assistance::recognition;
use entity::eldercare::care_centre;
use entity::organisations::{annual_inspection, social_organisation};
use entity::registry::{division, household, person};
use minzheng_access::account::CreateAccount;
use minzheng_access::credential::{Hashed, Hidden};
use minzheng_access::mint::{Minted, mint};
use minzheng_access::platform_client::CreatePlatformClient;
use minzheng_access::role_grant::Proposed;
use minzheng_assistance::recognition::AssistanceCategory;
use minzheng_demo::{DIVISIONS, Division, PASSWORD, PLATFORM_SECRET, STAFF, Staff, sponsor};
use minzheng_eldercare::care_centre::{CentreKind, CentreState};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::policy::{Role, ScopeKind, role_of};
use minzheng_kernel::commands::Sent;
use minzheng_kernel::secrets::OpaqueToken;
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, commands};
use minzheng_organisations::annual_inspection::InspectionConclusion;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde_json::{Map, Value};

use super::DISTRICT;

/// How long its tokens are good.
const TOKENS_FOR: TimeDelta = TimeDelta::days(7);

/// Somebody who can sign in.
pub struct Known {
    /// As which.
    pub staff: &'static Staff,
    /// 姓名
    pub name: String,
    /// 所在 · town, centre or organisation; empty for those who reach no business.
    pub place: String,
}

/// Makes the accounts.
pub async fn make(kernel: &Kernel, viewer: &Viewer) -> Result<(), Fault> {
    let scopes = Scopes::choose(kernel, viewer).await?;
    let password = Hashed::lasting(kernel, PASSWORD).await?;
    for staff in STAFF {
        let Some(role) = role_of(staff.role) else { continue };
        let Some(scope) = scopes.of(role) else { continue };
        let citizen = scopes.citizen.as_ref().filter(|_| role.scope == ScopeKind::Person);
        let grants = vec![Proposed {
            account: 0,
            role: staff.role.to_owned(),
            line: staff.line.map(str::to_owned),
            scope,
            valid_from: None,
            valid_until: None,
        }];
        if staff.role == "PLATFORM" {
            let secret =
                OpaqueToken::parse(PLATFORM_SECRET).ok_or_else(|| Fault::internal("the demo's secret is none"))?;
            let command = CreatePlatformClient {
                client_id: staff.username.to_owned(),
                name: staff.name.to_owned(),
                valid_until: None,
                grants,
                secret_hash: hex::encode(secret.digest()),
            };
            let made = commands::run(kernel, viewer, command, &Sent::default()).await;
            made.map_err(|failure| failed(staff, &failure))?;
            continue;
        }
        let command = CreateAccount {
            username: staff.username.to_owned(),
            name: citizen.map_or_else(|| staff.name.to_owned(), |person| person.name.clone()),
            id_number: (staff.is_person() && citizen.is_none()).then(|| Hidden(staff.number())),
            phone: None,
            person_id: citizen.map(|person| person.id),
            valid_until: None,
            password: Some(password.clone()),
            grants,
        };
        let made = commands::run(kernel, viewer, command, &Sent::default()).await;
        let made = made.map_err(|failure| failed(staff, &failure))?;
        if !made.confirmed {
            return Err(Fault::internal(format!("{}: not confirmed", staff.username)));
        }
    }
    Ok(())
}

/// Those who can sign in, in the order of their making.
pub async fn all(kernel: &Kernel, viewer: &Viewer) -> Result<Vec<Known>, Fault> {
    let read = kernel.db.read();
    let mut known = Vec::new();
    for staff in STAFF {
        let account = viewer.select::<account::Entity>().filter(account::Column::Username.eq(staff.username));
        let Some(account) = account.one(read).await? else { continue };
        let grant = viewer.select::<role_grant::Entity>().filter(role_grant::Column::AccountId.eq(account.id));
        let grant = grant.order_by_asc(role_grant::Column::Id).one(read).await?;
        let scope = grant.map(|grant| grant.scope).unwrap_or_default();
        known.push(Known { staff, name: account.name, place: place(kernel, viewer, &scope).await? });
    }
    Ok(known)
}

/// One token a role and business line.
pub async fn tokens<'a>(
    kernel: &Kernel,
    viewer: &Viewer,
    people: impl Iterator<Item = &'a Known>,
) -> Result<Map<String, Value>, Fault> {
    let mut tokens = Map::new();
    for Known { staff, .. } in people {
        let name = staff.line.map_or_else(|| staff.role.to_owned(), |line| format!("{}_{line}", staff.role));
        if tokens.contains_key(&name) {
            continue;
        }
        let whom = Minted::Account(staff.username.to_owned());
        let (token, _) = mint(kernel, viewer, whom, TOKENS_FOR).await.map_err(|failure| failed(staff, &failure))?;
        tokens.insert(name, token.into());
    }
    Ok(tokens)
}

fn failed(staff: &Staff, failure: &Failure) -> Fault {
    Fault::internal(format!("{}: {failure:?}", staff.username))
}

/// What a scope is called: the name of a division, centre or organisation; empty for anything else.
async fn place(kernel: &Kernel, viewer: &Viewer, scope: &str) -> Result<String, Fault> {
    let read = kernel.db.read();
    let code = format!("{scope:0<12}");
    let division = viewer.select::<division::Entity>().filter(division::Column::Code.eq(code)).one(read).await?;
    if let Some(division) = division {
        return Ok(division.name);
    }
    let centre = viewer.select::<care_centre::Entity>().filter(care_centre::Column::Number.eq(scope)).one(read).await?;
    if let Some(centre) = centre {
        return Ok(centre.name);
    }
    let organisation = viewer.select::<social_organisation::Entity>();
    let organisation = organisation.filter(social_organisation::Column::Uscc.eq(scope)).one(read).await?;
    Ok(organisation.map(|organisation| organisation.name).unwrap_or_default())
}

/// What the accounts reach: each role has something of its own to see.
struct Scopes {
    town: String,
    village: String,
    centre: Option<String>,
    organisation: Option<String>,
    citizen: Option<person::Model>,
}

impl Scopes {
    /// A town of villages and one of them, the largest care institution, an organisation that passed its inspection, the head
    /// of a family on 低保.
    async fn choose(kernel: &Kernel, viewer: &Viewer) -> Result<Self, Fault> {
        use care_centre::Column as Centre;
        let read = kernel.db.read();
        // 100–199 are 镇, 200–399 villages (domain §2.10); in one where somebody lives there is something to see.
        let rural = |code: &str| code.get(6..7) == Some("1") && code.get(9..10) == Some("2");
        let homes = viewer
            .select::<household::Entity>()
            .filter(household::Column::Division.gte(format!("{DISTRICT}100")))
            .filter(household::Column::Division.lt(format!("{DISTRICT}200")))
            .order_by_asc(household::Column::Division)
            .limit(1_000)
            .all(read)
            .await?;
        let village = homes.into_iter().map(|home| home.division).find(|code| rural(code));
        let village = village.or_else(|| {
            let places = Division::of_district(DIVISIONS, DISTRICT);
            places.into_iter().map(|place| place.code).find(|code| rural(code))
        });
        let village = village.unwrap_or_else(|| DISTRICT.to_owned());
        let centre = viewer
            .select::<care_centre::Entity>()
            .filter(Centre::Kind.eq(CentreKind::Institution.code()))
            .filter(Centre::State.eq(CentreState::Operating.code()))
            .order_by_desc(Centre::Beds)
            .order_by_asc(Centre::Number)
            .one(read)
            .await?;
        let organisation = viewer
            .select::<annual_inspection::Entity>()
            .filter(annual_inspection::Column::Conclusion.eq(InspectionConclusion::Qualified.code()))
            .order_by_desc(annual_inspection::Column::Year)
            .order_by_asc(annual_inspection::Column::Uscc)
            .one(read)
            .await?;
        let on_roll = viewer
            .select::<recognition::Entity>()
            .filter(recognition::Column::Category.eq(AssistanceCategory::Dibao.code()))
            .filter(recognition::Column::EffectiveUntil.is_null())
            .order_by_asc(recognition::Column::Number)
            .limit(50)
            .all(read)
            .await?;
        let homes = on_roll.iter().map(|row| row.household_id);
        let homes = viewer.select::<household::Entity>().filter(household::Column::Id.is_in(homes)).all(read).await?;
        let heads = homes.iter().map(|home| home.head_id);
        let citizen = viewer
            .select::<person::Entity>()
            .filter(person::Column::Id.is_in(heads))
            .filter(person::Column::DeathDate.is_null())
            .order_by_asc(person::Column::Id)
            .one(read)
            .await?;
        Ok(Self {
            town: village.get(..9).unwrap_or(&village).to_owned(),
            village,
            centre: centre.map(|centre| centre.number),
            organisation: organisation.map(|inspection| inspection.uscc),
            citizen,
        })
    }

    /// The scope of a role; nothing where a small demo has nobody for it.
    fn of(&self, role: &Role) -> Option<String> {
        match (role.code, role.scope) {
            (_, ScopeKind::None) => Some(String::new()),
            ("TOWN_OFFICER", _) => Some(self.town.clone()),
            ("VILLAGE_WORKER", _) => Some(self.village.clone()),
            ("SOCIAL_ORG", _) => self.organisation.clone(),
            ("SPONSOR", _) => Some(sponsor()),
            (_, ScopeKind::Organisation) => self.centre.clone(),
            (_, ScopeKind::Person) => self.citizen.as_ref().map(|person| person.id.to_string()),
            (_, ScopeKind::Division) => Some(DISTRICT.to_owned()),
        }
    }
}
