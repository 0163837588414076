/** Believable matter for the mock desk: what people of a wallet write, and what they are told. */

export const TYPES = [
  ['theft', 0, true, '资产被盗', 'Funds stolen', ['address', 'chain', 'transaction']],
  ['leak', 0, true, '助记词或私钥泄露', 'Secret exposed', ['app_version']],
  ['tron-perm', 0, true, '波场权限被改', 'TRON permission changed', ['address', 'transaction']],
  ['tx-pending', 2, false, '转账未确认', 'Transfer pending', ['chain', 'transaction']],
  ['tx-failed', 2, false, '转账失败', 'Transfer failed', ['chain', 'transaction']],
  [
    'cex-in',
    2,
    false,
    '交易所提现未到账',
    'Exchange withdrawal not arrived',
    ['chain', 'transaction'],
  ],
  ['wrong-net', 2, false, '转错网络', 'Wrong network', ['chain', 'transaction', 'address']],
  [
    'token-hidden',
    3,
    false,
    '代币不显示',
    'Token not showing',
    ['chain', 'address', 'app_version'],
  ],
  ['gas', 3, false, '矿工费问题', 'Network fee', ['chain']],
  ['swap', 2, false, '闪兑失败', 'Swap failed', ['transaction', 'chain']],
  ['bridge', 2, false, '跨链未到账', 'Bridge not arrived', ['transaction', 'chain']],
  ['app', 3, false, '应用闪退或更新', 'App crash or update', ['app_version', 'device']],
  ['hardware', 3, false, '硬件钱包连接', 'Hardware wallet connection', ['device', 'app_version']],
  ['feature', 4, false, '功能建议', 'Feature request', []],
];

export const FIELDS = [
  ['chain', '公链', 'Chain', 'chain'],
  ['transaction', '交易哈希', 'Transaction hash', 'transaction'],
  ['address', '钱包地址', 'Wallet address', 'address'],
  ['app_version', '应用版本', 'App version', 'version'],
  ['device', '设备型号', 'Device', 'device'],
];

export const CHAINS = ['tron', 'eth', 'bsc', 'btc', 'sol', 'polygon', 'arb', null];

export const FIRST = {
  'zh-CN': {
    theft: [
      '我的钱包被盗了，刚才有人把我的 USDT 全部转走了，地址是 {address}，能不能帮我冻结？',
      '昨晚点了一个空投链接之后，今天发现 {amount} 个 USDT 不见了，交易是 {tx}',
    ],
    leak: [
      '我不小心把助记词发到群里了 ⟦redacted:recovery_phrase:12⟧ 现在怎么办',
      '有人冒充客服让我发助记词，我已经发过去了，⟦redacted:recovery_phrase:12⟧，钱还在里面',
    ],
    'tron-perm': [
      '转账提示权限不足，别人说我的 TRON 钱包被多签了，地址 {address}',
      '为什么我转不了 TRX？提示 SIGERROR，账户权限好像被改了',
    ],
    'tx-pending': [
      '转账两个小时了还是打包中，哈希 {tx}，什么时候能到？',
      '您好，这笔一直是待确认状态，可以加速吗？{tx}',
    ],
    'tx-failed': [
      '转账失败了，但是矿工费扣了，能退吗？',
      '提示 out of energy，扣了我 27 个 TRX，交易 {tx}',
    ],
    'cex-in': [
      '从币安提到钱包，交易所显示已完成，钱包里没有，哈希 {tx}',
      '欧易提币三个小时了没到账，请帮忙查一下',
    ],
    'wrong-net': [
      '提币的时候选错网络了，应该选 TRC20，我选成了 BEP20，还能找回来吗？',
      '把 USDT 转到了 BSC 上的地址 {address}，现在看不到余额',
    ],
    'token-hidden': [
      '我的代币突然不显示了，资产变成 0，我没有转过',
      '升级到 2.1.4 以后 {address} 里的代币都看不到了，截图见附件',
    ],
    gas: ['矿工费怎么这么高？转 20U 要收 6U 手续费', '一直提示矿工费不足，但是我有 ETH'],
    swap: ['闪兑一直失败，提示滑点过低，怎么设置？', '换了 500U 只到账 470，请看交易 {tx}'],
    bridge: [
      '跨链一个小时了没到，源链已经扣款了 {tx}',
      '从以太坊跨到 Arbitrum，订单显示处理中，没有更新',
    ],
    app: ['更新之后打开就闪退，iPhone 15，iOS 18.1', '华为手机装不上，提示病毒，这是官方的吗？'],
    hardware: ['Ledger 连接不上，蓝牙已经打开了，一直在搜索', '硬件钱包签名的时候提示盲签未开启'],
    feature: ['希望可以加一个地址簿分组的功能', '能不能支持 Sui 链？'],
  },
  en: {
    theft: [
      'My wallet was drained an hour ago. Everything went to {address}. Please help me freeze it!',
      'I signed something on a mint page and {amount} USDT left my wallet: {tx}',
    ],
    leak: [
      'I pasted my seed phrase into a website that looked like yours ⟦redacted:recovery_phrase:24⟧ what should I do now?',
      'Somebody has my private key ⟦redacted:private_key⟧',
    ],
    'tron-perm': [
      'Cannot send TRX any more, it says permission denied. Address {address}',
      'My TRON account has a second owner that I never added',
    ],
    'tx-pending': [
      'My transfer has been pending for 3 hours, tx {tx}',
      'Stuck transaction, can I cancel it? {tx}',
    ],
    'tx-failed': [
      'Transaction failed but the fee was charged anyway',
      'Out of gas on {tx}, why did it take my money?',
    ],
    'cex-in': [
      'Withdrew from Kraken, they say completed, nothing in the wallet. {tx}',
      'Binance withdrawal has not arrived after 2 hours',
    ],
    'wrong-net': [
      'I sent USDT on BSC instead of Ethereum to {address}, is it lost?',
      'Chose the wrong network when withdrawing, please advise',
    ],
    'token-hidden': [
      'My token balance shows 0 after the update',
      'I received a token but it does not show up, address {address}',
    ],
    gas: [
      'Why is the fee so high for a small transfer?',
      'It says insufficient gas but I have ETH',
    ],
    swap: ['Swap keeps failing with slippage error', 'Received less than quoted, tx {tx}'],
    bridge: [
      'Bridge from Ethereum to Arbitrum still processing, {tx}',
      'The bridge took my funds an hour ago and nothing came out on the other side',
    ],
    app: [
      'App crashes on start since the last update, Pixel 8',
      'Is the version on the store the official one?',
    ],
    hardware: [
      'Ledger Nano X will not connect over Bluetooth',
      'The device says blind signing is disabled',
    ],
    feature: ['Please add address book groups', 'When will you support Sui?'],
  },
};

export const REPLIES = {
  'zh-CN': [
    '您好，已收到，我正在查看这笔交易，请稍等几分钟。',
    '这笔交易在链上已经成功，您可以在 https://tronscan.org/#/transaction/{tx} 查看。请确认钱包里已添加对应的代币合约。',
    '请先不要再向这个地址转入任何资产，并把剩余资产转到一个新建的钱包。',
    '矿工费由区块链网络收取，失败的交易同样消耗了资源，因此无法退回，请您理解。',
  ],
  en: [
    'Hello, I am looking at this transaction now. Give me a few minutes.',
    'The transaction succeeded on chain: https://etherscan.io/tx/{tx}. Please add the token contract in your wallet.',
    'Please do not send anything more to this address, and move what is left to a new wallet.',
    'The network keeps the fee of a failed transaction as well; nobody can return it.',
  ],
};

export const FOLLOW = {
  'zh-CN': [
    '好的，谢谢',
    '还是没有到账，请再帮我看看',
    '什么时候能解决？我很着急',
    '我已经按您说的做了，还是不行',
    '这个链接是你们的吗？https://tоkenpocket-support.com/verify',
  ],
  en: [
    'Thanks',
    'Still nothing, can you check again?',
    'How long will it take? I am worried',
    'Did that, no change',
    'Is this yours? https://support@evil.example/login',
  ],
};

export const NOTES = {
  'zh-CN': [
    '链上已确认，授权给了一个钓鱼合约，已让用户撤销授权。',
    '同一个地址上周也有两位用户反馈，建议升级。',
  ],
  en: [
    'On chain: unlimited approval to a known drainer. Asked the user to revoke.',
    'Third report for this contract this week.',
  ],
};

export const NAMES = {
  'zh-CN': [
    '王小明',
    '李静',
    '张伟',
    '陈晨',
    '刘洋',
    '赵敏',
    '孙悦',
    '周杰',
    '吴桐',
    '欧阳晓雯',
    '林子涵',
    '黄磊',
    null,
    null,
  ],
  en: [
    'Maria Santos',
    'James Okafor',
    'Anna Kowalska',
    'Tom',
    'Priya Raman',
    'Alexandros Papadopoulos-Konstantinidis',
    'Lena',
    'Yusuf Demir',
    null,
    null,
  ],
};
