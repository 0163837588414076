use standfast_domain::{OsEntropy, State};

use super::*;

fn plot(count: usize) -> (Content, Plot, Time) {
    let content = Content::load().unwrap();
    let now = Time::parse("2026-11-21T15:20:00Z").unwrap();
    let plot = Plot::new(&content, count, 7, &OsEntropy::shared(), now).unwrap();
    (content, plot, now)
}

#[test]
fn no_two_things_happen_at_once_and_nothing_happens_in_the_future() {
    let (_, plot, now) = plot(2_000);
    assert!(plot.happenings.windows(2).all(|two| two[0].at.millis() < two[1].at.millis()));
    let last = plot.happenings.last().unwrap().at;
    assert!(last < now && now.since(last) < Duration::from_mins(5));
    assert!(plot.happenings.first().unwrap().at > calendar::beginning(now).minus(Duration::from_mins(1)));
}

#[test]
fn the_same_seed_makes_the_same_plot() {
    let outline = |plot: Plot| -> Vec<(Time, usize, usize, usize)> {
        plot.happenings.into_iter().map(|h| (h.at, h.request, h.customer, h.agent)).collect()
    };
    assert_eq!(outline(plot(300).1), outline(plot(300).1));
}

#[test]
fn what_is_left_at_the_end_is_what_a_desk_has_to_do() {
    let (content, plot, now) = plot(5_000);
    let mut states: BTreeMap<usize, (State, Time)> = BTreeMap::new();
    let mut first: BTreeMap<usize, Time> = BTreeMap::new();
    let mut waits = Vec::new();
    for happening in &plot.happenings {
        let old = states.get(&happening.request).map_or(State::Open, |(state, _)| *state);
        let state = match &happening.act {
            Act::Receive(_) => {
                first.insert(happening.request, happening.at);
                Some(State::Open)
            }
            Act::FollowUp(..) => Some(old.after(Transition::Message).unwrap()),
            Act::Reply(_, then) => {
                let asked = first.remove(&happening.request);
                waits.extend(asked.map(|asked| happening.at.since(asked)));
                let state = old.after(Transition::Reply).unwrap();
                Some(match then {
                    Then::Waiting => state,
                    Then::Open => State::Open,
                    Then::OnHold => State::OnHold,
                    Then::Solved => State::Solved,
                })
            }
            Act::Move(transition) => Some(old.after(*transition).unwrap()),
            _ => None,
        };
        if let Some(state) = state {
            states.insert(happening.request, (state, happening.at));
        }
    }
    let count = |wanted: State| states.values().filter(|(state, _)| *state == wanted).count();
    let (open, waiting, on_hold) = (count(State::Open), count(State::Waiting), count(State::OnHold));
    waits.sort_unstable();
    let quantile = |percent: usize| waits[waits.len() * percent / 100].as_secs() / 60;
    println!(
        "{} happenings, {} customers; open {open}, waiting {waiting}, on hold {on_hold}, solved {}, closed {}, \
         spam {}; first reply in minutes: {} {} {} {}",
        plot.happenings.len(),
        plot.customers,
        count(State::Solved),
        count(State::Closed),
        count(State::Spam),
        quantile(10),
        quantile(50),
        quantile(90),
        quantile(99),
    );
    assert!((8..=90).contains(&open), "{open}");
    assert!((10..=120).contains(&waiting), "{waiting}");
    assert!((1..=60).contains(&on_hold), "{on_hold}");
    assert_eq!(states.len(), 5_000);
    assert!((3_500..4_700).contains(&plot.customers), "{}", plot.customers);
    assert!(
        states
            .values()
            .filter(|(s, _)| *s == State::Open)
            .any(|(_, at)| now.since(*at) < Duration::from_mins(5))
    );
    assert!((10..=240).contains(&quantile(50)), "{}", quantile(50));
    assert_eq!(content.names.agents.len(), 8);
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "some thousands")]
fn a_faulty_release_is_asked_about_more_and_an_article_makes_it_less() {
    let (content, plot, now) = plot(5_000);
    let asked: Vec<(f64, &Intake)> = plot
        .happenings
        .iter()
        .filter_map(|happening| match &happening.act {
            Act::Receive(intake) => Some((calendar::day_at(happening.at, now), &**intake)),
            _ => None,
        })
        .collect();
    // Requests for each user of the faulty version, against those for each user of the others.
    let versions: Vec<&String> = asked
        .iter()
        .filter(|(day, _)| (52.0..55.0).contains(day))
        .filter_map(|(_, intake)| intake.context.get("app_version"))
        .collect();
    let at = content.mix.releases.iter().position(|release| release.version == "2.16.0").unwrap();
    let users = [52.5, 53.5, 54.5].map(|day| super::super::release::shares(&content.mix.releases, day)[at]);
    let users = users.iter().sum::<f64>() / 3.0;
    let part = versions.iter().filter(|version| **version == "2.16.0").count() as f64 / versions.len() as f64;
    let ratio = (part / users) / ((1.0 - part) / (1.0 - users));
    let fees = |from: f64, until: f64| {
        let fee = |(day, intake): &&(f64, &Intake)| {
            (from..until).contains(day) && intake.kind.as_deref() == Some("fee")
        };
        asked.iter().filter(fee).count() as f64 / (until - from)
    };
    println!("rate ratio {ratio:.2}; fee a day {:.2}, then {:.2}", fees(25.0, 61.0), fees(62.0, 90.0));
    assert!(ratio > 1.25, "{ratio}");
    assert!(fees(62.0, 90.0) < 0.6 * fees(25.0, 61.0));
    let known = |name| asked.iter().filter(|(_, intake)| intake.context.contains_key(name)).count();
    assert!(known("region") > 2_800 && known("chain") > 1_500 && known("platform") == known("region"));
}
