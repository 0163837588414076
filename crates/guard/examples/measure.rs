//! Measures the guard by hand.
//!
//! ```sh
//! cargo run --release -p standfast-guard --example measure -- FILE...   # false marks, one text a line
//! cargo run --release -p standfast-guard --example measure              # time per message
//! ```

use std::hint::black_box;

use standfast_guard::{Context, may_be_piece, screen, solicits};

fn main() -> std::io::Result<()> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        for (name, text) in MESSAGES {
            time(name, text);
        }
        return Ok(());
    }
    for file in files {
        false_marks(&file, &std::fs::read_to_string(&file)?);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the report of a command")]
fn false_marks(file: &str, texts: &str) {
    let (mut lines, mut marked, mut pieces, mut asking) = (0_u32, 0_u32, 0_u32, 0_u32);
    for line in texts.lines().filter(|line| !line.trim().is_empty()) {
        lines += 1;
        let screened = screen(line, &Context::default());
        if !screened.findings.is_empty() {
            marked += 1;
            println!("  {:?}\n    {line}\n    {}", screened.findings, screened.text);
        }
        if let Some(solicitation) = solicits(line) {
            asking += 1;
            println!("  asks for {}: {}", solicitation.ask, line.get(solicitation.span).unwrap_or_default());
        }
        pieces += u32::from(may_be_piece(line));
    }
    println!(
        "{file}: {marked} of {lines} lines marked; {pieces} could be a piece, {asking} ask for a secret"
    );
}

#[expect(clippy::print_stdout, reason = "the report of a command")]
#[expect(clippy::disallowed_methods, reason = "this measures real time, and nothing depends on it")]
fn time(name: &str, text: &str) {
    const ROUNDS: u32 = 20_000;
    screen(text, &Context::default());
    let start = std::time::Instant::now();
    for _ in 0..ROUNDS {
        black_box(screen(black_box(text), &Context::default()));
    }
    let screening = start.elapsed() / ROUNDS;
    let start = std::time::Instant::now();
    for _ in 0..ROUNDS {
        black_box(may_be_piece(black_box(text)));
    }
    let piece = start.elapsed() / ROUNDS;
    let start = std::time::Instant::now();
    for _ in 0..ROUNDS {
        black_box(solicits(black_box(text)));
    }
    let asking = start.elapsed() / ROUNDS;
    println!(
        "{name:24} {:4} bytes: screen {screening:?}, may_be_piece {piece:?}, solicits {asking:?}",
        text.len()
    );
}

const MESSAGES: [(&str, &str); 6] = [
    (
        "English, 106",
        "Hello, I made a withdrawal from the exchange two hours ago and it has still not arrived in my wallet. Help!",
    ),
    (
        "English, 300",
        "I updated the app yesterday and since then my balance shows zero. I have not moved anything myself, and the \
         explorer still shows the tokens at my address. I have already restarted the phone and switched the network \
         twice, and reinstalled nothing so far. Could you tell me what to check next before I do something wrong?",
    ),
    (
        "Chinese, 50",
        "我昨天从交易所提现了一笔USDT到钱包，显示已经成功，但是钱包里一直没有到账，请问怎么处理？谢谢。",
    ),
    (
        "Chinese, 100",
        "你好，我昨天从交易所提现了一笔USDT到钱包，交易所显示已经成功，浏览器上也能查到，但是钱包里面余额一直是零，已经\
         重新打开应用很多次了，也切换过节点，还是没有变化，请问应该怎么处理？麻烦尽快回复，谢谢。",
    ),
    (
        "with an address",
        "My address is 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed on BSC and the swap never came, please look.",
    ),
    (
        "with a transaction",
        "请帮我查一下这笔转账 0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b 已经三个小时了还没有确认",
    ),
];
