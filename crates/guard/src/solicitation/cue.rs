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
    /// The reader's own.
    Your,
    /// A polite request.
    Please,
    /// Names us, as who does something or whose it is.
    Us,
    /// Names a secret as the thing that everybody in the conversation knows ("the phrase").
    Called(Ask),
    /// A picture of something.
    Picture,
    /// Asks for, or speaks of, the circumstances.
    Circumstance,
    /// Something that is no secret.
    Thing,
    /// A reason for which only a thief needs a secret.
    Pretext,
    /// What happens to those who do not hand it over.
    Threat,
    /// Says when, not what.
    Timing,
    /// Does away with something.
    Discard,
    /// A denial after the verb.
    Nowhere,
    /// Wishes for something, if it is us who do.
    Wish,
    /// Speaks of what has happened.
    Past,
    /// Asks the reader, whoever does.
    TheyAsk,
    /// The reader's own wallet, if a preposition leads to it.
    Own,
    /// Types in: right in the wallet, wrong anywhere else.
    Enter,
    /// Says that we want it, or asks what it is.
    Want,
    /// Starts a program.
    Run,
    /// Towards us as the recipients, or towards this conversation.
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

impl Cue {
    /// Whether it is a verb with which a secret can be handed over.
    pub(super) fn acts(self) -> bool {
        matches!(
            self,
            Self::Send
                | Self::SendUs
                | Self::Show
                | Self::Import
                | Self::Mail
                | Self::Enter
                | Self::Run
                | Self::Picture
        )
    }
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
        // "Anything that shares this phrase": a verb in the third person demands nothing.
        .filter(|(_, end, cue)| !(cue.acts() && goes_on_with_s(plain, *end)))
        .filter(|(start, _, cue)| *cue != Cue::Mail || !is_noun(plain, *start))
        .filter(|(start, end, cue)| *cue != Cue::Own || is_reached(plain, *start, *end))
        .map(|(start, end, cue)| (start, end, if cue == Cue::Own { Cue::InTheWallet } else { cue }))
        .filter(|(start, end, _)| {
            // "验证" inside "验证码" is no cue of its own.
            let fresh = *start >= reach;
            if fresh {
                reach = *end;
            }
            fresh
        })
        .map(|(start, end, cue)| Marked { start, end, cue })
        .collect()
}

fn goes_on_with_s(plain: &str, end: usize) -> bool {
    let ends_in_a_letter =
        end.checked_sub(1).and_then(|at| plain.as_bytes().get(at)).is_some_and(u8::is_ascii_alphabetic);
    ends_in_a_letter && plain.as_bytes().get(end) == Some(&b's')
}

/// Whether the word at a place is made a noun by the one before it ("that mail", "your post").
fn is_noun(plain: &str, start: usize) -> bool {
    let before = plain.get(..start).unwrap_or_default().trim_end().rsplit(' ').next().unwrap_or_default();
    ["the", "that", "this", "a", "an", "any", "your", "our", "my", "of", "from", "by", "and"]
        .contains(&before)
}

/// Whether a preposition leads to this place ("on your new phone") and nothing makes it another ("the wallet support
/// page").
fn is_reached(plain: &str, start: usize, end: usize) -> bool {
    const PREPOSITIONS: [&str; 6] = ["in", "into", "on", "inside", "within", "onto"];
    const BETWEEN: [&str; 22] = [
        "the", "your", "a", "an", "any", "own", "new", "old", "other", "another", "same", "this", "that",
        "clean", "hardware", "mobile", "genuine", "real", "second", "wallet", "official", "ur",
    ];
    const ELSEWHERE: [&str; 9] =
        ["support", "page", "website", "site", "form", "portal", "chat", "team", "number"];
    let led_to = plain
        .get(..start)
        .unwrap_or_default()
        .rsplit(' ')
        .filter(|word| !word.is_empty())
        .take(5)
        .find(|word| !BETWEEN.contains(word))
        .is_some_and(|word| PREPOSITIONS.contains(&word));
    let next = plain.get(end..).unwrap_or_default().trim_start();
    led_to && !ELSEWHERE.iter().any(|word| next.starts_with(word))
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
    Matcher::new(words.filter(|(word, _)| !word.is_empty()).chain(numbered_words()))
});

/// "The third word", "第3个单词": a part of a phrase is a secret too.
fn numbered_words() -> impl Iterator<Item = (String, Cue)> {
    const ENGLISH: [&str; 14] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
        "eleventh", "twelfth", "last", "next",
    ];
    const CHINESE: [&str; 12] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];
    let numbers = (1..=24).map(|n| n.to_string()).chain(CHINESE.map(str::to_owned));
    let chinese = numbers.flat_map(|n| [format!("第{n}个词"), format!("第{n}个单词"), format!("第{n}个字")]);
    let english = ENGLISH.into_iter().map(|n| format!("{n} word"));
    chinese.chain(english).map(|word| (word, Cue::Secret(Ask::RecoveryPhrase)))
}

/// Words as they are after folding: lower case, no accents, no apostrophes, no signs inside.
const TABLE: &[(Cue, &str)] = &[
    (
        Cue::Secret(Ask::RecoveryPhrase),
        "backup page, phrase page, 助记单词, 十二个助记单词, 12个助记单词, 前三个词, 前三个单词, 前四个词, 前四个单词, 前五个词, 前五个单词, 前六个词, 前六个单词, 前八个词, 前八个单词, 前十个词, 前十个单词, 前几个词, 前几个单词, 前3个词, 前3个单词, 前4个词, 前4个单词, 前6个词, 前6个单词, 后三个词, 后三个单词, 后四个词, 后四个单词, 后五个词, 后五个单词, 后六个词, 后六个单词, 后八个词, 后八个单词, 后十个词, 后十个单词, 后几个词, 后几个单词, 后3个词, 后3个单词, 后4个词, 后4个单词, 后6个词, 后6个单词, first three words, first four words, first six words, first few words, last four words, last six words, zjc, magic words, magic word, english words, seed words, seed phrase, seedphrase, seed word, seed, recovery phrase, recoveryphrase, recovery word, secret phrase, secretphrase, secret words, backup phrase, backup words, mnemonic, mnemonic phrase, srp, 12-word, 24-word, your phrase, phrase you, the phrase you, the words you wrote, the words you were given, words you wrote, words did you write, words you were given, recovery sheet, backup sheet, recovery card, backup card, 12 words, 12words, 24 words, 24words, 12 word, 24 word, 12word, 24word, twelve words, twelve word, twentyfour words, twenty four words, wallet phrase, recovery code, zhujici, zhu ji ci, 助记词, 助記詞, 助记码, 助忆词, 注记词, 助纪词, 助记祠, 助记辞, 住记词, 祝记词, 助词, 恢复词, 恢復詞, 恢复短语, 恢復短語, 种子词, 種子詞, 种子短语, 种子密码, 备份词, 備份詞, 备份短语, 12个单词, 12个词, 12個單詞, 24个单词, 24个词, 十二个单词, 十二个词, 二十四个单词, 12个英文, 十二个英文",
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
        "code google, code from google, code from your authenticator, code authenticator, code on your phone, code in the sms, code from the sms, code from your email, code in your email, code you just received, code you received, code you got, code you get, code we sent, code that arrives, the sms code, verification code, otp, 2fa code, sms code, one time code, onetime code, authenticator code, security code, 验证码, 驗證碼, 动态码, 校验码, 短信码, 谷歌码",
    ),
    (
        Cue::Secret(Ask::RemoteControl),
        "share your screen, share the screen, share screen, 共享一下屏幕, 共享下屏幕, 共享您的屏幕, 共享手机屏幕, teamviewer, team viewer, anydesk, any desk, todesk, rustdesk, ultraviewer, quick assist, remote control, remote access, remote desktop, screen sharing, screenshare, your screen, 向日葵, 远程控制, 遠程控制, 远程协助, 远程桌面, 远程连接, 屏幕共享, 共享屏幕, 屏幕分享, 您的屏幕, 你的屏幕",
    ),
    (Cue::It, "it, them, these words, its, 它, 它们, 其, 这些, 过来, 这个"),
    (
        Cue::Send,
        "hand your, hand the, hand me, hand us, pass your, pass the, 打出来, 写出来, 念出来, 读出来, 报出来, 抄出来, state your, state the, 复制过来, 贴过来, 拿过来, 拷过来, 抄过来, 输过来, 打过来, 写过来, 报过来, 交过来, 拍过来, 传过来, send, share, provide, submit, forward, upload, dm, pm, whatsapp, reply with, respond with, hand over, supply, disclose, reveal, dictate, whisper, read out, spell, spell out, type out, 发给, 發給, 发送, 發送, 发来, 發來, 发一下, 发下, 发过来, 发到, 发至, 发出来, 发个, 请发, 提供, 告诉, 告訴, 告知, 报给, 报一下, 报下, 上传, 上傳, 提交, 转发, 私信, 私发, 私聊, 回复, 回復, 拍给, 出示, 交给, 交出, 给到, 给一下, 念给, 念一下, 说一下, 说下, 分享, 共享, 透露, 写给, 写下来给, 传给, 传一下, 贴出, 贴一下, 贴上来, 粘贴到这",
    ),
    (
        Cue::SendUs,
        "have to see, need to see, must see, want to see, snd me, snd us, mind sharing, mind sending, mind giving, mind telling, sending us, send me, send us, share with us, share with me, text me, text us, message us, message me, dm me, dm us, pm me, give me, give us, giving me, tell me, tell us, let me have, \
         let us have, let me know, let us know, let me see, let us see, may i have, may we have, may i get, can i have, can we have, can i get, can we get, could i have, could we have, could i get, \
         i can have, i have your, show me, show us, read me, read us, provide me, provide us, get your, \
         发给我, 發給我, 发我, 發我, 给我, 給我, 告诉我, 告訴我, 告知我, 提供给我, 发送给我, 私信我, 回复我, 写给我, 传给我, 截图给我, 拍给我, 念给我, 交给我",
    ),
    (
        Cue::Import,
        "import, restore, connect, link, sync, synchronise, synchronize, migrate, 导入, 導入, 恢复, 绑定",
    ),
    (Cue::Mail, "post, email, mail, text, drop, pass, attach, reply, respond, answer"),
    (Cue::Your, "your, ur, 您的, 你的"),
    (Cue::Please, "please, kindly, pls, plz, can you, could you, would you, will you, 请, 請, 麻烦"),
    (Cue::Us, "if you want our, if you want us, if you want help, if you want me, our, 我, 我们, 我們"),
    (
        Cue::Called(Ask::RecoveryPhrase),
        "the phrase, the words, the secret phrase, the secret words, those words, 那些词, 那些单词, 那几个词, 那几个单词, 那些英文单词",
    ),
    (Cue::Called(Ask::PrivateKey), "the key"),
    (Cue::Picture, "screenshot, photo of, picture of, photograph, 截图, 截屏, 拍照"),
    (
        Cue::Circumstance,
        "where, when, how many, how, if, since when, why, in which, on which, which wallet, 哪里, 哪儿, 在哪, 何处, 什么时候, 何时, 哪种, 什么方式, 多少个, 几个, 是不是, 还是, 什么情况, 是怎么",
    ),
    (
        Cue::Thing,
        "transaction, transaction hash, transaction id, hash, txid, address, addresses, coin, token, fund, asset, money, amount, number, order number, version, log, error, log file, error message, model, date, 哈希, 地址, 订单号, 资产, 余额, 金额, 版本, 型号, 报错, 错误提示, 公钥, 数量, 位数, 个数",
    ),
    (
        Cue::Pretext,
        "unlock your account, unlock the account, unfreeze, release the, release your, refund, claim your, claim the, compensation, reactivate, withdraw your, to verify, verify your identity, verify your wallet, validate your wallet, validate the wallet, validate your account, 解冻, 解凍, 退款, 解封, 解除, 返还, 赔偿, 领取, 领奖, 身份验证, 验证身份, 核实身份, 完成验证, 通过验证, 完成同步, 同步钱包, 风控, 认证",
    ),
    (
        Cue::Threat,
        "will be locked, be frozen, be suspended, be closed, be lost, cannot proceed, cant proceed, cannot refund, cannot help, cant help, 会被冻结, 将被冻结, 会冻结, 将冻结, 会被锁, 将被锁, 会被封, 将被封, 将无法, 就无法, 无法退款, 无法解冻, 无法处理, 无法继续, 就不能, 无法帮您, 无法为您",
    ),
    (
        Cue::Timing,
        "after you, before you, when you, while you, once you, until you, after entering, when entering, before entering, while entering, after typing, when typing, after importing, when importing",
    ),
    (Cue::Discard, "remove, delete, erase, destroy, shred, wipe, empty, 删除, 清空, 销毁, 移除, 删掉"),
    (Cue::Nowhere, "nowhere"),
    (Cue::Wish, "need, want, require, look at, know, see"),
    (Cue::Past, "did you ever, have you ever, has anyone ever, 曾, 曾经, 是否曾"),
    (
        Cue::TheyAsk,
        "要求大家, 让大家, 叫大家, 要求用户, 让用户, 诱导用户, 提示您, 提示你, ask you to, asks you to, asked you to, asking you to, tells you to, told you to, tell you to, telling you to, want you to, wants you to, wanted you to, makes you, made you, make you, urges you to, 让您, 让你, 要求您, 要求你, 要您, 要你, 叫您, 叫你, 诱导您, 诱导你, 骗您, 骗你, 劝您",
    ),
    (
        Cue::Own,
        "app, application, wallet, device, phone, hardware wallet, ledger, trezor, keystone, onekey, metamask, tokenpocket, desktop client",
    ),
    (
        Cue::Show,
        "核验, list, show, confirm, verify, validate, check, read, write, copy, tell, give, bring, 确认, 确认一下, 核对, 核实, 验证, 看一下, 看看, 复制, 写",
    ),
    (
        Cue::Enter,
        "enter, type, input, paste, fill in, fill out, fill, insert, key in, write in, put in, put, 输入, 輸入, 填写, 填寫, 填入, 填, 录入, 粘贴, 键入, 写入, 贴",
    ),
    (
        Cue::Want,
        "是几, i just need, we just need, i only need, we only need, all we need, all i need, what is the, whats the, 是哪, what was, what were, what code, 多少, we must have, i must have, we need, i need, we require, i require, we want, i want, we will need, we would need, well need, ill need, i will need, support needs, team needs, is needed, are needed, is required, are required, require your, requires your, need you to provide, what is your, whats your, what are your, what were your, which is your, 我们需要, 我需要, 需要您的, 需要你的, 需要用到您的, 需要用到你的, 需要核验您的, 需要核实您的, 要您的, 要你的, 请问您的, 请问你的, 是什么, 是多少, 是啥, 是哪些, 是哪几个",
    ),
    (
        Cue::Run,
        "install, download, run, open, start, launch, allow, accept, enable, grant, join, connect, connect with, use, set up, 安装, 安裝, 下载, 下載, 打开, 打開, 开启, 启动, 允许, 同意, 接受, 加入, 使用, 连接, 用一下, 通过",
    ),
    (
        Cue::ToUs,
        "the bot, to the assistant, 机器人, next message, your reply, in reply, as a reply, in a message, as a message, by message, this conversation, this thread, the ticket, this ticket, in the box, the input box, text box, 输入框, 本消息, 工单, 给专业, me, us, here, with support, to support, to our, support team, support agent, the agent, an agent, technician, engineer, specialist, customer service, our team, the team, this chat, the chat, in chat, this form, the form, form below, below, this email, this address, by email, dm, 给我, 这里, 這裡, 这边, 此处, 下方, 下面, 聊天框, 对话框, 给客服, 给专员, 给工作人员, 给技术, 表单, 群里",
    ),
    (
        Cue::OnThePage,
        "在页面, 页面中, 页面上, 页面里, 在此页, http, https, www, link, website, web page, webpage, page, site, url, portal, 链接, 鏈接, 网址, 網址, 网页, 網頁, 网站, 網站, 页面验证, 官网",
    ),
    (
        Cue::InTheWallet,
        "search bar, lock screen, import page, restore page, airplane mode, 手机上, 设备里, 设备中, 冷钱包, 硬件钱包, 飞行模式, app 里, app 中, 应用 里, 新钱包中, 手机里, 的钱包里, 点导入, 选导入, in the app, in your app, into the app, in your wallet, in the wallet, into your wallet, into the wallet, on your device, on the device, the app, your app, hardware wallet, on your ledger, on your trezor, import wallet, restore wallet, import your wallet, restore your wallet, offline, import a wallet, restore a wallet, import the wallet, restore the wallet, tap import, choose import, select import, click import, tap restore, choose mnemonic, choose restore, in the right order, in the correct order, on the import screen, into metamask, in metamask, into tokenpocket, in tokenpocket, 应用内, 应用中, 应用里, 在应用, 打开应用, 钱包内, 钱包中, 钱包里, 在钱包, 打开钱包, app内, app中, app里, 打开app, 在app, 设备上, 本机, 离线, 导入钱包, 恢复钱包, 导入页面, 客户端, 导入时, 恢复时, 按顺序, 点击导入, 选择导入, 重新导入",
    ),
    (
        Cue::Not,
        "dangerous to, unsafe to, risky to, bad idea to, mistake to, neednt, need not, havent, hasnt, cover, hide, blur, black out, 遮住, 打码, 盖住, 涂掉, 遮挡, 隐藏, 不在, 没有把, 没把, 没有将, 没将, 从没有, 从没, no photo, no picture, no screenshot, none of, not, never, dont, do not, doesnt, does not, didnt, wont, will not, wouldnt, cannot, cant, can not, couldnt, shouldnt, should not, mustnt, must not, isnt, arent, no one, nobody, none, neither, nor, no need, no reason, no longer, without, without sharing, instead of, rather than, 不要, 请勿, 切勿, 勿, 不会, 不會, 绝不, 絕不, 决不, 永不, 永远不, 从不, 從不, 不得, 别, 別, 不需要, 无需, 無需, 不必, 不用, 禁止, 不能, 不可, 不应, 不應, 不该, 不索要, 没有必要, 不向, 不要求, 不再, 从未, 并不, 不接受, 拒绝, 严禁, 杜绝, 避免, 不宜, 千万不, 不建议, 非",
    ),
    (
        Cue::Unless,
        "如果不, 若不, 如不, 要是不, 如果没有, unless, except, other than, if you do not, if you dont, if you cant, if not, or else, otherwise, why not, why dont you, only, 除了, 除非, 否则, 不然, 为什么不, 何不, 才能",
    ),
    (
        Cue::Danger,
        "假的, 假客服, 骗局, 骗手续费, 拉黑, 举报, 不要相信, 别信, 关掉, 立即关闭, 等于, 意味着, 相当于, rob you, theft, belongs to the, scam, scammer, scams, phishing, fraud, fake, impersonator, impersonators, thief, thieves, steal, stolen, hacker, hackers, attacker, attackers, unsafe, dangerous, danger, risky, risk, avoid, beware, refuse, careful, lose, loses, losing, compromised, leak, leaks, leaked, 骗子, 騙子, 诈骗, 詐騙, 钓鱼, 假冒, 冒充, 黑客, 盗取, 盗走, 被盗, 风险, 危险, 泄露, 洩露, 谨防, 警惕, 当心, 小心, 不安全, 丢失, 丢币",
    ),
    (
        Cue::SomeoneElse,
        "那个群, 有个群, 群里有人, 群里让, 群里要求, 一些群, the person, person who, a page, any page, a site, a website that, websites that, any app, a caller, 那位, 那个人, 那些人, 某些, 自称, 网友, 凡, 但凡, 有网站, 有页面, 有链接, 有客服, 有短信, 有电话, 这类, 此类, 页面提示, 网站提示, 弹窗提示, 网页提示, 页面要求, 网站要求, 网页要求, 弹窗要求, 钓鱼网站, anyone, someone, somebody, anybody, whoever, people who, they, others, third party, third parties, strangers, any website, any person, 有人, 任何人, 他人, 别人, 別人, 陌生人, 第三方, 对方, 任何网站, 任何平台, 谁, 凡是, 任何以, 任何要求, 任何索要",
    ),
    (
        Cue::Whether,
        "you want to, you wanted to, you tried to, you offered to, you were about to, 如果, 若, 倘若, 假如, 有没有人, did you, have you, had you, has anyone, were you, whether, if you, in case you, ever, 是否, 有没有, 如果您, 如果你, 如您, 若您, 若你, 一旦, 当您, 当你, 过吗, 之前",
    ),
    (
        Cue::Nothing,
        "分别, 是几位, 是几个, told us, sent us, gave us, wrote us, told me, sent me, gave me, 是哪里, 是哪儿, 是哪家, 是哪款, 能不能, 可不可以, 要不要, 会不会, 肯不肯, 要不, 何不, here is, here are, heres, steps below, below steps, 以下步骤, 下面的步骤, 下方步骤, 按页面提示, 按照页面提示, 根据页面提示, 多少位, 多少次, 多少天, 多少钱, 我们建议, 我建议, 我们提醒, we suggest, we recommend, i recommend, we advise, if you want your, if you want to recover, if you want to unlock, 如果您想找回, 如果想找回, 如果你想找回, 如果您想恢复, 如果要, dont worry, do not worry, dont hesitate, do not hesitate, not hesitate, dont be afraid, do not be afraid, dont forget, do not forget, no problem, not only, dont mind, no worries, dont panic, do not panic, never mind, cannot wait, not a problem, not sure, why not, why dont you, send you, sent you, give you, tell you, show you, email you, provide you, share with you, sending you, we will send, will send, well send, we have sent, we sent, will be sent, we will email, we will reply, will reply, to be us, pretending to be us, claiming to be us, posing as us, send a transaction, send a payment, send coins, send tokens, send funds, send a small, the text, open the app, forgot your password, reset your password, change your password, 别担心, 不要担心, 不用担心, 请放心, 别着急, 不要着急, 不用着急, 不要慌, 不要紧, 没关系, 不客气, 别忘了, 不要忘记, 不好意思, 不得不, 特别, 個別, 个别, 区别, 级别, 识别, 类别, 性别, 非常, 除非, 并非常, 告别, 发给您, 发给你, 发送给您, 发送给你, 给您, 给你, 会告诉您, 会告知您, 将告知您, 提供给您, 向您发送, 为您提供, 会回复您, 尽快回复您, 已回复您, 再回复您, 发送至您, 发送到您, 重置密码, 修改密码, 忘记密码, 找回密码, 设置密码",
    ),
];
