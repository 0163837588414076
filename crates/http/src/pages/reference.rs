//! The API reference: the OpenAPI document as a page to read.

use std::sync::OnceLock;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value};
use standfast_domain::Language;

use super::frame::{Frame, page};
use super::visit::Visit;
use super::words::Words;
use crate::app::App;

/// What every path of this version begins with.
const VERSION: &str = "/api/v1";
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// Schemas inside schemas that an example made from them may go into.
const DEEPEST: u8 = 6;

#[derive(Template)]
#[template(path = "reference.html")]
struct ReferencePage {
    frame: Frame,
    reference: &'static Reference,
}

/// The document, ready to be shown in one language.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    pub(crate) tags: Vec<Tag>,
    pub(crate) schemas: Vec<Schema>,
}

/// Operations that belong together.
#[derive(Debug)]
pub(crate) struct Tag {
    name: String,
    anchor: String,
    description: String,
    operations: Vec<Operation>,
}

/// One method of one path.
#[derive(Debug)]
pub(crate) struct Operation {
    anchor: String,
    method: String,
    path: String,
    /// The path without what all have in common, for the list of contents.
    short: String,
    summary: String,
    description: Vec<String>,
    who: Vec<String>,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    responses: Vec<Answer>,
}

#[derive(Debug)]
struct Parameter {
    name: String,
    place: String,
    required: bool,
    shape: Vec<Piece>,
    description: String,
}

#[derive(Debug)]
struct Body {
    media_type: String,
    shape: Vec<Piece>,
    example: Option<String>,
}

#[derive(Debug)]
struct Answer {
    status: String,
    description: String,
    body: Option<Body>,
}

/// A named schema.
#[derive(Debug)]
pub(crate) struct Schema {
    name: String,
    anchor: String,
    description: Vec<String>,
    alias: Option<Vec<Piece>>,
    fields: Vec<SchemaField>,
}

#[derive(Debug)]
struct SchemaField {
    name: String,
    required: bool,
    shape: Vec<Piece>,
    description: String,
}

/// A piece of a type's description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Word(String),
    Schema { name: String, anchor: String },
}

/// `GET /docs/api`
pub(crate) async fn show(State(app): State<App>, visit: Visit) -> Response {
    let shown = ReferencePage { frame: Frame::new(&app.desk, &visit), reference: reference(visit.words) };
    page(StatusCode::OK, &shown.frame, &shown, [visit.language_cookie(&app.desk)])
}

/// The document never changes while the program runs, so that it is read once for each language.
fn reference(words: Words) -> &'static Reference {
    static ENGLISH: OnceLock<Reference> = OnceLock::new();
    static CHINESE: OnceLock<Reference> = OnceLock::new();
    let cell = match words.language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    };
    cell.get_or_init(|| Reference::new(words, &serde_json::to_value(crate::openapi()).unwrap_or_default()))
}

impl Reference {
    pub(crate) fn new(words: Words, document: &Value) -> Self {
        Reader { words, document }.reference()
    }
}

struct Reader<'a> {
    words: Words,
    document: &'a Value,
}

impl Reader<'_> {
    fn reference(&self) -> Reference {
        let mut tags: Vec<Tag> =
            list(self.document, "tags").iter().map(|tag| self.tag(text(tag, "name"), tag)).collect();
        for (path, item) in members(self.document, "paths") {
            for method in METHODS {
                let Some(operation) = item.get(method) else { continue };
                let name = list(operation, "tags").first().and_then(Value::as_str).unwrap_or_default();
                let at = tags.iter().position(|tag| tag.name == name).unwrap_or_else(|| {
                    tags.push(self.tag(name, &Value::Null));
                    tags.len() - 1
                });
                if let Some(tag) = tags.get_mut(at) {
                    tag.operations.push(self.operation(path, item, method, operation));
                }
            }
        }
        tags.retain(|tag| !tag.operations.is_empty());
        let schemas = members(self.document.get("components").unwrap_or(&Value::Null), "schemas");
        Reference { tags, schemas: schemas.map(|(name, schema)| self.schema(name, schema)).collect() }
    }

    fn tag(&self, name: &str, tag: &Value) -> Tag {
        let shown = if name.is_empty() { self.words.say("api.other") } else { name.to_owned() };
        Tag {
            anchor: format!("tag-{}", anchor(if name.is_empty() { "other" } else { name })),
            name: shown,
            description: text(tag, "description").to_owned(),
            operations: Vec::new(),
        }
    }

    fn operation(&self, path: &str, item: &Value, method: &str, operation: &Value) -> Operation {
        let parameters = list(item, "parameters").iter().chain(list(operation, "parameters"));
        let body = operation.get("requestBody").map(|body| self.resolve(body));
        Operation {
            anchor: format!("{method}-{}", anchor(path)),
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            short: path.strip_prefix(VERSION).unwrap_or(path).to_owned(),
            summary: text(operation, "summary").replace('`', ""),
            description: paragraphs(text(operation, "description")),
            who: self.who(operation),
            parameters: parameters.map(|one| self.parameter(self.resolve(one))).collect(),
            body: body.and_then(|body| self.body(body)),
            responses: members(operation, "responses")
                .map(|(status, one)| self.answer(status, one))
                .collect(),
        }
    }

    /// Who may call an operation: the alternatives of its `security`, or of the document's.
    fn who(&self, operation: &Value) -> Vec<String> {
        let security =
            operation.get("security").or_else(|| self.document.get("security")).and_then(Value::as_array);
        let ways: Vec<String> = security
            .into_iter()
            .flatten()
            .flat_map(|way| match way.as_object() {
                Some(way) if !way.is_empty() => {
                    way.iter().map(|(name, scopes)| self.way(name, scopes)).collect()
                }
                _ => vec![self.words.say("api.who.public")],
            })
            .collect();
        if ways.is_empty() { vec![self.words.say("api.who.public")] } else { ways }
    }

    /// A way to be let in. The desk's own are explained; others are named.
    fn way(&self, name: &str, scopes: &Value) -> String {
        let key = format!("api.who.{}", name.to_ascii_lowercase());
        let known = self.words.say(&key);
        let way = if known.ends_with(&key) { name.to_owned() } else { known };
        let scopes: Vec<&str> = scopes.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if scopes.is_empty() { way } else { format!("{way}: {}", scopes.join(", ")) }
    }

    fn parameter(&self, one: &Value) -> Parameter {
        let place = text(one, "in");
        Parameter {
            name: text(one, "name").to_owned(),
            place: self.words.say(&format!("api.in.{place}")),
            required: one.get("required").and_then(Value::as_bool).unwrap_or(false),
            shape: shape(one.get("schema").unwrap_or(&Value::Null)),
            description: text(one, "description").to_owned(),
        }
    }

    fn answer(&self, status: &str, one: &Value) -> Answer {
        let one = self.resolve(one);
        Answer {
            status: status.to_owned(),
            description: text(one, "description").to_owned(),
            body: self.body(one),
        }
    }

    fn body(&self, holder: &Value) -> Option<Body> {
        let (media_type, content) = members(holder, "content").next()?;
        let schema = content.get("schema").unwrap_or(&Value::Null);
        let example = content
            .get("example")
            .or_else(|| content.get("examples")?.as_object()?.values().next()?.get("value"))
            .cloned()
            .or_else(|| media_type.contains("json").then(|| self.example(schema, 0)))
            // Every operation may answer with problems: their examples stand with their codes.
            .filter(|_| media_type != crate::problem::MEDIA_TYPE);
        let example = example.filter(|one| !one.is_null() && one.as_object().is_none_or(|o| !o.is_empty()));
        Some(Body {
            media_type: media_type.to_owned(),
            // Bytes are no list of numbers, whatever the schema's language has for them.
            shape: if media_type == "application/octet-stream" { Vec::new() } else { shape(schema) },
            example: example.and_then(|one| serde_json::to_string_pretty(&one).ok()),
        })
    }

    fn schema(&self, name: &str, schema: &Value) -> Schema {
        let fields = self.fields(schema);
        Schema {
            name: name.to_owned(),
            anchor: schema_anchor(name),
            description: paragraphs(text(schema, "description")),
            alias: fields.is_empty().then(|| shape(schema)),
            fields,
        }
    }

    fn fields(&self, schema: &Value) -> Vec<SchemaField> {
        let required: Vec<&str> = list(schema, "required").iter().filter_map(Value::as_str).collect();
        let own = members(schema, "properties").map(|(name, field)| SchemaField {
            name: name.to_owned(),
            required: required.contains(&name),
            shape: shape(field),
            description: text(field, "description").to_owned(),
        });
        let parts = list(schema, "allOf").iter().flat_map(|part| self.fields(self.resolve(part)));
        own.chain(parts).collect()
    }

    /// An example made from the examples of a schema's parts.
    fn example(&self, schema: &Value, depth: u8) -> Value {
        let schema = self.resolve(schema);
        if depth > DEEPEST {
            return Value::Null;
        }
        let given = schema
            .get("example")
            .or_else(|| list(schema, "examples").first())
            .or_else(|| schema.get("default"));
        if let Some(given) = given.or_else(|| schema.get("const")).or_else(|| list(schema, "enum").first()) {
            return given.clone();
        }
        for key in ["oneOf", "anyOf"] {
            let parts = list(schema, key);
            let real = parts.iter().find(|part| text(part, "type") != "null");
            if let Some(part) = real.or_else(|| parts.first()) {
                return self.example(part, depth + 1);
            }
        }
        let parts = list(schema, "allOf");
        if !parts.is_empty() || schema.get("properties").is_some() {
            let mut object = Map::new();
            for part in parts {
                if let Value::Object(members) = self.example(part, depth + 1) {
                    object.extend(members);
                }
            }
            for (name, field) in members(schema, "properties") {
                object.insert(name.to_owned(), self.example(field, depth + 1));
            }
            return Value::Object(object);
        }
        let types = schema.get("type");
        let one = types
            .and_then(Value::as_str)
            .or_else(|| types?.as_array()?.first()?.as_str())
            .unwrap_or_default();
        match (one, text(schema, "format")) {
            ("array", _) => Value::Array(
                schema.get("items").map(|items| self.example(items, depth + 1)).into_iter().collect(),
            ),
            ("boolean", _) => Value::Bool(false),
            ("integer" | "number", _) => Value::from(1),
            ("string", "date-time") => Value::from("2026-11-21T23:40:00.123Z"),
            ("string", _) => Value::from("string"),
            ("object", _) => Value::Object(Map::new()),
            _ => Value::Null,
        }
    }

    /// Follows a reference into the document.
    fn resolve<'v>(&'v self, value: &'v Value) -> &'v Value {
        let Some(pointer) = text(value, "$ref").strip_prefix('#') else { return value };
        self.document.pointer(pointer).unwrap_or(value)
    }
}

/// What a schema demands, in words; named schemas are pointed to.
fn shape(schema: &Value) -> Vec<Piece> {
    let word = |text: &str| Piece::Word(text.to_owned());
    if let Some(name) = text(schema, "$ref").rsplit('/').next().filter(|name| !name.is_empty()) {
        return vec![Piece::Schema { name: name.to_owned(), anchor: schema_anchor(name) }];
    }
    for (key, between) in [("oneOf", " | "), ("anyOf", " | "), ("allOf", " + ")] {
        let parts = list(schema, key);
        if parts.is_empty() {
            continue;
        }
        let mut pieces = Vec::new();
        for part in parts {
            if !pieces.is_empty() {
                pieces.push(word(between));
            }
            pieces.extend(shape(part));
        }
        return pieces;
    }
    let values: Vec<String> = list(schema, "enum").iter().map(value_text).collect();
    if !values.is_empty() {
        return vec![word(&values.join(" | "))];
    }
    if let Some(only) = schema.get("const") {
        return vec![word(&value_text(only))];
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut pieces = Vec::new();
    for (at, one) in types.iter().enumerate() {
        if at > 0 {
            pieces.push(word(" | "));
        }
        match (*one, schema.get("items"), schema.get("additionalProperties")) {
            ("array", Some(items), _) => {
                pieces.push(word("array of "));
                pieces.extend(shape(items));
            }
            ("object", _, Some(values)) if values.is_object() => {
                pieces.push(word("object of "));
                pieces.extend(shape(values));
            }
            (one, _, _) => pieces.push(word(one)),
        }
    }
    let format = text(schema, "format");
    if !format.is_empty() {
        pieces.push(word(&format!(" ({format})")));
    }
    if pieces.is_empty() { vec![word("any")] } else { pieces }
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn members<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = (&'v str, &'v Value)> + use<'v> {
    value
        .get(key)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
}

fn value_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| format!("\"{text}\""))
}

/// Descriptions are plain text in paragraphs; the marks of Markdown code are left out.
fn paragraphs(text: &str) -> Vec<String> {
    text.split("\n\n").map(|part| part.trim().replace('`', "")).filter(|part| !part.is_empty()).collect()
}

fn anchor(text: &str) -> String {
    let dashed: String =
        text.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect();
    dashed.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-").to_lowercase()
}

fn schema_anchor(name: &str) -> String {
    format!("schema-{}", anchor(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_read_with_its_references() {
        let document = json!({
            "tags": [{"name": "requests", "description": "Asking."}],
            "paths": {"/requests/{number}": {"get": {
                "tags": ["requests"], "summary": "Reads one.", "security": [{"visitor": []}, {"link": []}],
                "parameters": [{"name": "number", "in": "path", "required": true, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "It.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/One"}}}},
                              "404": {"$ref": "#/components/responses/Lost"}}
            }}},
            "components": {
                "responses": {"Lost": {"description": "None."}},
                "schemas": {"One": {"type": "object", "required": ["id"], "properties": {
                    "id": {"type": "string", "description": "Id."},
                    "next": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/One"}]},
                    "state": {"type": "string", "enum": ["open", "closed"]},
                    "tags": {"type": "array", "items": {"type": "string"}}}}}
            }
        });
        let read = Reference::new(Words { language: Language::English }, &document);
        let operation = &read.tags[0].operations[0];
        assert_eq!(operation.anchor, "get-requests-number");
        assert_eq!(operation.who.len(), 2);
        assert!(operation.who[0].starts_with("A visitor"));
        assert_eq!(operation.responses[1].description, "None.");
        let body = operation.responses[0].body.as_ref().unwrap();
        assert_eq!(body.shape, [Piece::Schema { name: "One".into(), anchor: "schema-one".into() }]);
        assert!(body.example.as_ref().unwrap().contains("\"state\": \"open\""));
        let fields = &read.schemas[0].fields;
        assert!(fields[0].required && !fields[1].required);
        assert_eq!(fields[3].shape, [Piece::Word("array of ".into()), Piece::Word("string".into())]);
    }
}
