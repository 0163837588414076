//! Made-up sentences of wallet users, Chinese, English and mixed, by type.

use standfast_science::classify::{Label, Model, Options, train};

/// Type and sentences.
pub(crate) const SENTENCES: &[(&str, &[&str])] = &[
    (
        "deposit",
        &[
            "充值的 USDT 一直没有到账，已经两个小时了",
            "我从交易所充币到钱包，余额没有增加",
            "充值不到账怎么办，链上显示成功",
            "别人给我转的币没有收到，区块浏览器上已经确认了",
            "deposit 了 100 USDT，钱包里看不到",
            "充了 ETH 到这个地址，到现在没入账",
            "充值成功但是余额还是零",
            "I deposited USDT from the exchange but it has not arrived",
            "My deposit is missing, the explorer says success",
            "Sent BTC to my wallet two hours ago and the balance is still zero",
            "Deposit not credited, the hash is confirmed",
            "Where is my deposit? It left the exchange this morning",
            "The tokens I received do not show in my balance",
            "Funds were sent to my address but nothing came in",
        ],
    ),
    (
        "pending",
        &[
            "转账一直显示待确认，怎么加速",
            "交易卡住了，pending 一整天",
            "手续费给低了，转账打包不了，能取消吗",
            "提交的交易一直在等待打包",
            "转出的 ETH 还在 pending，可以加速吗",
            "交易未确认，nonce 卡住了",
            "怎么取消一笔待打包的交易",
            "My transaction is stuck as pending since yesterday",
            "How can I speed up a pending transfer?",
            "I set the gas too low and the transfer is not confirmed",
            "Cancel an unconfirmed transaction please",
            "The transfer has been pending for ten hours, can I cancel it",
            "Transaction stuck because the nonce before it is waiting",
            "Still unconfirmed after a day, please accelerate it",
        ],
    ),
    (
        "approval",
        &[
            "怎么取消对这个合约的授权",
            "我好像授权了一个钓鱼合约，怎么撤销",
            "授权管理在哪里，想取消授权",
            "签名授权之后担心资产被转走，如何解除",
            "撤销授权提示失败",
            "这个 dapp 要无限授权，安全吗",
            "看不到我的 token 授权列表",
            "How do I revoke the approval of a contract?",
            "I approved unlimited spending for a token and want to revoke it",
            "Where can I see my token approvals",
            "Revoking the allowance fails every time",
            "I signed an approval on a strange site, how can I undo the permission",
            "Remove the allowance that I gave to this dapp",
            "Is an unlimited approval dangerous? I want to revoke it",
        ],
    ),
    (
        "hardware",
        &[
            "硬件钱包连不上手机，蓝牙搜不到",
            "蓝牙连接 Ledger 失败",
            "冷钱包升级固件卡在一半",
            "硬件钱包插上 USB 没有反应",
            "设备屏幕不亮了，硬件钱包坏了吗",
            "连接硬件钱包签名的时候断开",
            "固件更新之后设备无法配对",
            "My hardware wallet does not connect over bluetooth",
            "The Ledger is not recognised when plugged in by USB",
            "Firmware update of my device stopped half way",
            "The screen of the hardware device stays dark",
            "Pairing with the device fails after the firmware update",
            "Cannot sign with the hardware wallet, it disconnects",
            "Bluetooth pairing of my Ledger keeps failing",
        ],
    ),
    (
        "suggestion",
        &[
            "希望增加深色模式",
            "建议支持更多语言",
            "能不能加一个价格提醒功能",
            "建议首页可以自定义排序",
            "希望支持导出账单",
            "你们可以增加桌面小组件吗",
            "建议增加行情走势图",
            "Please add a dark mode",
            "It would be great to have price alerts",
            "Suggestion: let us sort the tokens on the home page",
            "Could you add support for more languages",
            "I would like a feature to export my history as a file",
            "Please add a widget for the home screen",
            "Feature request: a chart of my portfolio",
        ],
    ),
];

/// Labels of the sentences for which `choose` says so, by place within the type.
pub(crate) fn labels(choose: impl Fn(usize) -> bool) -> Vec<Label<'static>> {
    let mut labels = Vec::new();
    for (code, sentences) in SENTENCES {
        for (at, text) in sentences.iter().enumerate().filter(|(at, _)| choose(*at)) {
            let request = i64::try_from(labels.len() * 100 + at).expect("small");
            labels.push(Label { request, text, code });
        }
    }
    labels
}

/// A model that has learned all of them.
pub(crate) fn model() -> Model {
    train(&labels(|_| true), &Options::default(), 1).expect("enough labels")
}
