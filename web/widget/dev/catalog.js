// What GET /desk answers in development: a cut of the real types and intake fields.
const type = (code, urgency, zh, en, fields, at_risk = false) => ({
  code,
  urgency,
  at_risk,
  title: { 'zh-CN': zh, en },
  fields,
});
const field = (code, kind, zh, en, hintZh = '', hintEn = '') => ({
  code,
  kind,
  title: { 'zh-CN': zh, en },
  hint: { 'zh-CN': hintZh, en: hintEn },
});

export const types = [
  type('theft', 0, '资产被盗', 'Funds stolen', ['chain', 'address', 'transaction'], true),
  type('leak', 0, '助记词或私钥泄露', 'Recovery phrase or key exposed', ['chain', 'address'], true),
  type('tron-perm', 0, '波场权限被改', 'TRON permission changed', ['address', 'transaction'], true),
  type('impersonation', 1, '假客服、钓鱼网站', 'Fake support or phishing site', []),
  type('tx-pending', 1, '转账一直未到账', 'Transfer pending or stuck', ['chain', 'transaction']),
  type('tx-failed', 2, '转账失败但扣了矿工费', 'Transfer failed, fee charged', [
    'chain',
    'transaction',
  ]),
  type('cex-in', 2, '交易所提现未到账', 'Withdrawal from an exchange not arrived', [
    'chain',
    'transaction',
  ]),
  type('cex-out', 2, '充值到交易所未到账', 'Deposit to an exchange not arrived', [
    'chain',
    'transaction',
  ]),
  type('wrong-net', 2, '转错链', 'Sent on the wrong network', ['chain', 'transaction', 'address']),
  type('token-hidden', 3, '代币不显示', 'Token does not show', ['chain', 'address', 'app_version']),
  type('swap', 2, '闪兑失败', 'Swap failed', ['chain', 'transaction']),
  type('bridge', 2, '跨链未到账', 'Bridge transfer not arrived', ['chain', 'transaction']),
  type('dapp', 3, 'DApp 连接与签名', 'DApp connection and signing', ['app_version', 'device']),
  type('app', 3, '闪退、更新、下载', 'Crash, update, download', ['app_version', 'device']),
];

export const fields = [
  field('chain', 'chain', '链', 'Network', '例如 TRON、以太坊', 'For example TRON or Ethereum'),
  field(
    'transaction',
    'transaction',
    '交易哈希',
    'Transaction hash',
    '在转账详情里可以复制',
    'Copy it from the transfer’s details',
  ),
  field(
    'address',
    'address',
    '钱包地址',
    'Wallet address',
    '公开地址，不是私钥',
    'The public address, never the key',
  ),
  field('app_version', 'version', 'App 版本', 'App version', '', ''),
  field('device', 'device', '手机或电脑型号', 'Phone or computer', '', ''),
];

export const desk = {
  name: 'Harbor Wallet',
  languages: ['zh-CN', 'en'],
  types,
  fields,
  limits: {
    text_bytes: 20_000,
    upload_bytes: 10_485_760,
    text_upload_bytes: 5_242_880,
    uploads_per_message: 5,
    media_types: [
      'image/png',
      'image/jpeg',
      'image/webp',
      'image/gif',
      'text/plain',
      'application/json',
      'application/pdf',
    ],
  },
  opening: { 'zh-CN': null, en: null },
  safety_line: {
    'zh-CN': '客服绝不会索要您的助记词。',
    en: 'We never ask for your recovery phrase.',
  },
};
