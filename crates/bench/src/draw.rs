//! Chance for the load: cheap, and the same in every run.

use standfast_domain::{RequestNumber, SeededEntropy};

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What users write: 300 bytes each, half of them in Chinese, a quarter with an identifier in them.
const TEXTS: [&str; 8] = [
    "转账已经过去两个小时了，钱包里显示已经广播，但是对方一直没有收到，区块浏览器上也查不到这笔交易。手续费我选的是推荐的那一档，余额已经扣掉了。请帮我看看是卡在哪里了，还要等多久才能到账，谢谢。",
    "I sent USDT from my wallet to an exchange this morning and the wallet says it is complete, but the exchange has not credited it. Support there told me to ask you for proof. The network fee was paid and my balance went down. Can you check what happened and tell me what I should send them, please? Thanks",
    "更新到最新版本以后打开就闪退，重启手机和重新安装都试过了，还是一样。我记得备份在纸上，但是不敢在别的手机上恢复，怕出问题。手机是安卓的，系统版本是十四。请问有没有办法先不恢复就能看到余额呢？",
    "The swap failed with an error about slippage but the fee was still taken from my account twice. I tried again with a higher tolerance and it failed in the same way. The pair was ETH to USDC and the amount was small. I would like to know why I paid and whether there is any way to have it returned to me.",
    "我往 0x52908400098527886E0F7030069857D2E4169EE7 转了一笔，选错了链，应该走另一条链的，结果对方说收不到。交易已经确认了好几百次，地址是对方给我的充值地址。这种情况还能找回来吗，需要我提供什么资料给你们？",
    "My hardware device no longer pairs over Bluetooth since the last firmware. It shows the code, I confirm it on both sides, then the app says that the connection was lost. Cable works on the computer but I am travelling. The address I use is TJRabPrwbZy45sbavfcjinPJC18kjpRTv8 if that helps you find out why.",
    "质押的收益从上周开始就没有再发放，页面上还是显示正在计算。我没有解除质押，也没有换过验证人，之前每天早上都会到账的。想问一下是节点的问题还是你们的显示问题，收益会不会补发，什么时候能够恢复正常？",
    "How do I export the history of my account for the tax office? The list in the app ends in March and there is no button for the older years. I need all incoming and outgoing transfers of two accounts with dates and amounts, preferably as a table. A link to the explorer does not help me, they want a file.",
];

/// A source of chance (splitmix64, Vigna 2015).
#[derive(Debug, Clone)]
pub(crate) struct Draw(u64);

impl Draw {
    /// Seeds may lie close together: they are mixed first, or their sequences would overlap.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(Self(seed).number().rotate_left(17) ^ seed)
    }

    pub(crate) const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) const fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    /// True so many times in a hundred.
    pub(crate) const fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    pub(crate) fn one_of<T: Copy>(&mut self, list: &[T], otherwise: T) -> T {
        list.get(self.below(list.len().max(1))).copied().unwrap_or(otherwise)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.number() as u8).collect()
    }

    /// A visitor's secret: 32 bytes in base64url.
    pub(crate) fn secret(&mut self) -> String {
        let mut text = String::with_capacity(43);
        for place in 0..43 {
            // The last character holds four bits; the others six.
            let value = self.number() as usize & if place == 42 { 0b11_1100 } else { 0b11_1111 };
            text.push(BASE64.get(value).map_or('A', |byte| char::from(*byte)));
        }
        text
    }

    /// A message's client id: as long as a UUID.
    pub(crate) fn client_id(&mut self) -> String {
        format!("{:016x}-{:019x}", self.number(), self.number())
    }

    /// What a user writes.
    pub(crate) fn text(&mut self) -> &'static str {
        let [first, ..] = TEXTS;
        self.one_of(&TEXTS, first)
    }

    /// A request number.
    pub(crate) fn request_number(&mut self) -> RequestNumber {
        RequestNumber::random(&*SeededEntropy::new(self.number()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_three_hundred_bytes() {
        for text in TEXTS {
            assert!((270..=320).contains(&text.len()), "{}: {text}", text.len());
        }
    }
}
