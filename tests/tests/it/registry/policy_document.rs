//! Instruments of policy: public, recorded by the district, found by the number that parameters name.

use serde_json::{Value, json};
use tests::World;

use super::{codes, mutate, verified};
use crate::files::{get, upload};

fn record(world: &mut World, token: &str, input: Value) -> Value {
    mutate(world, token, "recordPolicyDocument", input, "policyDocument { docNo version file { name } }")
}

const ALL: &str =
    "{ policyDocuments { nodes { docNo title issuer field validFrom validUntil version file { address } } } }";

tests::on_both! {
    parameters_lead_to_the_instrument_they_stand_on(world) {
        let policies = "区划代码,参数,生效日期,值,依据文号\n430199,dibao.standard,2023-01-01,700,示例发[2023]1号\n430199,edge.ratio,2023-01-01,1.5,无此文件\n";
        world.succeed(&["import", "policies", &world.file("p.csv", policies)]);
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let officer = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let input = json!({ "docNo": "示例发〔2023〕1号", "title": "关于调整标准的通知", "issuer": "示例区民政局", "field": "ASSISTANCE",
            "issuedOn": "2022-12-20", "validFrom": "2023-01-01" });
        let mut backwards = input.clone();
        backwards["validUntil"] = json!("2023-01-01");
        assert_eq!(record(world, &officer, input.clone()), "FORBIDDEN");
        let refused = record(world, &admin, backwards);
        assert_eq!((codes(&refused), &refused["userErrors"][0]["path"]), (vec!["INVALID_VALUE"], &json!(["validUntil"])));
        assert_eq!(world.data(ALL, json!({}))["policyDocuments"]["nodes"], json!([]), "nothing changed");

        assert_eq!(record(world, &admin, input.clone())["policyDocument"]["version"], 1);
        let values = "{ policyValues { nodes { parameter label value source document { docNo title } } } }";
        let told = world.data(values, json!({}))["policyValues"]["nodes"].clone();
        assert_eq!(told[0], json!({ "parameter": "dibao.standard", "label": "低保标准", "value": "700", "source": "示例发[2023]1号",
            "document": { "docNo": "示例发〔2023〕1号", "title": "关于调整标准的通知" } }));
        assert_eq!((&told[1]["source"], &told[1]["document"]), (&json!("无此文件"), &Value::Null));

        // The same number again is a correction; the text comes with it.
        let text = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";
        let file = upload(world, &admin, "notice.pdf", text);
        let mut corrected = input;
        corrected["docNo"] = json!("示例发(2023) 1号");
        corrected["title"] = json!("关于调整保障标准的通知");
        corrected["file"] = json!(file);
        let done = record(world, &admin, corrected.clone());
        assert_eq!(done["policyDocument"], json!({ "docNo": "示例发〔2023〕1号", "version": 2, "file": { "name": "notice.pdf" } }), "{done}");
        let all = world.data(ALL, json!({}))["policyDocuments"]["nodes"].clone();
        assert_eq!(all.as_array().unwrap().len(), 1);
        assert_eq!(all[0]["title"], "关于调整保障标准的通知");
        let address = all[0]["file"]["address"].as_str().unwrap().to_owned();
        assert_eq!(get(world, &address), (200, text.to_vec()), "anybody may read it");
        // A file belongs to one record.
        corrected["docNo"] = json!("示例发〔2023〕2号");
        assert_eq!(codes(&record(world, &admin, corrected)), ["INVALID_VALUE"]);
        assert_eq!(world.data(ALL, json!({}))["policyDocuments"]["nodes"].as_array().unwrap().len(), 1, "nothing changed");
        verified(world);
    }
}
