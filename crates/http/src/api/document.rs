//! The OpenAPI document. Operations come from the handlers; who may call them and how they refuse come from the
//! route table, so that neither can disagree with what is served.

use std::sync::OnceLock;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::Method;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;
use serde_json::json;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder, Schema};
use utoipa::{OpenApi, ToSchema};

use super::{
    activity, agent, alarm, attachment, conversation, customer, desk, driver, feedback, hours, identity,
    inbox, incident, insight, job, maintenance, planning, probe, report, request, roster, session, status,
    surge, token, types, wallboard, work,
};
use crate::live;
use crate::problem::{CODES, MEDIA_TYPE, Problem};
use crate::route::{Access, Class, Route, Takes, table};

/// Why a call was refused (RFC 9457). Programs decide by `code`; people read `title` and `detail`.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProblemDocument {
    /// Where the code is explained.
    #[schema(example = "/docs/problems/invalid")]
    r#type: String,
    /// What is wrong, in the caller's language.
    title: String,
    /// The status, once more.
    #[schema(example = 422)]
    status: u16,
    /// The stable code.
    #[schema(example = "invalid")]
    code: String,
    /// What is wrong here and what helps, in the caller's language.
    detail: String,
    /// Seconds after which the same call may succeed.
    retry_after: Option<u64>,
    /// With `busy`: the caller goes ahead of others when coming after `retry_after` seconds, within two minutes.
    place_kept: Option<bool>,
}

/// How request numbers are written; the check character cannot be described by a pattern.
const NUMBER: &str = "^[2-9A-HJKMNP-Z]{3}-?[2-9A-HJKMNP-Z]{3}-?[2-9A-HJKMNP-Z]{4}$";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Standfast",
        description = "The API of a support desk for wallets. Ids are decimal strings; times are RFC 3339 in UTC. \
                       Errors are problem documents (RFC 9457) with stable codes, in Chinese or English by \
                       `Accept-Language`. No call ever takes a recovery phrase or a key: what looks like one is \
                       removed before it is written.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        desk::show, request::create, request::list, request::show, request::follow, request::read, attachment::create,
        attachment::open, identity::identify, live::ticket, live::poll, live::open, session::sign_in, session::show,
        session::sign_out, inbox::show, conversation::show, conversation::entries, conversation::reply,
        conversation::note, conversation::read, work::assign, work::retype, work::tag, work::transit, work::dismiss, work::undismiss, work::at_risk, work::merge,
        work::erase, feedback::show, feedback::resolve, feedback::rate, feedback::object, feedback::of_request,
        feedback::reviews, feedback::change, feedback::summary, customer::show, customer::erase, agent::list, agent::add, agent::change, agent::list_teams,
        insight::catalogue::list, insight::query::ask, insight::rows::list, insight::effect::ask, insight::decomposition::ask, insight::movement::ask,
        insight::survival::ask, insight::promise::show, insight::staffing::show, insight::dashboard::list, insight::dashboard::add,
        insight::dashboard::change, insight::dashboard::remove, insight::dashboard::start, types::model, types::novel, job::list_dead,
        alarm::list, alarm::show, alarm::acknowledge, alarm::dismiss, alarm::confirm,
        insight::export::export, insight::export::progress::show, report::list, report::add, report::change, report::remove, report::runs, report::run, report::preview, report::file,
        insight::machine::catalogue, insight::machine::query,
        job::retry, maintenance::list, maintenance::announce, maintenance::end, driver::list, driver::add, driver::change, driver::remove, driver::put, driver::withdraw,
        driver::hook, activity::list, activity::show, activity::upload, activity::put, activity::count, planning::show, planning::change, planning::show_forecast, planning::show_need, planning::today, planning::plan, planning::ask, hours::list, hours::add,
        hours::change, hours::remove, hours::preview, hours::calendar, hours::list_at, hours::add_at, hours::remove_at, token::list,
        incident::list, incident::link, incident::unlink,
        roster::show, roster::people, roster::change, roster::add, roster::replace, roster::move_shift, roster::remove, roster::publish,
        roster::now, roster::mail, roster::change_mail, roster::adhered, roster::address, roster::renew, roster::calendar, roster::requests::list_time_off,
        roster::requests::ask_time_off, roster::requests::step_time_off, roster::requests::list_swaps, roster::requests::ask_swap,
        roster::requests::step_swap,
        status::show, status::ask, status::rate, status::list_updates, status::tell, surge::show, surge::false_claims, surge::peaks, surge::read_calendar, surge::feed, surge::renew_feed, surge::calendar, probe::tell, surge::hook, surge::report, surge::choose, surge::preview, surge::hold, surge::release, wallboard::show, token::add, token::revoke, serve,
    ),
    components(schemas(ProblemDocument, standfast_desk::TableFault)),
    tags(
        (name = "help", description = "For customers: asking for help and following a request."),
        (name = "live", description = "Being told at once, by socket or long poll."),
        (name = "session", description = "Signing in to the console."),
        (name = "console", description = "For agents: the inbox and everything done to a request."),
        (name = "insight", description = "For leads, analysts and admins: figures over all requests, and the requests behind them."),
        (name = "drivers", description = "What may explain the count of requests: events and active users."),
        (name = "machine", description = "For other systems: telling of events and of active users, and asking for figures."),
        (name = "hours", description = "When the desk is open, for whom."),
        (name = "planning", description = "How many will come, how many people that takes, who could work when."),
        (name = "roster", description = "Who works when: people, shifts, time off and swaps."),
        (name = "surge", description = "What the desk does when more ask than it can answer."),
        (name = "about", description = "This document."),
    )
)]
struct Document;

/// The document of this API.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let components = document.components.get_or_insert_default();
    let header = |description: &str| {
        let value = ApiKeyValue::with_description("Authorization", description);
        SecurityScheme::ApiKey(ApiKey::Header(value))
    };
    components.add_security_scheme(
        "visitor",
        header("`Visitor <secret>`: 32 random bytes in base64url that the client made and keeps."),
    );
    components.add_security_scheme(
        "link",
        header("`Link <number>.<token>`: the secret link of one request, as the receipt names it."),
    );
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            "standfast_session",
            "Set by `POST /session`; `__Host-standfast` where the desk is reached by https. Calls that change \
             something must come from a page of the desk itself (`Origin` or `Sec-Fetch-Site`).",
        ))),
    );
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.description =
        Some("A machine token that an admin has issued in the console's settings.".to_owned());
    components.add_security_scheme("machine", SecurityScheme::Http(bearer));
    components.add_security_scheme(
        "webhook",
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
            "webhook-signature",
            "Standard Webhooks 1.0, with a key that an admin has issued in the console's settings.",
        ))),
    );
    components.add_security_scheme("operator", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    for route in table() {
        let Some(item) = document.paths.paths.get_mut(route.path) else { continue };
        if let Some(operation) = operation(item, &route.method) {
            complete(operation, &route);
        }
    }
    document
}

fn operation<'a>(item: &'a mut PathItem, method: &Method) -> Option<&'a mut Operation> {
    let operation = match *method {
        Method::GET => &mut item.get,
        Method::POST => &mut item.post,
        Method::PUT => &mut item.put,
        Method::PATCH => &mut item.patch,
        Method::DELETE => &mut item.delete,
        _ => return None,
    };
    operation.as_mut()
}

/// Adds to an operation who may call it and how it refuses.
fn complete(operation: &mut Operation, route: &Route) {
    let by = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
    operation.security = match route.access {
        Access::Public => Some(Vec::new()),
        Access::Customer => Some(vec![by("visitor"), by("link")]),
        Access::Agent(_) => Some(vec![by("session")]),
        Access::Either(_) => Some(vec![by("visitor"), by("link"), by("session")]),
        Access::Machine(_) => Some(vec![by("machine")]),
        Access::Signed(_) => Some(vec![by("webhook")]),
        Access::Operator => Some(vec![by("operator")]),
    };
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        if let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema {
            match parameter.name.as_str() {
                "id" => schema.pattern = Some("^[1-9][0-9]{0,18}$".to_owned()),
                "number" => schema.pattern = Some(NUMBER.to_owned()),
                "day" => schema.pattern = Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}$".to_owned()),
                "external_id" => schema.pattern = Some("^[A-Za-z0-9._:-]{1,100}$".to_owned()),
                _ => {}
            }
        }
    }
    let may = match route.access {
        Access::Public => "Anybody may call it.".to_owned(),
        Access::Customer => "Customers may call it.".to_owned(),
        Access::Agent(permission) => format!("Roles that may call it: {}.", roles(permission)),
        Access::Either(permission) => format!("Customers may call it, and the roles {}.", roles(permission)),
        Access::Machine(scope) => format!("Machine tokens with the scope `{}` may call it.", scope.as_str()),
        Access::Signed(_) => "Whoever has the key of a webhook may call it.".to_owned(),
        Access::Operator => "The operator may call it.".to_owned(),
    };
    let description = operation.description.take().filter(|text| !text.is_empty());
    operation.description = Some(description.map_or_else(|| may.clone(), |text| format!("{text}\n\n{may}")));
    for code in codes(route) {
        let problem = Problem::new(code);
        let status = problem.status().as_u16().to_string();
        let language = standfast_domain::Language::English;
        let example = json!(problem.document(language));
        let title = problem.title(language);
        let content = ContentBuilder::new()
            .schema(Some(RefOr::Ref(Ref::from_schema_name("ProblemDocument"))))
            .example(Some(example))
            .build();
        let response = ResponseBuilder::new().description(title).content(MEDIA_TYPE, content).build();
        operation.responses.responses.entry(status).or_insert(RefOr::T(response));
    }
}

fn roles(permission: standfast_domain::Permission) -> String {
    let roles = standfast_domain::Role::ALL.into_iter().filter(|role| role.may(permission));
    roles.map(standfast_domain::Role::as_str).collect::<Vec<_>>().join(", ")
}

/// The problems that a route can answer with, one for each status.
fn codes(route: &Route) -> Vec<&'static str> {
    let mut codes = vec!["too_many_calls", "internal", "unavailable"];
    let writes = !route.method.is_safe();
    if !matches!(route.access, Access::Public) || route.class == Class::SignIn {
        codes.push("unauthenticated");
    }
    if matches!(route.access, Access::Agent(_) | Access::Either(_) | Access::Machine(_))
        || route.path.ends_with("/identify")
        || writes
    {
        codes.push("forbidden");
    }
    // Pings are there only where the operator wants them.
    if route.path.contains('{') || route.class == Class::Ping {
        codes.push("not_found");
    }
    if writes && route.takes != Takes::Nothing {
        codes.extend(["malformed", "too_large", "unsupported_media_type", "disk_full", "request_timeout"]);
    }
    if route.path.contains("/console/report") {
        codes.extend(["facts_loading", "report_name_taken", "report_format", "unknown_value"]);
    }
    if writes && (route.path.contains("/drivers") || route.path == "/api/v1/insight/query") {
        codes.push("unknown_value");
    }
    if route.path.ends_with("/export") {
        codes.push("password_refused");
    }
    if route.path.ends_with("/insight/start") {
        codes.push("not_found");
    } else if route.path.contains("/insight/dashboards") {
        codes.push("changed_meanwhile");
    } else if route.path.contains("/insight/") {
        codes.insert(0, "facts_loading");
    } else if writes && route.path.contains("/console/") || route.path.ends_with("/messages") {
        codes.push(if route.path.contains("/alarms/") { "alarm_decided" } else { "transition_not_allowed" });
    }
    if ["/resolution", "/rating"].iter().any(|end| route.path.ends_with(end)) {
        codes.push("not_solved");
    }
    if route.path.ends_with("/complaint") {
        codes.push("request_closed");
    }
    codes.push("invalid");
    if route.path == "/api/v1/live" {
        codes.push("upgrade_required");
    }
    debug_assert!(codes.iter().all(|code| CODES.iter().any(|(known, _)| known == code)));
    codes
}

/// This document.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "about", operation_id = "openapi",
    responses((status = 200, description = "The OpenAPI document", body = Object))
)]
pub(crate) async fn serve() -> Response {
    static TEXT: OnceLock<Bytes> = OnceLock::new();
    let text = TEXT.get_or_init(|| openapi().to_pretty_json().unwrap_or_default().into());
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, text.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::route::Area;

    #[test]
    fn the_document_and_the_table_name_the_same_routes() {
        let mut document = openapi();
        let mut described = BTreeSet::new();
        for (path, item) in &mut document.paths.paths {
            for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                if let Some(operation) = operation(item, &method) {
                    assert!(operation.security.is_some(), "{method} {path} says who may call it");
                    assert!(
                        operation.responses.responses.contains_key("429"),
                        "{method} {path} has problems"
                    );
                    described.insert(format!("{method} {path}"));
                }
            }
        }
        let served =
            table().into_iter().filter(|route| route.area == Area::Api && route.path.starts_with("/api/"));
        let served: BTreeSet<_> = served.map(|route| format!("{} {}", route.method, route.path)).collect();
        assert_eq!(described, served);
    }

    #[test]
    fn operations_have_names_of_their_own() {
        let text = openapi().to_json().unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let paths = document["paths"].as_object().unwrap();
        let operations = paths.values().flat_map(|item| item.as_object().unwrap().values());
        let ids: Vec<_> = operations.filter_map(|operation| operation["operationId"].as_str()).collect();
        let unique: BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len());
    }
}
