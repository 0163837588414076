//! How fast agents with several chats each are done with them.

use super::Chat;

impl Chat {
    /// How many chats end in a second with 1, 2, … of them, spread over so many agents as evenly as they can be.
    pub(super) fn departures(&self, agents: u32) -> Vec<f64> {
        let answers = self.answers();
        let answers = |chats: u32| answers.get(chats as usize).copied().unwrap_or(0.0);
        let ends = |chats: u32| {
            let (each, more) = (chats / agents, chats % agents);
            (f64::from(agents - more) * answers(each) + f64::from(more) * answers(each + 1)) / self.turns
        };
        (1..=agents.saturating_mul(self.most)).map(ends).collect()
    }

    /// Answers in a second of an agent with 0, 1, … chats: exact mean value analysis of a closed network of one worker and
    /// the customers' thinking (Reiser & Lavenberg 1980). A chat ends with an answer, so that of its turns one has no thinking.
    fn answers(&self) -> Vec<f64> {
        let think = self.think * (self.turns - 1.0) / self.turns;
        let (mut waiting, mut answers) = (0.0, vec![0.0]);
        for chats in 1..=self.most {
            let response = self.work * (1.0 + waiting);
            let rate = f64::from(chats) / (think + response);
            waiting = rate * response;
            answers.push(rate);
        }
        answers
    }
}
