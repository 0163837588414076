//! Whether one clause makes its reader hand over a secret.

use super::Ask;
use super::cue::{Cue, Marked};

/// What the sentence and those before it say about a clause.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent circumstances, each read by its own rule")]
pub(super) struct Around {
    /// A secret named before, which the clause may mean by "it".
    pub(super) carried: Option<Ask>,
    /// Whether the clause directly before named it.
    pub(super) just_named: bool,
    /// Whether the sentence happens in the reader's own wallet.
    pub(super) in_the_wallet: bool,
    /// Whether the sentence before did.
    pub(super) came_from_the_wallet: bool,
    /// Whether the sentence has taken us out of what it forbids ("except us, …").
    pub(super) excepted: bool,
    /// Whether the clause goes on with what the one before forbids ("never post, …").
    pub(super) forbidden: bool,
    /// Whether the clause goes on with what the one before supposes or reports ("if a site asks you to post, …").
    pub(super) supposed: bool,
    /// Whether the clause goes on with what the one before asks for ("send us your address, …").
    pub(super) demanded: bool,
    /// Whether it quotes what others say ("phishing pages say “enter your phrase”").
    pub(super) reported: bool,
    /// Whether the clause is the whole of a question.
    pub(super) question: bool,
    /// Whether the sentence says what happens otherwise ("…, or the account will be locked").
    pub(super) threat: bool,
    /// Whether the sentence gives a reason for which only a thief needs a secret.
    pub(super) pretext: bool,
}

/// A clause with its cues.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clause<'a> {
    pub(super) plain: &'a str,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) cues: &'a [Marked],
    pub(super) around: Around,
}

impl Clause<'_> {
    pub(super) fn has(&self, cue: Cue) -> bool {
        self.cues.iter().any(|marked| marked.cue == cue)
    }

    pub(super) fn text(&self, from: usize, to: usize) -> &str {
        self.plain.get(from..to).unwrap_or_default()
    }

    pub(super) fn after(&self, marked: &Marked) -> &str {
        self.text(marked.end, self.end)
    }

    pub(super) fn before(&self, marked: &Marked) -> &str {
        self.text(self.start, marked.start)
    }

    /// The secret that the clause names, unless it is named to be excluded ("not your private key"), or only says
    /// which other thing is meant ("the address of this private key").
    pub(super) fn secret(&self) -> Option<Ask> {
        self.named(|_| true)
    }

    /// The secret that "it" may mean in the next clause: "without your phrase I cannot help" names one too.
    pub(super) fn mentioned(&self) -> Option<Ask> {
        self.named(|denial| denial != "without")
    }

    fn named(&self, excludes: impl Fn(&str) -> bool) -> Option<Ask> {
        self.cues.iter().enumerate().find_map(|(at, marked)| {
            let Cue::Secret(ask) = marked.cue else { return None };
            let denial = self.cues.get(..at)?.iter().rev().find(|before| before.cue != Cue::Your);
            // Between a Chinese denial and its verb the secret is the object: "不要把助记词…" excludes nothing.
            let left_out = denial.filter(|before| before.cue == Cue::Not).is_some_and(|before| {
                let gap = self.text(before.end, marked.start);
                gap.len() <= 6 && gap.is_ascii() && excludes(self.text(before.start, before.end))
            });
            let of_another = self.cues.get(at + 1).is_some_and(|next| {
                let gap = self.text(marked.end, next.start);
                next.cue == Cue::Thing && gap.chars().count() <= 6 && gap.contains(['的', '应'])
            });
            (!left_out && !of_another).then_some(ask)
        })
    }

    /// What "the phrase" is called when nothing has been named before.
    fn implied(&self) -> Option<Ask> {
        let reaches = self.is_to_us() || (self.has(Cue::Please) && self.has(Cue::Send));
        let named = self.cues.iter().find_map(|marked| match marked.cue {
            Cue::Called(ask) => Some(ask),
            _ => None,
        });
        named.filter(|_| reaches && !self.has(Cue::Not))
    }

    /// Whether the clause has us, or this conversation, as its place or its recipient.
    fn is_to_us(&self) -> bool {
        self.has(Cue::ToUs) || self.has(Cue::SendUs)
    }

    /// What the clause asks for.
    pub(super) fn asks(&self) -> Option<Ask> {
        let named = self.secret();
        // "Seed phrase?", "Your seed phrase, please."
        let begged = self.cues.last().is_some_and(|last| last.cue == Cue::Please);
        if named.is_some() && (begged || self.around.question || self.around.demanded) && self.is_item() {
            return named;
        }
        let points = |cue: &Marked| matches!(cue.cue, Cue::It | Cue::Called(_));
        let pointed_at = || {
            let says = self.is_to_us() && self.cues.iter().any(points) && !self.has(Cue::Not);
            self.around.carried.filter(|_| says || self.is_short_demand())
        };
        let ask = named.or_else(pointed_at).or_else(|| self.implied())?;
        self.cues
            .iter()
            .enumerate()
            .any(|(at, marked)| self.hands_over(at, marked, ask) && !self.excused(at, marked))
            .then_some(ask)
    }

    /// Whether it demands something at all, a secret or not: what is listed after it is demanded too.
    pub(super) fn demands(&self) -> bool {
        self.cues.iter().enumerate().any(|(at, marked)| {
            let demands = match marked.cue {
                Cue::SendUs | Cue::Send | Cue::Want => true,
                Cue::Enter => !self.around.in_the_wallet,
                _ => false,
            };
            demands && !self.excused(at, marked)
        })
    }

    /// Whether it forbids handing over, so that "or …" and "、…" after it are forbidden too.
    pub(super) fn forbids(&self) -> bool {
        self.around.forbidden && !self.has(Cue::Please)
            || self.has(Cue::Not)
                && !self.has(Cue::Unless)
                && self.cues.iter().any(|marked| marked.cue.acts() || matches!(marked.cue, Cue::Secret(_)))
    }

    /// Whether it supposes or reports.
    pub(super) fn supposes(&self) -> bool {
        let supposing = [Cue::SomeoneElse, Cue::Whether, Cue::Past, Cue::Danger];
        supposing.into_iter().any(|cue| self.has(cue))
    }

    /// Whether it ends with an act and has yet to say of what ("never share, …").
    pub(super) fn is_open(&self) -> bool {
        let object = |cue: Cue| matches!(cue, Cue::Secret(_) | Cue::Thing | Cue::It | Cue::Called(_));
        let acting = self.cues.iter().skip_while(|marked| !marked.cue.acts());
        self.cues.last().is_some_and(|last| last.cue.acts())
            && !acting.into_iter().any(|marked| object(marked.cue))
    }

    /// Whether it is no more than an item of a list: the secret, whose it is, and nothing done with it.
    pub(super) fn is_item(&self) -> bool {
        let mut from = self.start;
        for marked in self.cues {
            let names = matches!(
                marked.cue,
                Cue::Secret(_) | Cue::Your | Cue::Please | Cue::Thing | Cue::Called(_) | Cue::Picture
            );
            if !names || !connects(self.text(from, marked.start)) {
                return false;
            }
            from = marked.end;
        }
        connects(self.text(from, self.end))
    }

    /// "发我一下", "请发过来", after the secret was named.
    fn is_short_demand(&self) -> bool {
        let sends = |marked: &Marked| {
            matches!(marked.cue, Cue::Send | Cue::SendUs)
                && self.text(marked.start, marked.end).contains(['发', '發', '念', '拍', '贴', '抄', '报'])
        };
        self.around.just_named
            && self.text(self.start, self.end).chars().count() <= 9
            && self.cues.iter().any(sends)
            && !self.cues.iter().any(|marked| matches!(marked.cue, Cue::Not | Cue::Thing | Cue::Danger))
    }

    /// Whether a cue makes the reader hand over this kind of secret.
    fn hands_over(&self, at: usize, marked: &Marked, ask: Ask) -> bool {
        let next = self.cues.get(at + 1).map(|next| next.cue);
        let wallet = ask.belongs_in_the_wallet();
        let strange_place = self.has(Cue::ToUs) || self.has(Cue::OnThePage);
        match marked.cue {
            Cue::SendUs => !self.about_another_thing(at, marked) && !self.asks_how_it_is(at, marked),
            Cue::Import => wallet && (strange_place || (self.around.pretext && !self.around.in_the_wallet)),
            Cue::Send => {
                let verb = self.text(marked.start, marked.end);
                let imperative = !verb.is_ascii() || self.leads(marked);
                let given = GIVING.contains(&verb) && imperative && self.stands_by_secret(at);
                let others = [Cue::Us, Cue::Your, Cue::Please];
                (wallet || given || self.is_to_us() || others.into_iter().any(|cue| self.has(cue)))
                    && !self.about_another_thing(at, marked)
                    && !self.asks_how_it_is(at, marked)
            }
            Cue::Want if self.text(marked.start, marked.end).ends_with(" the") => {
                self.stands_by_secret(at)
                    && (self.is_to_us() || self.text(marked.end, self.end).contains(" you"))
            }
            Cue::Want => {
                wallet
                    || self.is_to_us()
                    || self.has(Cue::Us)
                    || self.has(Cue::Your)
                    || self.stands_by_secret(at)
            }
            Cue::Mail => {
                let named = matches!(next, Some(Cue::Secret(_))) && wallet;
                let object = named && (self.leads(marked) || ask == Ask::Keystore);
                (self.is_to_us() || next == Some(Cue::Your) || object)
                    && !self.about_another_thing(at, marked)
            }
            Cue::Picture => {
                let others = [Cue::Send, Cue::SendUs, Cue::Mail, Cue::ToUs, Cue::Please];
                others.into_iter().any(|cue| self.has(cue)) && !self.has(Cue::Discard)
            }
            Cue::Show => {
                let towards_us = self.is_to_us() || self.has(Cue::Us);
                let to_get_something = wallet && self.around.pretext && !self.around.in_the_wallet;
                (towards_us
                    || to_get_something
                    || (wallet && (self.verifies(at, marked) || self.writes(marked))))
                    && !self.asks_how_it_is(at, marked)
            }
            // Everybody types passwords and codes somewhere, and guides say so.
            Cue::Enter if !wallet => self.has(Cue::ToUs),
            Cue::Enter => {
                let own_place =
                    self.around.in_the_wallet || (self.around.came_from_the_wallet && !self.around.pretext);
                !own_place || strange_place
            }
            Cue::Wish => self.is_our_wish(at, marked),
            Cue::Run => ask == Ask::RemoteControl,
            Cue::Secret(Ask::RemoteControl) => {
                let shares = self.text(marked.start, marked.end);
                self.has(Cue::Please) && (shares.starts_with("共享") || shares.starts_with("share"))
            }
            _ => false,
        }
    }

    /// "Please verify your seed phrase", as if somebody else could: not its copy, and not in the wallet.
    fn verifies(&self, at: usize, marked: &Marked) -> bool {
        let verb = self.text(marked.start, marked.end);
        let object = self.cues.get(at + 1..).unwrap_or_default().iter().find(|cue| cue.cue != Cue::Your);
        let Some(secret) = object.filter(|cue| matches!(cue.cue, Cue::Secret(_))) else { return false };
        let rest = self.after(secret);
        let of_a_copy = COPIES.iter().any(|word| rest.trim_start().starts_with(word));
        ["confirm", "verify", "validate", "验证", "核验", "核实"].contains(&verb)
            && self.text(marked.end, secret.start).chars().count() <= 12
            && self.has(Cue::Please)
            && !self.around.in_the_wallet
            && !of_a_copy
    }

    /// "My supervisor needs your keystore", "may I know your phrase": not "I know your phrase is safe".
    fn is_our_wish(&self, at: usize, marked: &Marked) -> bool {
        const OURS: [&str; 14] = [
            "i",
            "we",
            "my",
            "our",
            "id",
            "ill",
            "support",
            "team",
            "engineer",
            "engineers",
            "supervisor",
            "technician",
            "department",
            "manager",
        ];
        const ASKING: [&str; 8] = ["may", "can", "could", "must", "should", "to", "might", "need"];
        let before = self.before(marked);
        let says = |words: &[&str]| before.split(' ').any(|word| words.contains(&word));
        let secret = self.cues.get(at + 1..).unwrap_or_default().iter().find(|cue| cue.cue != Cue::Your);
        let Some(secret) = secret.filter(|cue| matches!(cue.cue, Cue::Secret(_))) else { return false };
        let states = [" is", " are", " was", " has"].iter().any(|word| self.after(secret).starts_with(word));
        let gap = self.text(marked.end, secret.start);
        let passive = matches!(self.text(marked.start, marked.end), "know" | "see");
        gap.split_whitespace().count() <= 4
            && !gap.contains(" you ")
            && !states
            && says(&OURS)
            && !says(&["you"])
            && (!passive || says(&ASKING))
    }

    /// "Please write the words one per line": on nothing that is one's own.
    fn writes(&self, marked: &Marked) -> bool {
        const PAPER: [&str; 9] =
            ["down", "paper", "hand", "pen", "metal", "steel", "notebook", "card", "sheet"];
        ["write", "list"].contains(&self.text(marked.start, marked.end))
            && self.has(Cue::Please)
            && self.leads(marked)
            && !self.text(self.start, self.end).split(' ').any(|word| PAPER.contains(&word))
            && !self.around.in_the_wallet
    }

    /// Whether the verb begins the clause, as an imperative does.
    fn leads(&self, marked: &Marked) -> bool {
        let before = self.before(marked).rsplit("please").next().unwrap_or_default();
        before.split_whitespace().all(|word| LEADING.contains(&word))
    }

    /// Whether the secret stands directly before or after.
    fn stands_by_secret(&self, at: usize) -> bool {
        let near = |pair: &[Marked]| match pair {
            [first, second] => {
                pair.iter().any(|cue| matches!(cue.cue, Cue::Secret(_)))
                    && self.text(first.end, second.start).chars().count() <= 6
            }
            _ => false,
        };
        let around = at.saturating_sub(1)..self.cues.len().min(at + 2);
        self.cues.get(around).unwrap_or_default().windows(2).any(near)
    }

    /// Whether the verb's object is something other than the secret in the same clause ("send the coins to …").
    fn about_another_thing(&self, at: usize, marked: &Marked) -> bool {
        let rest = self.cues.get(at + 1..).unwrap_or_default();
        let mut objects = rest.iter().filter(|cue| {
            matches!(cue.cue, Cue::Secret(_) | Cue::It | Cue::Called(_) | Cue::Thing | Cue::Picture)
        });
        let is_secret = |cue: &Marked| matches!(cue.cue, Cue::Secret(_) | Cue::Called(_));
        if self.text(marked.start, marked.end).is_ascii() {
            let Some(first) = objects.next().filter(|first| first.cue == Cue::Thing) else { return false };
            return objects.find(|cue| is_secret(cue)).is_none_or(|secret| {
                let gap = self.text(first.end, secret.start);
                ![" and ", " or ", "&", "+", " with ", " plus "].iter().any(|word| gap.contains(word))
            });
        }
        // "助记词抄好后把新地址发给我"
        let Some(from) = self.before(marked).rfind(['把', '将']).map(|from| self.start + from) else {
            return false;
        };
        let moved = self.cues.iter().filter(|cue| cue.start >= from && cue.start < marked.start);
        let (things, secrets) = moved.fold((0, 0), |(things, secrets), cue| {
            (things + usize::from(cue.cue == Cue::Thing), secrets + usize::from(is_secret(cue)))
        });
        things > 0 && secrets == 0 && !rest.iter().any(is_secret)
    }

    /// "Tell me where the phrase was stored": the circumstances, not the secret.
    fn asks_how_it_is(&self, at: usize, marked: &Marked) -> bool {
        let verb = self.text(marked.start, marked.end);
        let tells = TELLING.iter().any(|word| verb.contains(word));
        let rest = self.cues.get(at + 1..).unwrap_or_default();
        let circumstance = |cue: &Marked| matches!(cue.cue, Cue::Circumstance | Cue::Whether);
        tells
            && if verb.is_ascii() {
                rest.first().is_some_and(circumstance)
            } else {
                rest.iter().any(circumstance)
            }
    }
}

/// Whether a text has only words that join the names of things.
fn connects(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric())
        .all(|word| word.is_empty() || word.bytes().all(|b| b.is_ascii_digit()) || CONNECTING.contains(&word))
}

/// Words that join the items of a list, or say a little more of one.
const CONNECTING: [&str; 38] = [
    "and",
    "also",
    "the",
    "plus",
    "as",
    "well",
    "or",
    "along",
    "with",
    "a",
    "both",
    "then",
    "secret",
    "full",
    "complete",
    "all",
    "of",
    "wallet",
    "s",
    "finally",
    "word",
    "和",
    "及",
    "以及",
    "与",
    "还有",
    "并附上",
    "附上",
    "加上",
    "另附",
    "钱包",
    "钱包的",
    "您",
    "你",
    "呢",
    "的",
    "完整",
    "完整的",
];

/// Verbs that ask for a password or a code too; "send" and "发送" are said of codes that we send.
const GIVING: [&str; 18] = [
    "provide",
    "supply",
    "submit",
    "disclose",
    "reveal",
    "dictate",
    "提供",
    "告诉",
    "告知",
    "提交",
    "报一下",
    "念一下",
    "发一下",
    "发来",
    "发过来",
    "说一下",
    "交出",
    "透露",
];

/// What goes on after a secret that only its owner looks at.
const COPIES: [&str; 18] = [
    "is", "are", "has", "was", "backup", "match", "on ", "against", "before", "after", "is", "written", "的",
    "是", "备份", "与", "和", "抄",
];

/// Words that may stand before an imperative.
const LEADING: [&str; 12] =
    ["please", "kindly", "just", "now", "then", "and", "so", "simply", "pls", "plz", "also", "next"];

/// Verbs that can ask for circumstances as well as for a thing.
const TELLING: [&str; 14] = [
    "tell", "know", "confirm", "check", "answer", "reply", "告诉", "告訴", "告知", "回复", "说", "确认",
    "核对", "看",
];
