//! The plot: who does what at which moment, decided before anything is written.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use standfast_desk::Intake;
use standfast_domain::{
    Channel, Entropy, Language, RequestType, Role, Score, Time, Transition, request_type,
};

use super::calendar::{self, Arrival};
use super::crowd::{Crowd, Person};
use super::draw::Draw;
use super::opinion::{self, Ending};
use super::staff::{Staff, Task};
use super::story::{Content, Deed, Step, Story, Then, platform};
use super::text::Props;

/// Of a hundred customers, so many never answer a question.
const SILENT: u64 = 13;
/// Of a hundred customers, so many do not say which type it is.
const UNTYPED: u64 = 9;
/// Of a hundred requests, so many get their team from the lead before an agent takes them.
const SORTED: u64 = 40;
/// Minutes after which an agent ends what nobody came back to.
const GIVEN_UP: [u64; 2] = [4_000, 8_000];

/// Something that somebody does.
#[derive(Clone)]
pub(super) enum Act {
    /// The wallet vouches for the customer, by this name.
    Identify(String),
    /// The customer asks for help.
    Receive(Box<Intake>),
    /// The customer writes more.
    FollowUp(String, Channel),
    /// The customer has read everything.
    Read,
    /// The lead gives it to a team, by its index.
    Sort(usize),
    /// The agent takes it, for the team with this index.
    Take(usize),
    /// The agent has read everything.
    Look,
    /// The agent corrects the type.
    Retype(String),
    /// The agent adds tags.
    Tag(Vec<String>),
    /// The agent replies.
    Reply(String, Then),
    /// The agent writes a note.
    Note(String),
    /// The agent moves it on.
    Move(Transition),
    /// The customer confirms that it is solved.
    Confirm(Channel),
    /// The customer rates the help.
    Rate(Opinion, Channel),
    /// The customer complains.
    Complain(String, Channel),
    /// Somebody looks at what the customer found wrong, and notes this.
    Review(String),
}

/// What a customer thinks of the help.
#[derive(Clone)]
pub(super) struct Opinion {
    pub(super) score: Score,
    pub(super) reason: Option<&'static str>,
    pub(super) comment: String,
}

/// An act, by whom and when.
#[derive(Clone)]
pub(super) struct Happening {
    /// No two happen in the same millisecond.
    pub(super) at: Time,
    pub(super) request: usize,
    pub(super) customer: usize,
    /// The agent; means nothing for acts of customers.
    pub(super) agent: usize,
    /// How many happenings of the same customer come before.
    pub(super) turn: usize,
    pub(super) act: Act,
}

/// Everything that happens, in order.
pub(super) struct Plot {
    pub(super) happenings: Vec<Happening>,
    pub(super) customers: usize,
}

/// One telling of a story.
#[expect(clippy::struct_excessive_bools, reason = "independent circumstances of one telling")]
struct Telling<'a> {
    story: &'a Story,
    props: Props<'a>,
    draw: Draw,
    steps: Vec<Step>,
    /// The step that comes next.
    next: usize,
    request: usize,
    customer: usize,
    channel: Channel,
    kind: &'static RequestType,
    /// The customer did not say which type it is.
    untyped: bool,
    /// The agent says which type it is: nobody else does, or it is none of the others.
    unsettled: bool,
    /// Who looks after it.
    assignee: Option<usize>,
    /// Whether that one is at work on it just now.
    in_hand: bool,
    replied: bool,
    /// When the customer asked, and how long the first answer took.
    asked: Time,
    waited: Duration,
    last: Time,
}

/// What tellings share.
struct Stage<'a> {
    content: &'a Content,
    secrets: &'a Arc<dyn Entropy>,
    now: Time,
    staff: Staff,
    lead: usize,
    /// What would happen from here on does not happen.
    end: Time,
    happenings: Vec<Happening>,
}

impl Plot {
    /// Makes up what happened in the days before `now`.
    pub(super) fn new(
        content: &Content,
        count: usize,
        seed: u64,
        secrets: &Arc<dyn Entropy>,
        now: Time,
    ) -> anyhow::Result<Self> {
        let draw = Draw::new(seed);
        let arrivals = calendar::arrivals(content, count, now, &draw.part())?;
        let lead = content.names.agents.iter().position(|agent| agent.role == Role::Lead);
        let mut stage = Stage {
            content,
            secrets,
            now,
            staff: Staff::new(&content.names, draw.part()),
            lead: lead.context("a lead")?,
            end: now.minus(Duration::from_secs(1)),
            happenings: Vec::with_capacity(count * 10),
        };
        let mut crowd = Crowd::new(&content.names, &content.mix, draw.part());
        let mut tellings = Vec::with_capacity(count);
        for (request, arrival) in arrivals.iter().enumerate() {
            tellings.push(begin(&mut stage, &mut crowd, request, arrival, draw.part())?);
        }
        tell(&mut stage, &mut tellings)?;
        Ok(Self { happenings: in_order(stage.happenings), customers: crowd.people.len() })
    }
}

/// Goes on with whichever telling is due first, so that whoever waits longest is answered first.
fn tell(stage: &mut Stage<'_>, tellings: &mut [Telling<'_>]) -> anyhow::Result<()> {
    let mut due: BinaryHeap<_> =
        tellings.iter().map(|telling| Reverse((telling.last, telling.request))).collect();
    while let Some(Reverse((at, index))) = due.pop() {
        let telling = tellings.get_mut(index).context("a telling")?;
        if at < stage.end
            && let Some(next) = telling.go_on(stage, at).with_context(|| telling.story.id.clone())?
        {
            due.push(Reverse((next, index)));
        }
    }
    Ok(())
}

/// Sorts, gives each happening a millisecond of its own, and each customer's their turns.
fn in_order(mut happenings: Vec<Happening>) -> Vec<Happening> {
    // Stable: what one request has at the same moment stays in the order in which it was written down.
    happenings.sort_by_key(|happening| happening.at);
    let mut turns: BTreeMap<usize, usize> = BTreeMap::new();
    let mut last = i64::MIN;
    for happening in &mut happenings {
        if happening.at.millis() <= last {
            happening.at = Time((last + 1) * 1_000);
        }
        last = happening.at.millis();
        let turn = turns.entry(happening.customer).or_default();
        happening.turn = *turn;
        *turn += 1;
    }
    happenings
}

/// Who comes with the story, and what they write first.
fn begin<'a>(
    stage: &mut Stage<'a>,
    crowd: &mut Crowd<'_>,
    request: usize,
    arrival: &Arrival,
    draw: Draw,
) -> anyhow::Result<Telling<'a>> {
    let (content, now) = (stage.content, stage.now);
    let story = content.stories.get(arrival.story).context("a story")?;
    let day = calendar::day_at(arrival.at, now);
    let props = Props::new(content, story, draw.part(), stage.secrets.clone(), day)?;
    let kind = request_type(&story.kind).context("a type")?;
    let (customer, is_new) = crowd.next(story.language, &arrival.region, arrival.at);
    let person = crowd.people.get(customer).context("a person")?;
    let tells_secret = |step: &Step| matches!(&step.deed, Deed::Ask(text) if text.contains("{phrase"));
    let mut telling = Telling {
        story,
        props,
        steps: steps_of(story, &draw),
        next: 0,
        request,
        customer,
        channel: person.channel,
        kind,
        untyped: story.is_new
            || !kind.at_risk && !story.steps.iter().any(tells_secret) && draw.percent(UNTYPED),
        unsettled: false,
        assignee: None,
        in_hand: false,
        replied: false,
        asked: arrival.at,
        waited: Duration::ZERO,
        last: arrival.at,
        draw,
    };
    telling.unsettled = !story.is_new && (telling.untyped || kind.code == "other");
    if is_new && person.verified {
        let name = person.name.clone().unwrap_or_default();
        telling.note(stage, arrival.at.minus(Duration::from_secs(4)), 0, Act::Identify(name));
    }
    let intake = telling.intake(person)?;
    telling.note(stage, arrival.at, 0, Act::Receive(Box::new(intake)));
    telling.next = 1;
    telling.sort(stage, arrival.at);
    telling.last = telling.due(arrival.at).unwrap_or(stage.end);
    Ok(telling)
}

/// The story's steps as they go this time: some customers never answer, and what is left open is ended some day.
fn steps_of(story: &Story, draw: &Draw) -> Vec<Step> {
    let mut steps = story.steps.clone();
    let answer = (1..steps.len()).find(|at| {
        let is = |at: usize, test: fn(&Deed) -> bool| steps.get(at).is_some_and(|step| test(&step.deed));
        is(*at, |deed| matches!(deed, Deed::Ask(_))) && is(at - 1, |deed| matches!(deed, Deed::Reply(..)))
    });
    if let Some(answer) = answer.filter(|_| draw.percent(SILENT)) {
        steps.truncate(answer);
    }
    let ends_by = steps.iter().rev().find_map(|step| match &step.deed {
        Deed::Reply(_, then) => Some(*then == Then::Solved),
        Deed::Do(transition) => Some(*transition != Transition::Hold && *transition != Transition::Reopen),
        Deed::Ask(_) => Some(false),
        Deed::Note(_) => None,
    });
    if ends_by != Some(true) {
        steps.push(Step { after: Some(GIVEN_UP), deed: Deed::Do(Transition::Solve) });
    }
    steps
}

impl Telling<'_> {
    fn note(&self, stage: &mut Stage<'_>, at: Time, agent: usize, act: Act) {
        if at < stage.end {
            let (request, customer) = (self.request, self.customer);
            stage.happenings.push(Happening { at, request, customer, agent, turn: 0, act });
        }
    }

    /// A time on a logarithmic scale between two numbers of minutes.
    fn minutes(&self, low: f64, high: f64) -> Duration {
        self.draw.minutes(low, high)
    }

    fn seconds(&self, low: u64, high: u64) -> Duration {
        Duration::from_millis(self.draw.between(low * 1_000, high * 1_000))
    }

    /// The customer's first words with everything that comes along.
    fn intake(&mut self, person: &Person) -> anyhow::Result<Intake> {
        let Some(Deed::Ask(text)) = self.steps.first().map(|step| step.deed.clone()) else {
            anyhow::bail!("the customer begins");
        };
        let text = self.props.fill(&text, None)?;
        let mut fields = BTreeMap::new();
        if !self.untyped {
            for (code, value) in &self.story.fields {
                fields.insert(code.clone(), self.props.fill(value, None)?);
            }
        }
        let mut context = BTreeMap::new();
        // The wallet's own server knows where its user is and on what, the widget also which version it runs in; whoever writes on the
        // page says nothing of it.
        if self.channel != Channel::Page {
            let device = self.props.value("device")?;
            context.insert("platform".to_owned(), platform(&device).to_owned());
            context.insert("region".to_owned(), person.region.clone());
            if let Some(chain) = self.props.chain() {
                context.insert("chain".to_owned(), chain.to_owned());
            }
            // The same wallet under a second name, for those who only hold coins; who uses which does not change.
            let brand = if self.customer.is_multiple_of(5) { "harbor_lite" } else { "harbor" };
            context.insert("brand".to_owned(), brand.to_owned());
            if self.channel == Channel::Widget {
                context.insert("device".to_owned(), device);
                context.insert("app_version".to_owned(), self.props.value("version")?);
            }
        }
        Ok(Intake {
            client_id: format!("demo-{}-0", self.request),
            text,
            kind: (!self.untyped).then(|| self.story.kind.clone()),
            language: Some(self.story.language),
            channel: Some(self.channel),
            fields,
            context,
            name: person.name.clone().filter(|_| !person.verified),
            email: person.email.clone(),
            // Each story is a request of its own, whoever it is that asks.
            join: standfast_desk::Join::New,
            ..Intake::default()
        })
    }

    /// By day the lead looks through what has come in.
    fn sort(&self, stage: &mut Stage<'_>, at: Time) {
        let at = at.plus(self.minutes(1.0, 9.0));
        if !self.kind.at_risk && self.draw.percent(SORTED) && stage.staff.is_on_duty(stage.lead, at) {
            let (team, lead) = (team_of(stage.content, self.story), stage.lead);
            self.note(stage, at, lead, Act::Sort(team));
        }
    }

    /// When the next step is due after one at `at`; `None` when the story is over.
    fn due(&self, at: Time) -> Option<Time> {
        let step = self.steps.get(self.next)?;
        Some(match (step.after, &step.deed) {
            (Some([low, high]), _) => {
                let [low, high] =
                    [low, high].map(|minutes| Duration::from_mins(minutes).as_secs_f64() / 60.0);
                at.plus(self.minutes(low.max(0.5), high.max(0.5)))
            }
            (None, _) if self.in_hand => at.plus(self.seconds(20, 150)),
            (None, _) => at,
        })
    }

    /// Takes the step that is due at `at`; returns when the next one is.
    fn go_on(&mut self, stage: &mut Stage<'_>, at: Time) -> anyhow::Result<Option<Time>> {
        let Some(step) = self.steps.get(self.next).cloned() else { return Ok(None) };
        if let Deed::Ask(text) = step.deed {
            self.ask(stage, at, &text)?;
        } else if self.in_hand {
            self.work(stage, at, step.deed)?;
        } else {
            return self.take(stage, at, &step.deed).map(Some);
        }
        self.last = at;
        self.next += 1;
        self.in_hand &= self.steps.get(self.next).is_some_and(|s| s.after.is_none());
        Ok(self.due(at))
    }

    fn ask(&mut self, stage: &mut Stage<'_>, at: Time, text: &str) -> anyhow::Result<()> {
        let alias = self.assignee.and_then(|agent| alias(stage.content, agent, self.story.language));
        let text = self.props.fill(text, alias)?;
        if self.replied {
            let pause = (at.since(self.last) / 3).min(self.seconds(12, 90));
            self.note(stage, at.minus(pause), 0, Act::Read);
        }
        self.note(stage, at, 0, Act::FollowUp(text, self.channel));
        Ok(())
    }

    /// Somebody begins to work on it; returns when the deed is done.
    fn take(&mut self, stage: &mut Stage<'_>, at: Time, deed: &Deed) -> anyhow::Result<Time> {
        // Typing, and looking things up meanwhile or afterwards.
        let (types, takes) = match deed {
            Deed::Do(_) => (self.minutes(0.3, 2.0), self.minutes(1.0, 3.0)),
            Deed::Note(_) => (self.minutes(1.0, 6.0), self.minutes(6.0, 16.0)),
            _ if self.kind.at_risk => (self.minutes(1.5, 5.0), self.minutes(9.0, 24.0)),
            _ if self.replied => (self.minutes(0.8, 5.0), self.minutes(4.0, 12.0)),
            _ => (self.minutes(1.5, 11.0), self.minutes(8.0, 26.0)),
        };
        // Ending what is over presses nobody.
        let is_over = matches!(deed, Deed::Do(_)) && self.replied;
        let task = Task {
            at,
            language: self.story.language,
            team: &self.story.team,
            urgency: if is_over { 3 } else { self.kind.urgency.0 },
            at_risk: self.kind.at_risk && !is_over,
            before: self.assignee,
            takes,
        };
        let (agent, begins) = stage.staff.take(&task).context("nobody can do it")?;
        if self.assignee != Some(agent) {
            self.assignee = Some(agent);
            let team = team_of(stage.content, self.story);
            self.note(stage, begins, agent, Act::Take(team));
        }
        self.note(stage, begins.plus(self.seconds(1, 6)), agent, Act::Look);
        if std::mem::take(&mut self.unsettled) {
            let kind = self.story.kind.clone();
            self.note(stage, begins.plus(self.seconds(7, 17)), agent, Act::Retype(kind));
        }
        self.in_hand = true;
        Ok(begins.plus(types).max(begins.plus(Duration::from_secs(18))))
    }

    fn work(&mut self, stage: &mut Stage<'_>, at: Time, deed: Deed) -> anyhow::Result<()> {
        let agent = self.assignee.context("nobody works on it")?;
        let name = alias(stage.content, agent, self.story.language);
        let act = match deed {
            Deed::Reply(text, then) => {
                if !self.replied && !self.story.tags.is_empty() {
                    self.note(stage, at, agent, Act::Tag(self.story.tags.clone()));
                }
                if !self.replied {
                    self.waited = at.since(self.asked);
                }
                self.replied = true;
                if !self.steps.iter().skip(self.next + 1).any(|step| matches!(step.deed, Deed::Ask(_)))
                    && self.draw.percent(80)
                {
                    self.note(stage, at.plus(self.minutes(1.0, 300.0)), 0, Act::Read);
                }
                Act::Reply(self.props.fill(&text, name)?, then)
            }
            Deed::Note(text) => Act::Note(self.props.fill(&text, name)?),
            Deed::Do(transition) => Act::Move(transition),
            Deed::Ask(_) => anyhow::bail!("not an agent's"),
        };
        let solves = matches!(act, Act::Reply(_, Then::Solved) | Act::Move(Transition::Solve));
        let gave_up = matches!(act, Act::Move(_)) && self.silent();
        self.note(stage, at, agent, act);
        let is_last = !self.steps.iter().skip(self.next + 1).any(|step| matches!(step.deed, Deed::Ask(_)));
        if solves && is_last && self.replied {
            self.end(stage, at, gave_up)?;
        }
        Ok(())
    }

    /// Whether the customer was asked something and never answered.
    fn silent(&self) -> bool {
        let mut before = self.steps.iter().take(self.next).rev().map(|step| &step.deed);
        before.find(|deed| !matches!(deed, Deed::Note(_))).is_some_and(|deed| matches!(deed, Deed::Reply(..)))
    }

    /// What the customer says of the help when it is over.
    fn end(&self, stage: &mut Stage<'_>, at: Time, gave_up: bool) -> anyhow::Result<()> {
        let ending =
            Ending { at, waited: self.waited, gave_up, language: self.story.language, channel: self.channel };
        let lead = stage.lead;
        for (at, act) in opinion::of(&stage.content.feedback, &ending, &self.draw)? {
            let by = if matches!(act, Act::Review(_)) { lead } else { 0 };
            self.note(stage, at, by, act);
        }
        Ok(())
    }
}

fn team_of(content: &Content, story: &Story) -> usize {
    content.names.teams.iter().position(|team| team.code == story.team).unwrap_or_default()
}

fn alias(content: &Content, agent: usize, language: Language) -> Option<&str> {
    content.names.agents.get(agent).map(|agent| agent.alias.of(language).as_str())
}

#[cfg(test)]
mod tests;
