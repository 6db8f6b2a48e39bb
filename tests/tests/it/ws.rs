//! The WebSocket: codes of closing, bounds, and what one connection can do beside another.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::Message;

use crate::talk::{Events, Heard, Socket, data, token};

const VIEWER: &str = "{ viewer { businessDate } }";
const FOLLOW: &str = "subscription { changes { cursor aggregate id kind division } }";

fn init() -> Value {
    json!({ "type": "connection_init" })
}

tests::on_both! {
    a_query_is_answered_and_completed(world) {
        let mut socket = Socket::ready(world.serve(), None);
        socket.subscribe("a", VIEWER, json!({}));
        let next = socket.message();
        assert_eq!((&next["id"], &next["type"]), (&json!("a"), &json!("next")));
        assert_eq!(next["payload"]["data"]["viewer"]["businessDate"], "2023-06-30");
        assert!(next["payload"]["extensions"]["cost"]["requested"].as_u64() > Some(0));
        assert_eq!(socket.message(), json!({ "id": "a", "type": "complete" }));
        // The same id may come again afterwards, and a ping is answered.
        socket.subscribe("a", VIEWER, json!({}));
        assert_eq!(socket.message()["type"], "next");
        assert_eq!(socket.message()["type"], "complete");
        socket.say(&json!({ "type": "ping" }));
        assert_eq!(socket.message(), json!({ "type": "pong" }));
    }

    what_is_refused_is_an_error_of_that_operation_only(world) {
        let mut socket = Socket::ready(world.serve(), None);
        for (query, code) in [
            ("{ nothing }", "VALIDATION"),
            ("{", "VALIDATION"),
            (&format!("{{ {} }}", "viewer { account } ".repeat(30)), "TOO_EXPENSIVE"),
        ] {
            socket.subscribe("x", query, json!({}));
            let error = socket.message();
            assert_eq!((&error["type"], &error["payload"][0]["extensions"]["code"]), (&json!("error"), &json!(code)));
        }
        socket.subscribe("y", FOLLOW, json!({}));
        assert_eq!(socket.message()["payload"]["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert_eq!(socket.message()["type"], "complete");
        socket.subscribe("z", VIEWER, json!({}));
        assert_eq!(socket.message()["type"], "next");
    }

    wrong_messages_close_with_the_code_of_the_protocol(world) {
        let address = world.serve().to_owned();
        let closes = |messages: Vec<Message>| {
            let mut socket = Socket::new(&address);
            for message in messages {
                socket.send(message);
            }
            socket.closed()
        };
        let text = |value: Value| Message::text(value.to_string());
        let subscribe = || text(json!({ "id": "1", "type": "subscribe", "payload": { "query": VIEWER } }));
        assert_eq!(closes(vec![subscribe()]), 4401, "subscribe before connection_init");
        assert_eq!(closes(vec![text(init()), text(init())]), 4429, "twice connection_init");
        for bad in [
            Message::text("no JSON"),
            Message::text("7"),
            Message::text("{}"),
            Message::text("{\"type\":\"start\"}"),
            Message::text("[".repeat(100_000)),
            Message::binary(&b"{\"type\":\"ping\"}"[..]),
            text(json!({ "type": "connection_init", "payload": 7 })),
        ] {
            assert_eq!(closes(vec![bad]), 4400);
        }
        for bad in [
            json!({ "type": "subscribe", "payload": { "query": VIEWER } }),
            json!({ "id": "", "type": "subscribe", "payload": { "query": VIEWER } }),
            json!({ "id": "x".repeat(129), "type": "subscribe", "payload": { "query": VIEWER } }),
            json!({ "id": "1", "type": "subscribe", "payload": [{ "query": VIEWER }] }),
            json!({ "id": "1", "type": "subscribe" }),
            json!({ "type": "complete" }),
        ] {
            assert_eq!(closes(vec![text(init()), text(bad.clone())]), 4400, "{bad}");
        }
        let mut foreign = Socket::open(&address, &[]).expect("a WebSocket");
        assert_eq!(foreign.closed(), 4406, "no protocol that is spoken here");
        let bad = json!({ "type": "connection_init", "payload": { "AUTHORIZATION": "Bearer nonsense" } });
        assert_eq!(closes(vec![text(bad)]), 4403, "a token that is none");
        let bad = json!({ "type": "connection_init", "payload": { "minzheng-purpose": "CURIOSITY" } });
        assert_eq!(closes(vec![text(bad)]), 4400, "a purpose that is none");
        let bad = json!({ "type": "connection_init", "payload": { "Minzheng-Case": "A\0" } });
        assert_eq!(closes(vec![text(bad)]), 4400, "a case number that no database keeps");
        // What a client says for itself is its own affair: the connection stands, and is closed for the second message only.
        let own = json!({ "type": "connection_init", "payload": { "client": "two\nlines" } });
        assert_eq!(closes(vec![text(own), text(init())]), 4429, "a client's own words");
    }

    a_connection_that_says_nothing_is_closed(world) {
        let mut socket = Socket::new(world.serve());
        let began = Instant::now();
        assert_eq!(socket.closed(), 4408);
        assert!(began.elapsed() > Duration::from_secs(9));
    }

    too_much_at_once_closes_the_connection_and_no_other(world) {
        let address = world.serve().to_owned();
        let mut other = Socket::ready(&address, None);
        let mut large = Socket::ready(&address, None);
        large.send(Message::text("x".repeat(2 << 20)));
        assert!(matches!(large.hear(), Heard::Closed(1009) | Heard::Gone));
        other.subscribe("a", VIEWER, json!({}));
        assert_eq!(other.message()["type"], "next");
    }

    an_id_in_use_closes_and_operations_are_counted(world) {
        let platform = token(world, "PLATFORM");
        let address = world.serve().to_owned();
        let mut socket = Socket::ready(&address, Some(&platform));
        for n in 0..50 {
            socket.subscribe(&n.to_string(), FOLLOW, json!({}));
        }
        socket.subscribe("too many", FOLLOW, json!({}));
        let error = socket.message();
        assert_eq!((&error["id"], &error["type"]), (&json!("too many"), &json!("error")));
        assert_eq!(error["payload"][0]["extensions"]["code"], "RATE_LIMITED");
        socket.say(&json!({ "id": "0", "type": "complete" }));
        socket.subscribe("now", VIEWER, json!({}));
        assert_eq!(socket.message()["type"], "next");
        assert_eq!(socket.message()["type"], "complete");
        socket.subscribe("1", VIEWER, json!({}));
        assert_eq!(socket.closed(), 4409);
    }

    connections_of_one_address_are_counted(world) {
        world.set("MINZHENG_CONNECTIONS_PER_ADDRESS", "3");
        let address = world.serve().to_owned();
        let mut open: Vec<Socket> = (0..3).map(|_| Socket::ready(&address, None)).collect();
        let protocol = [("sec-websocket-protocol", "graphql-transport-ws")];
        assert_eq!(Socket::open(&address, &protocol).err(), Some(429));
        drop(open.pop());
        tests::eventually("a place is free again", || Socket::open(&address, &protocol).is_ok());
    }

    pages_of_other_origins_may_not_connect(world) {
        world.set("MINZHENG_CORS_ORIGINS", "https://app.example.cn");
        let address = world.serve().to_owned();
        let with = |origin: &str| {
            Socket::open(&address, &[("sec-websocket-protocol", "graphql-transport-ws"), ("origin", origin)]).err()
        };
        assert_eq!(with("https://evil.example.com"), Some(403));
        assert_eq!(with("https://app.example.cn"), None);
        assert_eq!(with(&address), None, "its own pages");
    }

    a_session_that_ends_closes_its_connections(world) {
        let platform = token(world, "PLATFORM");
        let address = world.serve().to_owned();
        let mut socket = Socket::ready(&address, Some(&platform));
        socket.subscribe("a", FOLLOW, json!({}));
        let body = json!({ "query": FOLLOW }).to_string();
        let mut events = Events::open(&address, Some(&platform), body.as_bytes()).expect("a stream");
        let mut other = Socket::ready(&address, Some(&token(world, "AUDITOR")));
        data(&address, &platform, "mutation { signOut { userErrors { code } } }", json!({}));
        assert_eq!(socket.closed(), 4403);
        assert!(events.next().is_none(), "the stream ends without complete");
        other.subscribe("b", VIEWER, json!({}));
        assert_eq!(other.message()["type"], "next", "other sessions go on");
    }

    a_stop_closes_and_the_process_ends(world) {
        let mut socket = Socket::ready(world.serve(), None);
        world.stop();
        assert_eq!(socket.closed(), 1001);
    }
}
