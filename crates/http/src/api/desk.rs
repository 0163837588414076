//! What anybody may know of the desk before writing to it.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use standfast_desk::{MEDIA_TYPES, MaintenanceView, Opening, asks, asks_anyhow, is_attended, opening, words};
use standfast_domain::{Asker, Channel, FIELDS, FieldKind, Language, TYPES, Urgency, Wait};
use utoipa::ToSchema;

use crate::app::App;
use crate::pages;

/// A text in every language.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Texts {
    /// Chinese in simplified characters.
    #[serde(rename = "zh-CN")]
    chinese: String,
    /// English.
    en: String,
}

impl Texts {
    pub(crate) fn pair([chinese, en]: [&str; 2]) -> Self {
        Self { chinese: chinese.to_owned(), en: en.to_owned() }
    }

    pub(crate) fn of(key: &str) -> Self {
        Self { chinese: words(Language::Chinese, key, &[]), en: words(Language::English, key, &[]) }
    }
}

/// A kind of request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TypeView {
    /// Code.
    #[schema(example = "pending")]
    code: &'static str,
    /// 0 (minutes) to 4 (later).
    urgency: Urgency,
    /// Assets at risk: goes first.
    at_risk: bool,
    /// Title.
    title: Texts,
    /// Codes of the fields that its form asks.
    fields: &'static [&'static str],
}

/// A question of the intake form.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldView {
    /// Code.
    #[schema(example = "transaction")]
    code: &'static str,
    /// Title.
    title: Texts,
    /// Where to find the answer.
    hint: Texts,
    /// What it holds.
    kind: FieldKind,
}

/// Sizes beyond which input is refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LimitsView {
    /// Longest text, in bytes of UTF-8.
    text_bytes: usize,
    /// Largest file, in bytes.
    upload_bytes: u64,
    /// Largest text file (log, JSON, CSV), in bytes; these are read whole.
    text_upload_bytes: u64,
    /// Most files of one message.
    uploads_per_message: usize,
    /// Kinds of files that are taken.
    media_types: &'static [&'static str],
}

/// The queue now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingView {
    /// How many wait for the desk.
    count: u32,
    /// What the next one has to expect, whoever it is; null when unknown, and when it depends on who asks: see `waits`.
    expected: Option<Wait>,
    /// How many agents are there to answer.
    agents_present: u32,
    /// Whether somebody is there, or when next, as a sentence.
    presence: Texts,
}

/// The queue now, for those who write in a language.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitView {
    /// How many wait for the desk.
    count: u32,
    /// What the next one has to expect by the widget; null when unknown.
    expected: Option<Wait>,
    /// How many agents are there to answer who know the language.
    agents_present: u32,
    /// Whether somebody is there for them, or when next, as a sentence.
    presence: String,
}

impl WaitView {
    fn of(app: &App, language: Language, opening: Option<&OpeningView>) -> Self {
        let asker = Asker { language, region: "", channel: Channel::Widget };
        let waiting = app.desk.board().waiting(asks(&app.desk, &asker, app.desk.now()));
        let closed = opening.filter(|view| !view.opening.is_open).map(|view| view.text.clone());
        let key = if is_attended(&app.desk, language) { "page.presence.here" } else { "page.presence.away" };
        Self {
            count: waiting.count,
            expected: waiting.expected,
            agents_present: waiting.agents_present,
            presence: closed.unwrap_or_else(|| words(language, key, &[])),
        }
    }
}

/// The queue now, by language.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Waits {
    /// For those who write in Chinese.
    #[serde(rename = "zh-CN")]
    chinese: WaitView,
    /// For those who write in English.
    en: WaitView,
}

/// Whether somebody is there, and how that is said.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpeningView {
    /// Whether somebody is there, and when that changes.
    #[serde(flatten)]
    opening: Opening,
    /// It as a sentence.
    text: String,
}

impl OpeningView {
    fn of(app: &App, language: Language) -> Option<Self> {
        let asker = Asker { language, region: "", channel: Channel::Widget };
        let opening = opening(&app.desk, &asker, app.desk.now())?;
        Some(Self { text: opening.text(language), opening })
    }
}

/// Whether somebody is there, by language.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpeningTexts {
    /// For those who write in Chinese.
    #[serde(rename = "zh-CN")]
    chinese: Option<OpeningView>,
    /// For those who write in English.
    en: Option<OpeningView>,
}

fn presence(agents_present: u32, opening: &OpeningTexts) -> Texts {
    let key = if agents_present > 0 { "page.presence.here" } else { "page.presence.away" };
    let mut texts = Texts::of(key);
    let closed = |view: &Option<OpeningView>| {
        let view = view.as_ref().filter(|view| agents_present == 0 && !view.opening.is_open)?;
        Some(view.text.clone())
    };
    texts.chinese = closed(&opening.chinese).unwrap_or(texts.chinese);
    texts.en = closed(&opening.en).unwrap_or(texts.en);
    texts
}

/// The desk, as anybody may know it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeskView {
    /// Name of the wallet.
    name: String,
    /// Languages in which it answers.
    languages: [&'static str; 2],
    /// Kinds of requests.
    types: Vec<TypeView>,
    /// Questions of the intake forms.
    fields: Vec<FieldView>,
    /// Sizes.
    limits: LimitsView,
    /// The queue.
    waiting: WaitingView,
    /// Who is there and how long it takes, for users of the widget, by language.
    waits: Waits,
    /// Whether somebody is there for users of the widget, by language; null for a language without hours.
    opening: OpeningTexts,
    /// Maintenance that goes on, or is the next to begin within a week. Asking for help never pauses.
    maintenance: Option<MaintenanceView>,
    /// The same as a sentence, for whoever only shows it.
    notice: Option<Texts>,
    /// What nobody at the desk will ever ask.
    safety_line: Texts,
    /// Whether this is a demonstration.
    demo: bool,
}

fn notice(app: &App) -> Option<Texts> {
    let chinese = pages::notice(&app.desk, Language::Chinese)?;
    Some(Texts { chinese, en: pages::notice(&app.desk, Language::English)? })
}

/// Tells what anybody may know of the desk: types and fields of requests, limits, and the queue now.
#[utoipa::path(
    get, path = "/api/v1/desk", tag = "help", operation_id = "desk",
    responses((status = 200, description = "The desk", body = DeskView))
)]
pub(crate) async fn show(State(app): State<App>) -> Json<DeskView> {
    let settings = app.desk.settings();
    let waiting = app.desk.board().waiting(asks_anyhow(&app.desk, app.desk.now()));
    let opening = OpeningTexts {
        chinese: OpeningView::of(&app, Language::Chinese),
        en: OpeningView::of(&app, Language::English),
    };
    let types = TYPES.iter().map(|kind| TypeView {
        code: kind.code,
        urgency: kind.urgency,
        at_risk: kind.at_risk,
        title: Texts::pair(kind.title),
        fields: kind.fields,
    });
    let fields = FIELDS.iter().map(|field| FieldView {
        code: field.code,
        title: Texts::pair(field.title),
        hint: Texts::pair(field.hint),
        kind: field.kind,
    });
    Json(DeskView {
        name: settings.name.clone(),
        languages: Language::ALL.map(Language::as_str),
        types: types.collect(),
        fields: fields.collect(),
        limits: LimitsView {
            text_bytes: settings.limits.text_bytes,
            upload_bytes: settings.limits.upload_bytes,
            text_upload_bytes: settings.limits.text_upload_bytes,
            uploads_per_message: settings.limits.uploads_per_message,
            media_types: &MEDIA_TYPES,
        },
        waiting: WaitingView {
            count: waiting.count,
            expected: waiting.expected,
            agents_present: waiting.agents_present,
            presence: presence(waiting.agents_present, &opening),
        },
        waits: Waits {
            chinese: WaitView::of(&app, Language::Chinese, opening.chinese.as_ref()),
            en: WaitView::of(&app, Language::English, opening.en.as_ref()),
        },
        opening,
        notice: notice(&app),
        maintenance: app.desk.maintenance().told(app.desk.now()),
        safety_line: Texts::of("page.safety"),
        demo: settings.demo,
    })
}
