//! What people ask a wallet's support for, and what has to be known to help them.
//!
//! The types come from the help centres of four wallets and from what their users write; urgency 0 means that
//! money may be leaving now.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How soon a request needs an answer: 0 within minutes, 1 within an hour, 2 within eight, 3 within a day, 4 later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Urgency(pub u8);

impl Urgency {
    /// Of a request in the lane of assets at risk: its customer has made [too many claims](crate::is_doubted), so that it
    /// goes behind the others there. No type of such requests has this urgency by itself.
    pub const DOUBTED: Self = Self(4);
    /// Of a request that somebody moved out of that lane, at most.
    pub const NO_RISK: Self = Self(2);
}

/// What an intake field holds, which decides how it is entered and checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Free words.
    Text,
    /// The name of a chain.
    Chain,
    /// A transaction hash.
    Transaction,
    /// A public address.
    Address,
    /// A version of the app.
    Version,
    /// A device and its system.
    Device,
}

/// Something that the intake form asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// The name in SQL and JSON.
    pub code: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Its title in Chinese and in English.
    pub title: [&'static str; 2],
    /// What to enter and where to find it, in Chinese and in English.
    pub hint: [&'static str; 2],
}

/// A kind of request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestType {
    /// The name in SQL and JSON.
    pub code: &'static str,
    /// How soon it needs an answer.
    pub urgency: Urgency,
    /// Whether assets are at risk: such requests go first.
    pub at_risk: bool,
    /// Its title in Chinese and in English.
    pub title: [&'static str; 2],
    /// What the intake form asks: codes of [`FIELDS`].
    pub fields: &'static [&'static str],
}

const fn field_of(
    code: &'static str,
    kind: FieldKind,
    title: [&'static str; 2],
    hint: [&'static str; 2],
) -> Field {
    Field { code, kind, title, hint }
}

/// Everything that intake forms ask.
pub const FIELDS: &[Field] = &[
    field_of(
        "chain",
        FieldKind::Chain,
        ["所在的链", "Chain"],
        ["例如 Ethereum、TRON、BNB Chain", "Such as Ethereum, TRON or BNB Chain"],
    ),
    field_of(
        "transaction",
        FieldKind::Transaction,
        ["交易哈希", "Transaction hash"],
        ["在钱包的交易详情里可以复制", "Copy it from the transaction's details in your wallet"],
    ),
    field_of(
        "address",
        FieldKind::Address,
        ["您的收款地址（公开的）", "Your public address"],
        ["只需地址，切勿填写助记词或私钥", "The address only, never a recovery phrase or key"],
    ),
    field_of(
        "contract",
        FieldKind::Address,
        ["代币合约地址", "Token contract"],
        ["在区块浏览器的代币页面可以找到", "Shown on the token's page in a block explorer"],
    ),
    field_of(
        "site",
        FieldKind::Text,
        ["网站、账号或电话", "Site, account or phone number"],
        ["对方的网址、用户名或号码", "The address, name or number that contacted you"],
    ),
    field_of(
        "exchange",
        FieldKind::Text,
        ["交易所或服务商", "Exchange or provider"],
        ["例如提币的交易所名称", "Such as the exchange that you withdrew from"],
    ),
    field_of(
        "order",
        FieldKind::Text,
        ["订单号", "Order number"],
        ["服务商给您的订单号", "The number that the provider gave you"],
    ),
    field_of(
        "error",
        FieldKind::Text,
        ["错误提示", "Error message"],
        ["屏幕上显示的文字", "The words on the screen"],
    ),
    field_of(
        "app_version",
        FieldKind::Version,
        ["App 版本", "App version"],
        ["在“设置 - 关于”里可以看到", "See Settings, About"],
    ),
    field_of(
        "device",
        FieldKind::Device,
        ["手机型号和系统", "Device and system"],
        ["例如 iPhone 15，iOS 18.1", "Such as Pixel 8, Android 15"],
    ),
];

const fn kind(
    code: &'static str,
    urgency: u8,
    at_risk: bool,
    title: [&'static str; 2],
    fields: &'static [&'static str],
) -> RequestType {
    RequestType { code, urgency: Urgency(urgency), at_risk, title, fields }
}

/// Every type of request, the most pressing first; the last one takes what fits nowhere.
pub const TYPES: &[RequestType] = &[
    kind(
        "theft",
        0,
        true,
        ["资产被盗或被转走", "Funds stolen or moved without me"],
        &["chain", "address", "transaction", "site"],
    ),
    kind(
        "leak",
        0,
        true,
        ["助记词或私钥泄露", "My recovery phrase or key was exposed"],
        &["chain", "address"],
    ),
    kind(
        "permission",
        0,
        true,
        ["波场账户权限被修改", "TRON account permission changed"],
        &["address", "transaction"],
    ),
    kind(
        "impersonation",
        1,
        true,
        ["假客服、钓鱼网站或假 App", "Fake support, phishing site or fake app"],
        &["site", "address"],
    ),
    kind(
        "poisoning",
        1,
        false,
        ["收到零金额或陌生转账", "Zero-value or look-alike transfer"],
        &["chain", "address", "transaction"],
    ),
    kind(
        "access",
        1,
        false,
        ["忘记密码或找不到助记词", "Lost phrase or forgotten password"],
        &["app_version", "device"],
    ),
    kind(
        "wrong_transfer",
        2,
        false,
        ["转错网络或转错地址", "Sent to the wrong network or address"],
        &["chain", "transaction", "address"],
    ),
    kind("pending", 2, false, ["转账一直未确认", "Transfer pending"], &["chain", "transaction"]),
    kind("failed", 2, false, ["转账失败", "Transfer failed"], &["chain", "transaction", "error"]),
    kind(
        "deposit",
        2,
        false,
        ["从交易所提币未到账", "Withdrawal from an exchange did not arrive"],
        &["exchange", "chain", "transaction"],
    ),
    kind(
        "withdrawal",
        2,
        false,
        ["充值到交易所未到账", "Deposit to an exchange did not arrive"],
        &["exchange", "chain", "transaction"],
    ),
    kind(
        "bridge",
        2,
        false,
        ["跨链未到账", "Bridge transfer did not arrive"],
        &["chain", "transaction", "order"],
    ),
    kind("swap", 2, false, ["闪兑或滑点问题", "Swap or slippage"], &["chain", "transaction", "error"]),
    kind(
        "balance",
        3,
        false,
        ["余额或代币不显示", "Balance or token not shown"],
        &["chain", "address", "contract"],
    ),
    kind(
        "fee",
        3,
        false,
        ["矿工费、能量或带宽", "Fees, energy or bandwidth"],
        &["chain", "transaction", "error"],
    ),
    kind(
        "dapp",
        3,
        false,
        ["DApp 连接、签名或授权", "DApp connection, signing or approval"],
        &["site", "chain", "app_version"],
    ),
    kind(
        "import",
        3,
        false,
        ["导入、导出或备份钱包", "Importing, exporting or backing up"],
        &["app_version", "device", "error"],
    ),
    kind(
        "staking",
        3,
        false,
        ["质押、投票或赎回", "Staking, voting or unlocking"],
        &["chain", "address", "transaction"],
    ),
    kind("hardware", 3, false, ["硬件钱包", "Hardware wallet"], &["device", "app_version", "error"]),
    kind(
        "app",
        3,
        false,
        ["App 闪退、更新或下载", "App crash, update or download"],
        &["app_version", "device", "error"],
    ),
    kind(
        "purchase",
        3,
        false,
        ["法币购买或身份认证", "Buying with money, identity check"],
        &["order", "exchange"],
    ),
    kind("airdrop", 3, false, ["陌生代币或空投", "Unknown token or airdrop"], &["chain", "contract"]),
    kind(
        "listing",
        4,
        false,
        ["代币或 DApp 收录", "Listing a token or DApp"],
        &["chain", "contract", "site"],
    ),
    kind("feedback", 4, false, ["功能建议", "Suggestion"], &["app_version"]),
    kind("other", 3, false, ["其他问题", "Something else"], &["app_version", "device"]),
];

/// The type with this code.
#[must_use]
pub fn request_type(code: &str) -> Option<&'static RequestType> {
    TYPES.iter().find(|t| t.code == code)
}

/// The field with this code.
#[must_use]
pub fn field(code: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|f| f.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_ask_for_fields_that_exist_and_codes_are_unique() {
        for (at, one) in TYPES.iter().enumerate() {
            assert!(one.fields.iter().all(|f| field(f).is_some()), "{}", one.code);
            assert!(TYPES[at + 1..].iter().all(|other| other.code != one.code), "{}", one.code);
            assert!(one.urgency.0 <= 4);
            assert!(!one.at_risk || one.urgency < Urgency::NO_RISK);
        }
        assert!(TYPES.is_sorted_by_key(|t| if t.code == "other" { 9 } else { t.urgency.0 }));
    }
}
