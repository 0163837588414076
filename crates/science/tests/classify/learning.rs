//! What is learned, from how much, and how a model is replaced.

use proptest::prelude::*;
use standfast_science::classify::{Answer, Label, Options, TrainError, compare, evaluate, train};

use crate::wallet::{labels, model};

#[test]
fn unseen_sentences_are_named_in_both_languages() {
    let model = model();
    for (text, code) in [
        ("充值了五个小时还没到账", "deposit"),
        ("我的 USDT 充币没有入账", "deposit"),
        ("My deposit from the exchange did not arrive", "deposit"),
        ("转账卡在待确认", "pending"),
        ("transfer pending 了怎么加速", "pending"),
        ("How to revoke approvals of a dapp", "approval"),
        ("我要撤销这个合约的授权", "approval"),
        ("蓝牙连不上我的硬件钱包", "hardware"),
        ("ledger firmware update failed", "hardware"),
        ("建议增加夜间模式", "suggestion"),
        ("please add more languages", "suggestion"),
    ] {
        let prediction = model.predict(text);
        assert_eq!(prediction.top[0].code, code, "{text}: {:?}", prediction.top);
    }
}

#[test]
fn spelling_width_and_case_do_not_matter_much() {
    let model = model();
    let same = |a: &str, b: &str| assert_eq!(model.predict(a), model.predict(b), "{a} / {b}");
    same("Revoke the APPROVAL", "revoke the approval");
    same("ＵＳＤＴ 充值", "usdt 充值");
    same("can't revoke", "can’t revoke");
    assert_eq!(model.predict("revokin aproval pls").top[0].code, "approval");
    // Which address it is says nothing.
    same(
        "充到 0x52908400098527886E0F7030069857D2E4169EE7 没到账",
        "充到 0x8617E340B3D01FA5F11F306F4090FD50E238070D 没到账",
    );
}

#[test]
fn what_nobody_taught_is_unsure() {
    let model = model();
    for text in ["", "   ", "🙂🙂", "ٱلسَّلَامُ عَلَيْكُمْ", "qqqq", "\u{0}\u{202e}"]
    {
        assert_eq!(model.predict(text).answer, Answer::Unsure, "{text:?}");
    }
}

#[test]
fn five_labels_of_a_type_are_a_beginning() {
    let few = labels(|at| at % 3 == 0);
    assert!(few.len() == 25, "five of each type: {}", few.len());
    let model = train(&few, &Options::default(), 1).expect("five are enough");
    let unseen = labels(|at| at % 3 != 0);
    let quality = evaluate(&model, &unseen);
    assert!(quality.accuracy >= 0.6, "three times better than guessing one of five: {quality:?}");
    assert_eq!(model.types().iter().map(|known| known.labels).collect::<Vec<_>>(), [5; 5]);
}

#[test]
fn types_with_too_few_labels_are_never_named() {
    let mut some = labels(|at| at < 8);
    some.retain(|label| label.code != "suggestion" || label.text.contains("建议"));
    let model = train(&some, &Options::default(), 1).expect("four types are left");
    let codes: Vec<&str> = model.types().iter().map(|known| known.code.as_str()).collect();
    assert_eq!(codes, ["approval", "deposit", "hardware", "pending"]);
    assert!(model.predict("建议增加深色模式").top.iter().all(|candidate| candidate.code != "suggestion"));
}

#[test]
fn what_cannot_be_learned_is_refused_with_a_reason() {
    let options = Options::default();
    assert_eq!(train(&[], &options, 1), Err(TrainError::NoLabels));
    let one_type: Vec<Label<'_>> = labels(|_| true).into_iter().filter(|l| l.code == "pending").collect();
    assert_eq!(train(&one_type, &options, 1), Err(TrainError::TooFewTypes { found: 1, min_labels: 5 }));
    assert_eq!(
        train(&labels(|at| at < 4), &options, 1),
        Err(TrainError::TooFewTypes { found: 0, min_labels: 5 })
    );
    let nameless = [Label { request: 1, text: "a", code: "" }];
    assert_eq!(train(&nameless, &options, 1), Err(TrainError::Code { found: 0 }));
    for (wrong, name) in [
        (Options { precision: f64::NAN, ..options }, "precision"),
        (Options { precision: 1.0, ..options }, "precision"),
        (Options { cost: 0.0, ..options }, "cost"),
        (Options { folds: 1, ..options }, "folds"),
        (Options { min_labels: 0, ..options }, "min_labels"),
    ] {
        assert_eq!(train(&labels(|_| true), &wrong, 1), Err(TrainError::Option(name)));
    }
    let many: Vec<(String, i64)> =
        (0..1_001_i64).flat_map(|t| (0..2).map(move |i| (format!("t{t}"), 2 * t + i))).collect();
    let many: Vec<Label<'_>> =
        many.iter().map(|(code, request)| Label { request: *request, text: "x", code }).collect();
    assert_eq!(
        train(&many, &Options { min_labels: 2, ..options }, 1),
        Err(TrainError::TooManyTypes { found: 1_001 })
    );
}

#[test]
fn labels_without_words_teach_nothing_and_break_nothing() {
    let empty: Vec<Label<'_>> = (0..20)
        .map(|request| Label { request, text: "", code: if request < 10 { "a" } else { "b" } })
        .collect();
    let model = train(&empty, &Options::default(), 1).expect("a model of nothing");
    assert_eq!(model.predict("anything").answer, Answer::Unsure);
    assert_eq!(model.threshold(), None);
}

#[test]
fn the_promised_precision_holds_where_it_was_measured() {
    let measured = model().measured();
    assert!(measured.accuracy >= 0.7, "{measured:?}");
    assert!(measured.answered == 0.0 || measured.precision >= 0.9, "{measured:?}");
    let strict =
        train(&labels(|_| true), &Options { precision: 0.98, ..Options::default() }, 1).expect("as before");
    assert!(strict.measured().answered <= measured.answered);
}

#[test]
fn the_order_of_labels_does_not_matter_and_the_seed_does() {
    let mut shuffled = labels(|_| true);
    shuffled.reverse();
    shuffled.rotate_left(17);
    let again = train(&shuffled, &Options::default(), 1).expect("as before");
    assert_eq!(again.to_bytes(), model().to_bytes());
    assert_ne!(train(&shuffled, &Options::default(), 2).expect("as before").to_bytes(), again.to_bytes());
}

#[test]
fn a_better_model_takes_over_and_a_worse_one_does_not() {
    let held_back = labels(|at| at % 4 == 1);
    let less =
        train(&labels(|at| at % 4 == 0), &Options { min_labels: 3, ..Options::default() }, 1).expect("few");
    let more = train(&labels(|at| at % 4 != 1), &Options::default(), 1).expect("most");
    let comparison = compare(&less, &more, &held_back);
    assert!(comparison.new.accuracy > comparison.old.accuracy, "{comparison:?}");
    assert!(comparison.new_takes_over());
    let back = compare(&more, &less, &held_back);
    assert!(!back.new_takes_over());
    assert_eq!((back.only_old, back.only_new), (comparison.only_new, comparison.only_old));
    assert!((back.p_value - comparison.p_value).abs() < 1e-12);
    assert_eq!(comparison.types.len(), 5);
    assert_eq!(comparison.types.iter().map(|of| of.labels).sum::<usize>(), held_back.len());

    let same = compare(&more, &more, &held_back);
    assert!(same.new_takes_over(), "as good is not worse");
    assert!((same.p_value - 1.0).abs() < 1e-12);
    assert!(!compare(&less, &more, &[]).new_takes_over(), "nothing to compare proves nothing");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn probabilities_are_one_together(text in "\\PC{0,200}") {
        thread_local!(static MODEL: standfast_science::classify::Model = model());
        MODEL.with(|model| {
            let all = model.distribution(&text);
            prop_assert_eq!(all.len(), 5);
            prop_assert!(all.iter().all(|p| (0.0..=1.0).contains(p)));
            prop_assert!((all.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            let prediction = model.predict(&text);
            prop_assert_eq!(prediction.top.len(), 3);
            prop_assert!(prediction.top.is_sorted_by(|a, b| a.probability >= b.probability));
            let largest = all.iter().copied().fold(0.0, f32::max);
            prop_assert!((prediction.top[0].probability - largest).abs() < f32::EPSILON);
            Ok(())
        })?;
    }
}

proptest! {
    // Each case trains twice, six models a time.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_labels_can_be_learned(texts in proptest::collection::vec(("[ab提币 ]{0,12}", 0..3_usize), 4..40), seed: u64) {
        let codes = ["a", "b", "c"];
        let labels: Vec<Label<'_>> = (0..).zip(&texts).map(|(request, (text, code))| Label { request, text, code: codes[*code] }).collect();
        let options = Options { min_labels: 2, ..Options::default() };
        if let Ok(model) = train(&labels, &options, seed) {
            prop_assert!(model.distribution("ab 提币").iter().all(|p| p.is_finite()));
            prop_assert_eq!(train(&labels, &options, seed).expect("again").to_bytes(), model.to_bytes());
        }
    }
}
