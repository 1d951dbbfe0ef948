//! A JSON Schema of `experiment.toml`, for editors.

use serde_json::{Map, Value as Json, json};

use super::{
    setting::{Kind, Setting},
    table::settings,
};

/// The schema of an experiment file, draft 2020-12: every key with its type, what it is, and the names that it takes.
pub fn schema() -> Json {
    let mut root = object("An experiment of lth: what a run finds depends on nothing else.");
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["required"] = json!(["model", "dataset"]);
    root["properties"]["format"] = json!({ "type": "integer", "description": "The format of the file" });
    for setting in settings() {
        let mut place = &mut root;
        let mut parts: Vec<&str> = setting.key.split('.').collect();
        let name = parts.pop().unwrap_or(setting.key);
        for table in parts {
            let tables = &mut place["properties"];
            if tables.get(table).is_none() {
                tables[table] = object("");
            }
            place = &mut tables[table];
        }
        place["properties"][name] = property(setting);
    }
    root
}

fn object(description: &str) -> Json {
    let mut object = json!({ "type": "object", "additionalProperties": false, "properties": Map::new() });
    if !description.is_empty() {
        object["description"] = json!(description);
    }
    object
}

fn property(setting: &Setting) -> Json {
    let names = setting.names();
    let mut property = match setting.kind {
        Kind::Whole => json!({ "type": "integer", "minimum": 0 }),
        Kind::Number => json!({ "type": "number" }),
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Text => json!({ "type": "string" }),
        Kind::Name(_) => json!({ "enum": names }),
        Kind::OpenName(_) => json!({ "type": "string", "examples": names }),
        Kind::List(_) => json!({ "type": "array", "items": { "type": "string", "examples": names } }),
        Kind::Numbers => json!({ "type": "array", "items": { "type": "number" } }),
        Kind::Map => json!({ "type": "object", "additionalProperties": { "type": "number" } }),
    };
    property["description"] = json!(setting.help);
    if !setting.default.is_empty() {
        property["description"] = json!(format!("{} [default: {}]", setting.help, setting.default));
    }
    property
}
