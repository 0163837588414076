//! The words that make a request, a secret, a denial.

use std::sync::LazyLock;

use super::Ask;
use crate::matcher::Matcher;

/// What a word does in a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    /// Names a secret.
    Secret(Ask),
    /// Points back to something named before.
    It,
    /// Hands over, whoever receives it.
    Send,
    /// Hands over to us.
    SendUs,
    /// Hands over when it is done towards us.
    Show,
    /// Brings into a wallet: wrong on a page or towards us.
    Import,
    /// Hands over by post, when it is towards us or the secret itself is the object.
    Mail,
    /// The reader's own, or a polite request.
    Your,
    /// Types in: right in the wallet, wrong anywhere else.
    Enter,
    /// Says that we want it, or asks what it is.
    Want,
    /// Starts a program.
    Run,
    /// Towards us, or towards this conversation.
    ToUs,
    /// Towards a page or a link.
    OnThePage,
    /// In the wallet's own application or device.
    InTheWallet,
    /// Denies or forbids.
    Not,
    /// Takes a denial back.
    Unless,
    /// Speaks of the harm.
    Danger,
    /// Makes somebody else the one who asks.
    SomeoneElse,
    /// Asks whether it has happened, or supposes that it has.
    Whether,
    /// A phrase that contains one of the above and does not mean it.
    Nothing,
}

/// A cue at its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marked {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) cue: Cue,
}

/// The cues of a plain text in order; of two that begin at one place the longer.
pub(super) fn cues(plain: &str) -> Vec<Marked> {
    let mut reach = 0;
    MATCHER
        .find(plain, |start, end| whole_words(plain, start, end))
        .filter(|(start, end, _)| {
            // "验证" inside "验证码" is no cue of its own.
            let fresh = *start >= reach;
            reach = reach.max(*end);
            fresh
        })
        .map(|(start, end, cue)| Marked { start, end, cue })
        .collect()
}

fn whole_words(plain: &str, start: usize, end: usize) -> bool {
    let bytes = plain.as_bytes();
    let alphanumeric =
        |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    let inside_before = alphanumeric(start.checked_sub(1)) && alphanumeric(Some(start));
    let inside_after = alphanumeric(end.checked_sub(1)) && alphanumeric(Some(end));
    let plural = bytes.get(end) == Some(&b's') && !alphanumeric(Some(end + 1));
    !inside_before && (!inside_after || plural)
}

static MATCHER: LazyLock<Matcher<Cue>> = LazyLock::new(|| {
    let words = TABLE
        .iter()
        .flat_map(|(cue, words)| words.split(',').map(move |word| (word.trim().to_owned(), *cue)));
    Matcher::new(words.filter(|(word, _)| !word.is_empty()))
});

/// Words as they are after folding: lower case, no accents, no apostrophes, no signs inside.
const TABLE: &[(Cue, &str)] = &[
    (
        Cue::Secret(Ask::RecoveryPhrase),
        "seed phrase, seedphrase, seed word, seed, recovery phrase, recoveryphrase, recovery word, secret phrase, secretphrase, secret words, backup phrase, backup words, mnemonic, mnemonic phrase, srp, 12-word, 24-word, your phrase, phrase you, the phrase you, the words you wrote, the words you were given, words you wrote, words did you write, words you were given, recovery sheet, backup sheet, recovery card, backup card, 12 words, 12words, 24 words, 24words, 12 word, 24 word, 12word, 24word, twelve words, twelve word, twentyfour words, twenty four words, wallet phrase, recovery code, zhujici, zhu ji ci, 助记词, 助記詞, 助记码, 助忆词, 注记词, 助纪词, 助记祠, 助记辞, 住记词, 祝记词, 助词, 恢复词, 恢復詞, 恢复短语, 恢復短語, 种子词, 種子詞, 种子短语, 种子密码, 备份词, 備份詞, 备份短语, 12个单词, 12个词, 12個單詞, 24个单词, 24个词, 十二个单词, 十二个词, 二十四个单词, 12个英文, 十二个英文",
    ),
    (
        Cue::Secret(Ask::PrivateKey),
        "private key, privatekey, priv key, privkey, secret key, secretkey, secret private key, wallet key, siyao, si yao, 私钥, 私鑰, 私匙, 思钥, 秘钥, 秘鑰, 密钥, 密鑰, 钱包密钥, 私人密钥",
    ),
    (
        Cue::Secret(Ask::Keystore),
        "keystore, key file, keyfile, json file, wallet file, wallet backup file, 密钥文件, 钱包文件",
    ),
    (
        Cue::Secret(Ask::Password),
        "password, passphrase, passcode, pin code, your pin, 密码, 密碼, 口令, 支付密码, 交易密码, 钱包密码",
    ),
    (
        Cue::Secret(Ask::OneTimeCode),
        "verification code, otp, 2fa code, sms code, one time code, onetime code, authenticator code, security code, 验证码, 驗證碼, 动态码, 校验码, 短信码, 谷歌码",
    ),
    (
        Cue::Secret(Ask::RemoteControl),
        "teamviewer, team viewer, anydesk, any desk, todesk, rustdesk, ultraviewer, quick assist, remote control, remote access, remote desktop, screen sharing, screenshare, your screen, 向日葵, 远程控制, 遠程控制, 远程协助, 远程桌面, 远程连接, 屏幕共享, 共享屏幕, 屏幕分享, 您的屏幕, 你的屏幕",
    ),
    (
        Cue::It,
        "it, them, these words, those words, the words, the phrase, the key, its, 它, 它们, 其, 这些, 过来, 这个",
    ),
    (
        Cue::Send,
        "send, share, provide, submit, forward, upload, dm, pm, whatsapp, reply with, respond with, hand over, supply, disclose, reveal, screenshot, dictate, whisper, read out, spell, spell out, type out, photo of, picture of, photograph, 发给, 發給, 发送, 發送, 发来, 發來, 发一下, 发下, 发过来, 发到, 发至, 发出来, 发个, 请发, 提供, 告诉, 告訴, 告知, 报给, 报一下, 报下, 上传, 上傳, 提交, 转发, 私信, 私发, 私聊, 回复, 回復, 截图, 截屏, 拍照, 拍给, 出示, 交给, 交出, 给到, 给一下, 念给, 念一下, 说一下, 说下, 分享, 共享, 透露, 写给, 写下来给, 传给, 传一下, 贴出, 贴一下, 贴上来, 粘贴到这",
    ),
    (
        Cue::SendUs,
        "mind sharing, mind sending, mind giving, mind telling, sending us, send me, send us, share with us, share with me, text me, text us, message us, message me, dm me, dm us, pm me, give me, give us, giving me, tell me, tell us, let me have, \
         let us have, let me know, let us know, let me see, let us see, may i have, may we have, may i get, can i have, can we have, can i get, can we get, could i have, could we have, could i get, \
         i can have, i have your, show me, show us, read me, read us, provide me, provide us, get your, \
         发给我, 發給我, 发我, 發我, 给我, 給我, 告诉我, 告訴我, 告知我, 提供给我, 发送给我, 私信我, 回复我, 写给我, 传给我, 截图给我, 拍给我, 念给我, 交给我",
    ),
    (
        Cue::Import,
        "import, restore, connect, link, sync, synchronise, synchronize, migrate, 导入, 導入, 恢复, 绑定",
    ),
    (Cue::Mail, "post, email, mail, text, drop, pass, attach, reply, respond, answer"),
    (Cue::Your, "your, please, kindly, 您的, 你的, 请, 請, 麻烦"),
    (
        Cue::Show,
        "show, confirm, verify, validate, check, read, write, copy, tell, give, bring, 确认, 确认一下, 核对, 核实, 验证, 看一下, 看看, 复制, 写",
    ),
    (
        Cue::Enter,
        "enter, type, input, paste, fill in, fill out, fill, insert, key in, write in, put in, put, 输入, 輸入, 填写, 填寫, 填入, 填, 录入, 粘贴, 键入, 写入, 贴",
    ),
    (
        Cue::Want,
        "we must have, i must have, we need, i need, we require, i require, we want, i want, we will need, we would need, well need, ill need, i will need, support needs, team needs, is needed, are needed, is required, are required, require your, requires your, need you to provide, what is your, whats your, what are your, what were your, which is your, 我们需要, 我需要, 需要您的, 需要你的, 需要用到您的, 需要用到你的, 需要核验您的, 需要核实您的, 要您的, 要你的, 请问您的, 请问你的, 是什么, 是多少, 是啥, 是哪些, 是哪几个",
    ),
    (
        Cue::Run,
        "install, download, run, open, start, launch, allow, accept, enable, grant, join, connect, connect with, use, set up, 安装, 安裝, 下载, 下載, 打开, 打開, 开启, 启动, 允许, 同意, 接受, 加入, 使用, 连接, 用一下, 通过",
    ),
    (
        Cue::ToUs,
        "me, us, our, here, with support, to support, to our, support team, support agent, the agent, an agent, technician, engineer, specialist, customer service, our team, the team, this chat, the chat, in chat, this form, the form, form below, below, this email, this address, by email, dm, 我, 我们, 我們, 给我, 这里, 這裡, 这边, 此处, 下方, 下面, 聊天框, 对话框, 给客服, 给专员, 给工作人员, 给技术, 表单, 群里",
    ),
    (
        Cue::OnThePage,
        "http, https, www, link, website, web page, webpage, page, site, url, portal, 链接, 鏈接, 网址, 網址, 网页, 網頁, 网站, 網站, 页面验证, 官网",
    ),
    (
        Cue::InTheWallet,
        "in the app, in your app, into the app, in your wallet, in the wallet, into your wallet, into the wallet, on your device, on the device, the app, your app, hardware wallet, on your ledger, on your trezor, import wallet, restore wallet, import your wallet, restore your wallet, offline, import a wallet, restore a wallet, import the wallet, restore the wallet, tap import, choose import, select import, click import, tap restore, choose mnemonic, choose restore, in the right order, in the correct order, on the import screen, into metamask, in metamask, into tokenpocket, in tokenpocket, 应用内, 应用中, 应用里, 在应用, 打开应用, 钱包内, 钱包中, 钱包里, 在钱包, 打开钱包, app内, app中, app里, 打开app, 在app, 设备上, 本机, 离线, 导入钱包, 恢复钱包, 导入页面, 客户端, 导入时, 恢复时, 按顺序, 点击导入, 选择导入, 重新导入",
    ),
    (
        Cue::Not,
        "not, never, dont, do not, doesnt, does not, didnt, wont, will not, wouldnt, cannot, cant, can not, couldnt, shouldnt, should not, mustnt, must not, isnt, arent, no one, nobody, none, neither, nor, no need, no reason, no longer, without, without sharing, instead of, rather than, 不要, 请勿, 切勿, 勿, 不会, 不會, 绝不, 絕不, 决不, 永不, 永远不, 从不, 從不, 不得, 别, 別, 不需要, 无需, 無需, 不必, 不用, 禁止, 不能, 不可, 不应, 不應, 不该, 不索要, 没有必要, 不向, 不要求, 不再, 从未, 并不, 不接受, 拒绝, 严禁, 杜绝, 避免, 不宜, 千万不, 不建议, 非",
    ),
    (
        Cue::Unless,
        "unless, except, other than, if you do not, if you dont, if you cant, if not, or else, otherwise, why not, why dont you, only, 除了, 除非, 否则, 不然, 为什么不, 何不, 才能",
    ),
    (
        Cue::Danger,
        "scam, scammer, scams, phishing, fraud, fake, impersonator, impersonators, thief, thieves, steal, stolen, hacker, hackers, attacker, attackers, unsafe, dangerous, danger, risky, risk, avoid, beware, refuse, careful, lose, loses, losing, compromised, leak, leaks, leaked, 骗子, 騙子, 诈骗, 詐騙, 钓鱼, 假冒, 冒充, 黑客, 盗取, 盗走, 被盗, 风险, 危险, 泄露, 洩露, 谨防, 警惕, 当心, 小心, 不安全, 丢失, 丢币",
    ),
    (
        Cue::SomeoneElse,
        "anyone, someone, somebody, anybody, whoever, people who, they, others, third party, third parties, strangers, any website, any person, 有人, 任何人, 他人, 别人, 別人, 陌生人, 第三方, 对方, 任何网站, 任何平台, 谁, 凡是, 任何以, 任何要求, 任何索要",
    ),
    (
        Cue::Whether,
        "did you, have you, had you, has anyone, were you, whether, if you, in case you, ever, 是否, 有没有, 曾经, 曾, 如果您, 如果你, 如您, 若您, 若你, 一旦, 当您, 当你, 过吗, 之前",
    ),
    (
        Cue::Nothing,
        "dont worry, do not worry, dont hesitate, do not hesitate, not hesitate, dont be afraid, do not be afraid, dont forget, do not forget, no problem, not only, dont mind, no worries, dont panic, do not panic, never mind, cannot wait, not a problem, not sure, why not, why dont you, send you, sent you, give you, tell you, show you, email you, provide you, share with you, sending you, we will send, will send, well send, we have sent, we sent, will be sent, we will email, we will reply, will reply, to be us, pretending to be us, claiming to be us, posing as us, send a transaction, send a payment, send coins, send tokens, send funds, send a small, the text, open the app, forgot your password, reset your password, change your password, 别担心, 不要担心, 不用担心, 请放心, 别着急, 不要着急, 不用着急, 不要慌, 不要紧, 没关系, 不客气, 别忘了, 不要忘记, 不好意思, 不得不, 特别, 個別, 个别, 区别, 级别, 识别, 类别, 性别, 非常, 除非, 并非常, 告别, 发给您, 发给你, 发送给您, 发送给你, 给您, 给你, 会告诉您, 会告知您, 将告知您, 提供给您, 向您发送, 为您提供, 会回复您, 尽快回复您, 已回复您, 再回复您, 发送至您, 发送到您, 重置密码, 修改密码, 忘记密码, 找回密码, 设置密码",
    ),
];
