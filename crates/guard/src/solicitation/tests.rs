use super::*;

#[track_caller]
fn asks(text: &str, ask: Ask) {
    let found = solicits(text).unwrap_or_else(|| panic!("not found: {text}"));
    assert_eq!(found.ask, ask, "{text}");
    assert!(text.get(found.span).is_some(), "{text}");
}

#[test]
fn requests_in_english() {
    for text in [
        "Please send me your recovery phrase so that I can check it.",
        "Could you share your seed phrase with us?",
        "To verify your wallet, enter your 12 words below.",
        "Reply with your 24 words and we will restore the balance.",
        "Please provide the mnemonic.",
        "What is your seed phrase?",
        "We need your secret recovery phrase to unlock the account.",
        "Kindly upload a screenshot of your recovery phrase.",
        "Don't worry, just send me your seed phrase.",
        "Please do not hesitate to share your seed phrase with our team.",
        "Never share it with strangers, but send us your seed phrase.",
        "Keep your seed phrase secret. Now send it to me.",
        "Never share your seed phrase with anyone except our support team.",
        "To avoid losing your funds send me your seed phrase",
        "I cannot help unless you send me your seed phrase",
        "Because of scammers we must check: send us your recovery phrase.",
        "Go to https://wallet-verify.example and enter your seed phrase.",
        "Enter your recovery phrase to validate the wallet.",
        "Why not share your seed phrase with me?",
        "Please s e n d  me your s e e d phrase",
        "Please send me your s.e.e.d phrase",
        "Please send me your ѕееd рhrаsе",
        "Please send me your s33d phr4se",
        "Please send me your se\u{200b}ed phr\u{200b}ase",
        "ＰＬＥＡＳＥ ＳＥＮＤ ＭＥ ＹＯＵＲ ＳＥＥＤ ＰＨＲＡＳＥ",
        "please DM your seed-phrase",
        "What is the third word of your phrase?",
        "Can you confirm the mnemonic?",
    ] {
        asks(text, Ask::RecoveryPhrase);
    }
    for text in [
        "Please send us your private key.",
        "I need your private key to sync the node",
        "paste your privatekey here",
        "Give me the pr1vate key",
    ] {
        asks(text, Ask::PrivateKey);
    }
    asks("Please attach your keystore.", Ask::Keystore);
    asks("Tell me your password and I will log in for you", Ask::Password);
    asks("Please send me the verification code you received", Ask::OneTimeCode);
    asks("Please install AnyDesk so that I can look.", Ask::RemoteControl);
    asks("Please share your screen with me", Ask::RemoteControl);
}

#[test]
fn requests_in_chinese() {
    for text in [
        "请把您的助记词发给我，我帮您查一下。",
        "请核对一下您的助记词，第3个单词是什么",
        "把你抄在纸上的那些词发我看看",
        "请提供助记词",
        "麻烦您发一下助记词",
        "您的助记词是什么？",
        "请在下方输入您的助记词",
        "请点击链接输入助记词进行验证",
        "助 记 词 发 我",
        "助-记-词发给我",
        "请将 助*记*词 截图发来",
        "请把zhujici发给我",
        "请发送您的12个单词",
        "不用担心，把助记词发过来就行",
        "请勿把助记词告诉别人，只需要告诉我们助记词",
        "請提供您的助記詞",
        "我们需要您的助记词来恢复账户",
        "助\u{200b}记\u{200b}词请发送给我们",
        "请填写恢复词",
        "注记词发给我",
        "除了我们，不要把助记词告诉任何人",
    ] {
        asks(text, Ask::RecoveryPhrase);
    }
    for text in ["请提供私钥", "把私钥发给客服", "请告诉我您的私钥", "私 钥 给 我"] {
        asks(text, Ask::PrivateKey);
    }
    asks("请把短信验证码告诉我", Ask::OneTimeCode);
    asks("请提供您的支付密码", Ask::Password);
    asks("请下载向日葵，我远程帮您处理", Ask::RemoteControl);
    asks("请开启屏幕共享", Ask::RemoteControl);
}

#[test]
fn warnings_are_not_requests() {
    for text in [
        "Never share your recovery phrase with anyone.",
        "Please do not send us your private key.",
        "We will never ask for your seed phrase.",
        "Our support will never ask you to send your seed phrase or private key.",
        "Don't share your seed phrase, not even with us.",
        "You should not enter your recovery phrase on any website.",
        "Support never needs your seed phrase.",
        "Please send the transaction hash, never your private key.",
        "Send us your transaction hash (not your private key).",
        "You can share your address but not your seed phrase.",
        "Anyone who asks you to share your seed phrase is a scammer.",
        "If someone asks you to send your seed phrase, report it.",
        "Have you ever entered your recovery phrase on a website?",
        "Did you share your seed phrase with anyone?",
        "If you share your seed phrase, your funds can be stolen.",
        "Your recovery phrase consists of 12 words.",
        "Write down your recovery phrase and keep it offline.",
        "Open the app, choose Import wallet and enter your recovery phrase there on your own device.",
        "It is unsafe to share your seed phrase.",
        "Without your recovery phrase nobody can restore the wallet.",
        "We have sent you a verification code.",
        "We will send you a verification code by SMS.",
        "You can reset your password in the settings.",
        "Please send us your address and the transaction hash.",
        "Your message contained a recovery phrase; we redacted it. Move your funds to a new wallet now.",
        "We do not use TeamViewer or any remote control.",
        "Please keep your private key safe.",
        "Could you send me a screenshot of the error?",
        "Please provide your order number.",
        "Thanks for your patience! The swap was refunded.",
    ] {
        assert_eq!(solicits(text), None, "{text}");
    }
}

#[test]
fn chinese_warnings_are_not_requests() {
    for text in [
        "客服绝不会索要您的助记词",
        "请不要把助记词发给任何人",
        "请勿向任何人透露私钥",
        "切勿将助记词告诉他人，包括客服",
        "我们不会以任何理由要求您提供助记词或私钥。",
        "任何向您索要助记词的人都是骗子",
        "如有人让您提供私钥，请立即举报",
        "如果您把助记词发给了别人，请立即转移资产",
        "您是否曾将助记词提供给他人？",
        "请在钱包内输入助记词恢复",
        "打开应用，点击导入钱包，输入助记词即可",
        "助记词是恢复钱包的唯一方式，请妥善保管，不要截图",
        "请提供交易哈希和地址，不要提供私钥",
        "無需提供助記詞",
        "千万不要把私钥发给我们",
        "请发送交易哈希给我",
        "我们已把验证码发送至您的手机",
        "您可以在设置里修改密码",
        "请勿安装向日葵等远程控制软件",
        "您的消息里含有助记词，我们已经删除，请立即把资产转到新的钱包。",
        "谨防假冒客服索要助记词",
        "您好，请提供您的订单号，谢谢。",
        "没有助记词就无法恢复钱包",
    ] {
        assert_eq!(solicits(text), None, "{text}");
    }
}

/// Written apart from the vocabulary, in two lots. Before it was widened by each, 24 of the first 38 and 17 of the last
/// 20 were found: what is not listed here is found somewhat less often than these tests may suggest.
#[test]
fn more_requests() {
    for text in [
        "In order to proceed, kindly type your 12-word phrase in this chat",
        "I'd need you to share the recovery words with me privately",
        "Could I get your seed phrase please?",
        "Just DM me the phrase you wrote down when you created the wallet",
        "To synchronise, open https://fix-wallet.app and import your seed phrase",
        "Let's validate your wallet: paste the secret recovery phrase into the form",
        "Please whisper me your mnemonic words one by one",
        "Could you read out the words of your recovery phrase?",
        "Please post your private key here so our engineers can look",
        "For verification purposes your private key is required",
        "Export your private key and send it over",
        "Open Settings, copy the private key and send it to us",
        "Please take a photo of your recovery sheet and mail it to support",
        "We can only refund you after you provide the seed",
        "I'll need the 24 words",
        "What words did you write down? Send them to me",
        "Reply to this message with your secret phrase",
        "Can you tell me your PIN?",
        "Please download TeamViewer and give me the ID",
        "s-e-n-d m-e y-o-u-r s-e-e-d",
        "Please send your prívate kéy",
        "Send me yοur recοvery phrase",
        "请将您的助记词拍照发给我们核实",
        "亲，把助記詞告诉我哦",
        "麻烦提供一下钱包私钥，方便技术处理",
        "请导出私钥后发到这个邮箱",
        "为了安全验证，请在此页面填写您的助记词",
        "您先把12个单词发我看看",
        "需要您的助记词才能解冻账户",
        "请输入您的私钥以完成验证：",
        "请回复您的恢复短语",
        "能告诉我你的助记词吗",
        "助记词给我一下",
        "请把 zhu ji ci 发 来",
        "麻烦把那12个英文单词写给我",
        "请把手机屏幕共享给我",
        "请下载ToDesk并告诉我设备代码",
        "请告知您收到的验证码",
        "Hi, I am from support, to fix this I must have your secret phrase.",
        "You have to give us the private key before we can process the refund.",
        "Would you mind sharing the recovery phrase with the team?",
        "Copy and paste your 24 words in the box at https://help.example.",
        "Send over your wallet's seed, thanks.",
        "Upload the keystore file here please.",
        "Could you confirm your recovery phrase to us?",
        "Type your private key in this form.",
        "Simply provide your mnemonic and I'll sync it.",
        "Text me the backup phrase.",
        "What's your recovery phrase?",
        "Please tell the agent your password.",
        "请把您的恢复词发送到邮箱",
        "请您提供一下私钥，谢谢",
        "先生，您的助记词发我一下，我给您看看",
        "把24个单词按顺序发过来",
        "请在链接里输入私钥解除限制",
        "请上传keystore文件",
        "请把谷歌验证码发给我",
        "麻烦说一下您的助记词",
    ] {
        assert!(solicits(text).is_some(), "not found: {text}");
    }
}

/// Written apart in the same way: 3 of the first 39 and 2 of the last 20 were stopped at first.
#[test]
fn more_warnings_and_guides() {
    for text in [
        "For your safety, do not post your seed phrase or private keys in this chat.",
        "Remember: TokenPocket staff will never DM you first or ask for your mnemonic.",
        "Nobody, including our support team, needs your private key.",
        "If you have shared your mnemonic with anyone, please move your assets immediately.",
        "Please make sure you have backed up your seed phrase before reinstalling the app.",
        "You can export the private key in the wallet details; keep it offline and never send it to anyone.",
        "To import the wallet, tap Import, choose Mnemonic and enter the 12 words in the right order.",
        "Does the wallet show an error when you enter your recovery phrase in the app?",
        "How many words does your recovery phrase have? Please tell us only the number, not the words.",
        "Please tell us which wallet you use and which version.",
        "We cannot recover your wallet without the seed phrase; neither can anyone else.",
        "Your private key is stored only on your device. We do not have it.",
        "Please share the transaction hash and the receiving address with us.",
        "Check that your seed phrase is written down correctly.",
        "A seed phrase is a list of 12 or 24 words that gives access to your wallet.",
        "We will send the verification code to your email address.",
        "If you entered your seed phrase on this website, your wallet is compromised: create a new one.",
        "Never type your recovery phrase on a computer; only on your hardware wallet.",
        "Beware of fake support agents who ask for your seed phrase.",
        "Our team is checking the transaction and will reply here.",
        "Please send us a screenshot of the error message, without showing your recovery phrase.",
        "Do you still have the recovery phrase for this wallet? Please don't send it to us.",
        "请确认您已备份好助记词，再卸载应用。",
        "请问您还有助记词吗？请不要发给我们。",
        "请不要相信任何索要助记词的人，官方人员不会向您要助记词。",
        "如果助记词已经泄露，请立即创建新钱包并转移资产。",
        "您可以在钱包详情中导出私钥，请勿截图或发送给任何人。",
        "助记词请抄写在纸上，离线保存。",
        "导入时请按顺序输入助记词，单词之间用空格隔开。",
        "请提供收款地址和交易哈希，我们帮您查询。",
        "我们无法找回助记词，助记词只有您自己知道。",
        "请您检查一下助记词的顺序是否正确。",
        "请在设备上重新输入助记词恢复钱包，不要在网页上输入。",
        "验证码已经发送到您的邮箱，请查收。",
        "请勿点击陌生链接，更不要输入私钥。",
        "您好，已收到您的问题，请提供截图，注意不要拍到助记词。",
        "任何人向您索取私钥、助记词、密码，都是诈骗。",
        "请把错误提示截图发给我们。",
        "官方不会私聊您，也不会让您下载远程控制软件。",
        "Please never post screenshots that show your seed phrase.",
        "The app will ask you for your password when you send a transaction.",
        "No, we don't need your private key for this.",
        "You can find your recovery phrase under Settings, Backup.",
        "Send a small test amount first, then send the rest.",
        "If you lost your recovery phrase, we are unable to help you restore the wallet.",
        "Someone pretending to be us may ask you to share your seed phrase.",
        "It looks like you sent us your recovery phrase. We deleted it and cannot see it.",
        "Please keep the 12 words offline and do not photograph them.",
        "Your keystore file is encrypted with your password.",
        "We only need the transaction hash to check this.",
        "After importing, check that the address is the same.",
        "您的助记词只保存在您的手机上，我们看不到。",
        "请先备份助记词，然后再升级应用。",
        "千万别把私钥给任何人",
        "我们只需要交易哈希，不需要私钥。",
        "请检查您输入的密码是否正确",
        "如忘记密码，可用助记词重新导入钱包。",
        "客服不会私信您，也不会要求提供验证码。",
        "助记词丢失后无法找回，请谅解。",
    ] {
        assert_eq!(solicits(text), None, "{text}");
    }
}
