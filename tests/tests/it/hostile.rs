//! Requests made to hurt, over HTTP, WebSocket and event stream, while honest clients are served: each is refused at
//! once, none is a fault of the server, nobody else notices.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use minzheng_guard::hostile::corpus;
use serde_json::{Value, json};
use tungstenite::Message;

use crate::talk::{Events, Heard, Socket, ask};

const VIEWER: &str = "{ viewer { businessDate } }";
/// Ten times what a loaded machine takes.
const AT_ONCE: Duration = Duration::from_secs(10);

/// Asks on and on until told to stop, each answer being right; counts them.
fn honest(address: &str, way: usize, stop: &AtomicBool, served: &AtomicU32) {
    let date = |answer: &Value| assert_eq!(answer["data"]["viewer"]["businessDate"], "2023-06-30", "{answer}");
    let mut socket = (way % 4 == 1).then(|| Socket::ready(address, None));
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        match (&mut socket, way % 4) {
            (Some(socket), _) => {
                socket.subscribe("honest", VIEWER, json!({}));
                date(&socket.message()["payload"]);
                assert_eq!(socket.message()["type"], "complete");
            }
            (None, 2) => {
                let body = json!({ "query": VIEWER }).to_string();
                let mut events = Events::open(address, None, body.as_bytes()).expect("a stream");
                date(&events.next().expect("an answer").1);
                assert_eq!(events.next().expect("an end").0, "complete");
            }
            _ => {
                let (status, answer) = ask(address, &[], VIEWER, json!({}));
                assert_eq!(status, 200);
                date(&answer);
            }
        }
        assert!(began.elapsed() < AT_ONCE, "an honest client waited {:?}", began.elapsed());
        served.fetch_add(1, Ordering::Relaxed);
    }
}

/// POSTs a body: the status and text; 0 where the server hung up while a body that is too large was on its way.
fn post(address: &str, accept: &str, body: &[u8]) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request =
        agent.post(format!("{address}/graphql")).header("content-type", "application/json").header("accept", accept);
    match request.send(body) {
        Ok(mut response) => (response.status().as_u16(), response.body_mut().read_to_string().unwrap_or_default()),
        Err(error) => (0, error.to_string()),
    }
}

tests::on_both! {
    hostile_requests_are_refused_at_once_while_honest_clients_are_served(world) {
        // What is tried is the guard, not the rate.
        for limit in ["RATE", "WORK", "STATEMENTS"] {
            world.set(&format!("MINZHENG_{limit}_PER_ADDRESS"), "0");
        }
        let address = world.serve().to_owned();
        let (stop, served) = (AtomicBool::new(false), AtomicU32::new(0));
        let hostile = corpus();
        assert!(hostile.len() > 100);
        std::thread::scope(|scope| {
            let honest: Vec<_> =
                (0..8).map(|way| scope.spawn({ let (address, stop, served) = (&address, &stop, &served); move || honest(address, way, stop, served) })).collect();
            let attack = || {
                for one in &hostile {
                    let body = one.body();
                    let large = body.len() > 1 << 20;
                    for accept in ["application/json", "application/graphql-response+json", "text/event-stream"] {
                        let began = Instant::now();
                        let (status, text) = post(&address, accept, &body);
                        assert!(began.elapsed() < AT_ONCE, "{}: {:?}", one.name, began.elapsed());
                        assert!((200..500).contains(&status) || (status == 0 && large), "{}: {status} {text}", one.name);
                        assert!(text.contains("\"errors\"") || (status == 0 && large), "{}: {text}", one.name);
                    }
                    let began = Instant::now();
                    let mut socket = Socket::ready(&address, None);
                    let mut message = b"{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":".to_vec();
                    message.extend(&body);
                    message.push(b'}');
                    // A text frame has to be UTF-8; what is not goes as it is.
                    let message = String::from_utf8(message).map_or_else(|e| Message::binary(e.into_bytes()), Message::text);
                    socket.send(message);
                    match socket.hear() {
                        Heard::Message(said) => {
                            let refused = said["type"] == "error" || !said["payload"]["errors"].is_null();
                            assert!(refused, "{}: {said}", one.name);
                        }
                        Heard::Closed(code) => {
                            assert!(matches!(code, 4400 | 1002 | 1007 | 1009), "{}: {code}", one.name);
                        }
                        Heard::Gone => assert!(large, "{}: hung up", one.name),
                    }
                    assert!(began.elapsed() < AT_ONCE, "{}: {:?}", one.name, began.elapsed());
                }
            };
            let attacked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(attack));
            stop.store(true, Ordering::Relaxed);
            for honest in honest {
                honest.join().expect("an honest client was always served");
            }
            attacked.expect("every hostile request was refused");
        });
        assert!(served.load(Ordering::Relaxed) > 100, "honest clients were served {served:?} times");
        assert_eq!(world.get("/healthz").0, 200);
    }
}
