//! What takes the demand out of a word that asks.

use super::clause::Clause;
use super::cue::{Cue, Marked};

impl Clause<'_> {
    /// Whether what stands around the word of asking denies, forbids, supposes or reports it.
    pub(super) fn excused(&self, at: usize, marked: &Marked) -> bool {
        let before = self.cues.get(..at).unwrap_or_default();
        let asks = self.text(marked.start, marked.end).starts_with('请').then_some(at);
        let asked_from = asks.or_else(|| before.iter().rposition(|marked| marked.cue == Cue::Please));
        let says = |cue: Cue| before.iter().any(|marked| marked.cue == cue);
        // "If the balance is wrong please send …" asks all the same.
        let governs = |cue: Cue| {
            before
                .iter()
                .rposition(|marked| marked.cue == cue)
                .is_some_and(|at| asked_from.is_none_or(|asked| asked < at))
        };
        let to_us = self.has(Cue::ToUs) || marked.cue == Cue::SendUs;
        let conditional = self.has(Cue::Unless) && (to_us || self.has(Cue::SendUs) || self.around.threat);
        let denied = (governs(Cue::Not) || (self.around.forbidden && !says(Cue::Please)))
            && !self.around.excepted
            && !conditional;
        let denied_after = self.has(Cue::Nowhere) && !to_us;
        // "To avoid a loss, send me …" and "because of scammers, send me …" still ask.
        let warned = (self.around.supposed
            || self.has(Cue::Danger)
            || says(Cue::SomeoneElse)
            || governs(Cue::Whether)
            || governs(Cue::Circumstance)
            || self.is_relative(marked))
            && !to_us;
        denied
            || denied_after
            || governs(Cue::Past)
            || warned
            || self.directly_denied(marked)
            || self.has_happened(marked)
            || self.is_timing(at, marked)
            || self.others_ask(at)
            || self.around.reported
    }

    /// "没有输入助记词", "不提供…": unless something happens for want of it.
    fn directly_denied(&self, marked: &Marked) -> bool {
        let before = self.before(marked);
        let denies = ["不", "没", "没有", "沒有", "未", "勿"].iter().any(|word| before.ends_with(word));
        let asks = ["要不", "何不", "能不", "可不", "是不"].iter().any(|word| before.ends_with(word));
        let sends = matches!(marked.cue, Cue::Send | Cue::SendUs) || self.around.pretext;
        denies && !asks && !(sends && (self.around.threat || self.has(Cue::Unless)))
    }

    /// "输入过", "填了", "发来的私钥": done, not to be done.
    fn has_happened(&self, marked: &Marked) -> bool {
        let after = self.after(marked);
        if after.starts_with('过') {
            return !after.starts_with("过来") && !after.starts_with("过去");
        }
        let secret_follows = |skipped: usize| {
            let from = marked.end + skipped;
            let secrets = self.cues.iter().filter(|cue| matches!(cue.cue, Cue::Secret(_)));
            secrets.into_iter().any(|secret| (from..=from + 6).contains(&secret.start))
        };
        if let Some(rest) = after.strip_prefix("们的").or_else(|| after.strip_prefix('的')) {
            return secret_follows(after.len() - rest.len());
        }
        after.starts_with('了')
            && marked.cue == Cue::Enter
            && !self.has(Cue::ToUs)
            && !self.has(Cue::Unless)
            && !self.around.pretext
    }

    /// "填写助记词时…", "after you enter the phrase …": when, not what.
    fn is_timing(&self, at: usize, marked: &Marked) -> bool {
        let strange_place = self.has(Cue::ToUs) || self.has(Cue::Us) || self.has(Cue::OnThePage);
        let elsewhere = strange_place || self.around.pretext;
        if elsewhere || !matches!(marked.cue, Cue::Enter | Cue::Import | Cue::Picture | Cue::Run) {
            return false;
        }
        let before = self.cues.get(..at).unwrap_or_default();
        let after = self.after(marked);
        before.iter().any(|cue| cue.cue == Cue::Timing)
            || ["时", "的时候", "之后", "以后", "后", "之前", "前", "完"].iter().any(|word| {
                after.find(word).is_some_and(|place| {
                    let gap = self.text(marked.end, marked.end + place);
                    gap.chars().count() <= 10 && !gap.contains(['请', '并'])
                })
            })
    }

    /// "要求输入助记词的都是假的": whoever does so.
    fn is_relative(&self, marked: &Marked) -> bool {
        let after = self.after(marked);
        [
            "的都",
            "的均",
            "的一律",
            "的全",
            "的人",
            "的网站",
            "的页面",
            "的链接",
            "的客服",
            "的电话",
            "的短信",
            "的软件",
            "的消息",
        ]
        .iter()
        .any(|word| after.contains(word))
    }

    /// "A thief asks you to send us …": whoever it is said to be for, somebody else does the asking.
    fn others_ask(&self, at: usize) -> bool {
        let before = self.cues.get(..at).unwrap_or_default();
        let Some(asking) = before.iter().rposition(|cue| cue.cue == Cue::TheyAsk) else { return false };
        let (subject, rest) = before.split_at(asking);
        subject.iter().any(|cue| matches!(cue.cue, Cue::SomeoneElse | Cue::Danger))
            && !rest.iter().any(|cue| cue.cue.acts() || cue.cue == Cue::Please)
    }
}
