//! PostgreSQL goes away under honest clients and comes back: what they are told meanwhile, how soon (aim: UNAVAILABLE
//! within 250 ms), and how soon all is as before (aim: 5 s).

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use serde_json::json;
use tests::fire::Proxy;
use tests::{On, World};

use super::attacks::{WARM, tell_memory};
use super::client::{Caller, JSON, post};
use super::honest::{Honest, Tally, broken, code_of};
use super::program::{Program, Server};

/// How long it is away.
const AWAY: Duration = Duration::from_secs(10);
/// In this time after it went it is found out.
const FOUND_OUT: Duration = Duration::from_secs(2);
/// Who waits longer for it to come back waits no more.
const PATIENCE: Duration = Duration::from_mins(1);
const REPORT: &str = "mutation R($input: ReportChangeInput!) { reportChange(input: $input) { userErrors { code } } }";

/// Measures with a way that is cut, and with one on which nothing is heard any more.
pub async fn away(program: &Program, honest: &Honest, admin: &str) {
    // Only its way to the server is wanted: what goes over it names its own database.
    let mut world = World::unmigrated(On::Postgres);
    let proxy = Proxy::before(&mut world);
    let settings = world.environment();
    let (_, way) = settings.iter().rfind(|(name, _)| name == "MINZHENG_DATABASE_URL").expect("a way");
    let (server, database) =
        (way.rsplit_once('/').expect("a database").0, program.url.rsplit_once('/').expect("one").1);
    let program =
        Program { binary: program.binary.clone(), folder: program.folder.clone(), url: format!("{server}/{database}") };
    for (name, parted) in [("refuses connections", false), ("hears and says nothing", true)] {
        let server = program.serve_limited();
        honest.ask(&server.address, WARM).await;
        let before = server.memory();
        if parted {
            proxy.part();
        } else {
            proxy.refuse();
        }
        let (first, changes) =
            tokio::join!(honest.ask(&server.address, FOUND_OUT), change(&server, honest, admin, FOUND_OUT));
        println!("\nPostgreSQL is away: it {name}");
        println!("  honest, the first {} s  {first}", FOUND_OUT.as_secs());
        println!("  changes               {changes}");
        let (then, changes) = tokio::join!(honest.ask(&server.address, AWAY), change(&server, honest, admin, AWAY));
        println!("  honest, then          {then}");
        println!("  changes               {changes}");
        let mended = Instant::now();
        proxy.mend();
        let read = until_good(&server, &honest.page()).await;
        let written = until_good(&server, &report(honest, admin, 0)).await;
        println!(
            "  back      the first good answer after {:.0} ms, the first change after {:.0} ms (aim < 5000)",
            (read - mended).as_secs_f64() * 1e3,
            (written - mended).as_secs_f64() * 1e3
        );
        println!("  honest    {}", honest.ask(&server.address, WARM).await);
        tell_memory(before, &server);
    }
}

/// A change that the n-th time is another one than before.
fn report(honest: &Honest, token: &str, n: usize) -> Vec<u8> {
    let person = &honest.persons[n % honest.persons.len()];
    let input = json!({ "person": person, "kind": "NO_CHANGE", "happenedOn": "2023-06-29", "note": n.to_string() });
    post(Some(token), JSON, REPORT, &json!({ "input": input }))
}

/// Reports changes five times a second for so long.
async fn change(server: &Server, honest: &Honest, token: &str, time: Duration) -> Tally {
    let mut caller = Caller::new(Ipv4Addr::new(127, 0, 0, 12), &server.address);
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    let (began, mut tally) = (tokio::time::Instant::now(), Tally::default());
    for n in 0.. {
        let due = ticks.tick().await;
        if due - began >= time {
            break;
        }
        let answer = caller.ask(&report(honest, token, n)).await.unwrap_or_else(|_| broken());
        tally.note(code_of(&answer), due.elapsed());
    }
    tally
}

/// When a request is answered and not said to be unavailable.
async fn until_good(server: &Server, request: &[u8]) -> Instant {
    let mut caller = Caller::new(Ipv4Addr::new(127, 0, 0, 13), &server.address);
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let answer = caller.ask(request).await.unwrap_or_else(|_| broken());
        if !["UNAVAILABLE", "HUNG_UP"].contains(&code_of(&answer)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Instant::now()
}
