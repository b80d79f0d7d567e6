//! What a recipe file may hold, for editors: a JSON schema.

use movemeter::recipe::Recipe;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::reading::Rest;
use super::settings::{SETTINGS, VERSION};

/// The JSON schema of recipe files (draft 7, which editors of TOML know).
pub fn recipe_schema() -> Value {
    let mut schema = schema_of::<Recipe>();
    for (name, part) in schema_of::<Rest>() {
        if let (Some(Value::Object(all)), Value::Object(part)) = (schema.get_mut(&name), part) {
            all.extend(part);
        }
    }
    let settings = &mut schema["properties"];
    settings["version"] = json!({
        "description": "How the file is laid out.", "type": "integer", "minimum": 1, "maximum": VERSION
    });
    for setting in &SETTINGS {
        settings[setting.name]["description"] = setting.about.into();
    }
    schema.insert("title".into(), "Recipe of movemeter".into());
    schema.insert("description".into(), "How a recording is measured.".into());
    schema.into()
}

fn schema_of<T: JsonSchema>() -> Map<String, Value> {
    let plain = RecursiveTransform(|schema: &mut Schema| {
        // Formats are Rust's, and TOML has no null.
        schema.remove("format");
        if schema.get("default").is_some_and(Value::is_null) {
            schema.remove("default");
        }
    });
    let generator = SchemaSettings::draft07().with_transform(plain).into_generator();
    let schema = generator.into_root_schema_for::<T>().to_value();
    schema.as_object().cloned().expect("a type of several fields has a schema of several")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_the_documents_is_this() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/recipe.schema.json");
        let text = serde_json::to_string_pretty(&recipe_schema()).unwrap() + "\n";
        if std::env::var_os("MOVEMETER_WRITE_SCHEMA").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let is_the_same = std::fs::read_to_string(path).is_ok_and(|written| written == text);
        assert!(
            is_the_same,
            "docs/recipe.schema.json is not what the code gives; write it anew: \
             MOVEMETER_WRITE_SCHEMA=1 cargo test -p movemeter-io --lib recipe_file"
        );
    }
}
