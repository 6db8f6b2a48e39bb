//! Power cuts and crowds: what was acknowledged is there, the journal and the rows agree, positions
//! have no gap.

use std::time::Duration;

use serde_json::json;

tests::on_both! {
    killed_in_the_middle_of_writes_nothing_is_half_done(world) {
        let file = tests::repository().join("tests/data/divisions-43.csv").display().to_string();
        // Odd moments, from the first statement to somewhere in the middle.
        for milliseconds in [30, 77, 131, 190, 263, 340, 455, 612] {
            let mut child = world.start(&["import", "divisions", &file]);
            std::thread::sleep(Duration::from_millis(milliseconds));
            let _ = child.kill();
            let _ = child.wait();
            let verdict = world.succeed(&["audit", "verify", "--records"]);
            assert!(verdict.contains("unsealed 0 · faults 0"), "{verdict}");
        }
        let outcome: serde_json::Value = serde_json::from_str(&world.succeed(&["import", "--json", "divisions", &file])).expect("JSON");
        let total = outcome["created"].as_u64().unwrap() + outcome["unchanged"].as_u64().unwrap();
        assert_eq!((total, &outcome["changed"]), (31_691, &json!(0)));
        world.succeed(&["audit", "verify", "--records"]);
    }

    many_processes_write_at_once_and_nothing_is_lost(world) {
        world.serve(); // it seals too
        let files: Vec<String> = (0..6)
            .map(|n| {
                let rows: Vec<String> = (1..60).map(|m| format!("43019900{}{m:03},村{n}-{m},VILLAGE", n + 1)).collect();
                world.file(&format!("{n}.csv"), &format!("区划代码,名称,级别\n{}\n", rows.join("\n")))
            })
            .collect();
        let shared = &*world;
        std::thread::scope(|scope| {
            for file in &files {
                scope.spawn(move || {
                    for _ in 0..5 {
                        assert!(shared.start(&["import", "divisions", file]).wait().expect("it ends").success());
                    }
                });
            }
        });
        let count = world.data("{ divisions { totalCount } }", json!({}))["divisions"]["totalCount"].clone();
        assert_eq!(count, 6 * 59);
        let verdict = world.succeed(&["audit", "verify", "--records"]);
        assert!(verdict.contains("unsealed 0 · faults 0"), "{verdict}");
    }

    what_was_answered_is_there_after_the_server_was_killed(world) {
        let file = world.file("d.csv", "区划代码,名称,级别\n430199,示例区,DISTRICT\n");
        world.serve();
        world.succeed(&["import", "divisions", &file]);
        world.kill();
        let data = world.data("{ division(code: \"430199\") { name } }", json!({}));
        assert_eq!(data["division"]["name"], "示例区");
    }
}
