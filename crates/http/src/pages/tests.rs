//! The pages as browsers without scripts meet them: over real connections, with cookies and forms.

mod answer_mail;
mod browser;
mod feedback;
mod follow;
mod link;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use standfast_desk::{Then, transition};
use standfast_domain::{Language, Role, Transition};
use standfast_store::store_test;

use self::browser::{
    Browser, Form, PHRASE, Tag, agent, answer, before, html, inert, location, path_of, request_id, tags,
};
use super::words::Words;
use crate::testing::{TestServer, wide};

store_test! {
    async fn a_visitor_asks_and_follows_without_scripts(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "zh-CN,zh;q=0.9");
        let choice = browser.page("/contact").await;
        before(&choice, "资产被盗或被转走", "转账一直未确认");
        let page = browser.page("/contact?type=pending&chain=TRON").await;
        assert!(page.contains("<html lang=\"zh-CN\">") && page.contains("value=\"TRON\""));
        let form = Form::of(&page)
            .with("text", "转账没到\r\n第二行")
            .with("chain", "TRON")
            .with("name", "小王")
            .file("日志.txt", "nonce too low".as_bytes());
        let receipt = location(&browser.send("/contact", &form).await);
        assert!(receipt.ends_with("?received=new"), "{receipt}");
        let page = browser.page(&receipt).await;
        inert(&page);
        for expected in ["已收到", "等待客服回复", "第 1 位", "暂时无法估计", "转账没到\n第二行", "日志.txt", "13 B"] {
            assert!(page.contains(expected), "{expected}");
        }
        // The same form again, as by a double click, is the same message.
        let again = location(&browser.send("/contact", &form).await);
        assert_eq!(again, receipt);
        assert_eq!(browser.page(path_of(&receipt)).await.matches("转账没到").count(), 1);
        // Going back and writing something else is not lost.
        let other = location(&browser.send("/contact", &form.clone().with("text", "另一件事")).await);
        assert!(browser.page(path_of(&other)).await.contains("另一件事"));
        // Whoever has an open request is offered to go on with it.
        let choice = browser.page("/contact").await;
        before(&choice, "您有处理中的问题", "<h1>您遇到了什么问题？");
        assert!(choice.contains(&format!("{}#reply", path_of(&receipt))));
        assert!(browser.page("/").await.contains("您处理中的问题"));
    }

    async fn a_receipt_says_what_is_promised_while_many_ask(store) {
        let server = TestServer::start(&store).await;
        let lead = server.agent("lin", Role::Lead).await;
        let mut plan = lead.get("/api/v1/console/surge").await.json()["plan"].clone();
        plan["storm"] = json!({
            "banner": {"zh-CN": "咨询量很大。", "en": "We are overrun."}, "answer": {"zh-CN": "升级期间请勿重复转账。", "en": "Do not send again."},
            "help_first": false, "promise_hours": 6,
        });
        let kept = lead.put("/api/v1/console/surge/plan", &json!({"version": 0, "plan": plan})).await;
        assert_eq!(kept.json()["version"], 1);
        let until = server.desk.now().plus(Duration::from_hours(1));
        let hold = json!({"level": "storm", "until": until, "reason": "The fork is at noon."});
        assert_eq!(lead.post("/api/v1/console/surge/hold", &hold).await.json()["level"], "storm");
        for (kind, is_told) in [("pending", true), ("theft", false)] {
            let mut browser = Browser::new(&server, "en");
            let form = Form::of(&browser.page(&format!("/contact?type={kind}")).await).with("text", "Where is it?");
            let receipt = location(&browser.send("/contact", &form).await);
            let page = browser.page(&receipt).await;
            let told = page.contains("within 6 hours") && page.contains("Do not send again.");
            assert_eq!(told, is_told, "{page}");
            assert!(!browser.page(path_of(&receipt)).await.contains("Do not send again."), "only the receipt says it");
        }
    }

    async fn going_back_to_a_page_that_is_fetched_again_makes_no_second_message(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "en");
        let fill = |page: &str| Form::of(page).with("text", "still pending").file("a.log", b"nonce 7");
        let first = fill(&browser.page("/contact?type=pending").await);
        let receipt = location(&browser.send("/contact", &first).await);
        let again = fill(&browser.page("/contact?type=pending").await);
        assert!(again.fields.iter().any(|(name, value)| name == "about" && value != "new"), "joining is proposed now");
        assert_eq!(location(&browser.send("/contact", &again).await), receipt);
        let other = Form { files: Vec::new(), ..again }.file("a.log", b"nonce 8");
        assert_ne!(location(&browser.send("/contact", &other).await), receipt, "another file");
        let path = path_of(&receipt);
        let page = browser.page(path).await;
        assert_eq!((page.matches("still pending</p>").count(), page.matches("class=\"file\"").count()), (2, 2));
        // The same in a conversation, until somebody has answered.
        let id = request_id(&browser, path).await;
        let lin = agent(&server).await;
        for expected in [1, 1, 2, 2] {
            if expected == 2 {
                // The same client id: one answer.
                answer(&server, &lin, id, "And now?", Then::Waiting).await;
            }
            let no = Form::of(&browser.page(path).await).with("text", "no, not yet");
            location(&browser.send(path, &no).await);
            assert_eq!(browser.page(path).await.matches("no, not yet</p>").count(), expected);
        }
    }

    async fn a_page_that_does_not_exist_is_the_desks_too(store) {
        let server = TestServer::start(&store).await;
        let reply = Browser::new(&server, "en").get("/nothing").await;
        let title = format!("<title>Not found · {} support</title>", server.desk.settings().name);
        assert!(reply.status == StatusCode::NOT_FOUND && html(&reply).contains(&title), "{title}");
    }

    async fn what_was_taken_out_of_a_files_name_is_shown_as_a_mark(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "en");
        let form = Form::of(&browser.page("/contact?type=other").await).with("text", "see the file");
        let form = form.file(&format!("{PHRASE}.txt"), b"nothing in it");
        let receipt = location(&browser.send("/contact", &form).await);
        let page = browser.page(path_of(&receipt)).await;
        let file = page.split("class=\"file\"").nth(1).unwrap().split("</a>").next().unwrap();
        assert!(file.contains("<span class=\"mark\">") && !file.contains("⟦"), "{file}");
    }

    async fn words_about_an_open_request_join_it(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "en");
        let first = path_of(&browser.ask("pending", "first words").await).to_owned();
        let page = browser.page("/contact?type=pending").await;
        let form = Form::of(&page).with("text", "second words").with("chain", "TON");
        assert!(form.fields.contains(&("about".into(), first.trim_start_matches("/t/").into())), "preselected");
        let receipt = location(&browser.send("/contact", &form).await);
        assert_eq!(receipt, format!("{first}?received=joined"));
        let page = browser.page(&receipt).await;
        assert!(page.contains("added it to this open request") && page.contains("second words\nChain: TON"));
        let new = Form::of(&browser.page("/contact?type=pending").await).with("text", "third").with("about", "new");
        assert_ne!(path_of(&location(&browser.send("/contact", &new).await)), first);
        let foreign = new.clone().with("text", "x").with("about", "K7M-39Q-X24J");
        let refused = browser.send("/contact", &foreign).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    async fn mistakes_keep_what_was_typed_but_not_secrets(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "en");
        let page = browser.page("/contact?type=theft").await;
        before(&page, "Do this first", "What happened?");
        let form = Form::of(&page)
            .with("text", &format!("出错了 <b>, 12:30\n\n{PHRASE}"))
            .with("chain", "Solana")
            .with("email", "not an address")
            .file("screen.txt", b"a log")
            .file("virus.exe", b"MZ\0\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x10\x11\x12\x13\x14\x15\x16");
        let reply = browser.send("/contact", &form).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        let page = html(&reply);
        inert(&page);
        for expected in [
            "<title>Error: ",
            "role=\"alert\" tabindex=\"-1\" autofocus",
            "出错了 &#60;b&#62;, 12:30\n\n[Recovery phrase removed (12 words)]</textarea>",
            "Treat this wallet as lost",
            "value=\"Solana\"",
            "value=\"not an address\"",
            "href=\"#files\"",
            "virus.exe: this kind of file is not taken",
            "We took it out",
        ] {
            assert!(page.contains(expected), "{expected}\n{page}");
        }
        assert!(!page.contains("abandon"));
        // What was uploaded is kept, and mending the mistakes is enough.
        let mended = Form::of(&page).with("text", "please help").with("email", "a@b.example");
        assert!(mended.fields.iter().any(|(name, value)| name == "kept" && value.ends_with("|5|screen.txt")));
        let page = html(&browser.send("/contact", &mended.clone().with("email", "x@y")).await);
        assert!(page.contains("href=\"#email\"") && page.contains("aria-describedby=\"email-hint email-error\""));
        let receipt = location(&browser.send("/contact", &mended).await);
        let done = browser.page(&receipt).await;
        assert!(done.contains("screen.txt") && done.contains("please help"));
        let empty = browser.page("/contact?type=other").await;
        let reply = browser.send("/contact", &Form::of(&empty).with("text", " \r\n ")).await;
        assert!(html(&reply).contains("Write what happened."));
        let long = browser.send("/contact", &Form::of(&empty).with("text", &"长".repeat(20_000))).await;
        assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
        let page = html(&long);
        assert_eq!(page.matches('长').count(), 20_000, "it comes back whole");
        let long = "长".repeat(400);
        let form = Form::of(&empty).with("text", "see below").with("name", &long);
        assert!(html(&browser.send("/contact", &form).await).contains(&long));
    }

    async fn a_secret_in_a_form_that_came_back_is_not_forgotten(store) {
        let server = TestServer::start(&store).await;
        for (place, text) in [("text", ""), ("transaction", "it does not arrive")] {
            let mut browser = Browser::new(&server, "en");
            let page = browser.page("/contact?type=pending").await;
            let form = Form::of(&page).with("text", text).with(place, PHRASE).with("email", "bad");
            let reply = browser.send("/contact", &form).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
            let page = html(&reply);
            before(&page, "Treat this wallet as lost", "<form");
            // Twice: what was taken out the first time is known the third time, too.
            let page = html(&browser.send("/contact", &Form::of(&page).with("text", "help").with("email", "worse")).await);
            let form = Form::of(&page).with("text", "please help").with("email", "");
            let receipt = location(&browser.send("/contact", &form).await);
            assert!(receipt.ends_with("&secret=recovery_phrase"), "{place}: {receipt}");
            let page = browser.page(path_of(&receipt)).await;
            before(&page, "Treat this wallet as lost", "<h1");
            assert!(page.contains("Money at risk") && !page.contains('⟦'), "{place}");
            // The same of a reply.
            let form = Form::of(&page).with("text", PHRASE).file("a.exe", b"MZ\0\x01\x02\x03\x04\x05\x06\x07\x08");
            let page = html(&browser.send(path_of(&receipt), &form).await);
            let form = Form::of(&page).with("text", "that was it");
            let receipt = location(&browser.send(path_of(&receipt), &form).await);
            assert!(receipt.ends_with("&secret=recovery_phrase"), "{place}: {receipt}");
        }
    }

    async fn forms_are_taken_from_own_pages_only(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "en");
        let form = Form::of(&browser.page("/contact?type=other").await).with("text", "hello there");
        for headers in [&[("sec-fetch-site", "cross-site")][..], &[("origin", "https://trap.example")]] {
            let reply = browser.send_from("/contact", &form, headers).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
            let page = html(&reply);
            assert!(page.contains("comes from our own page") && page.contains("hello there"));
        }
        let mut other = Browser::new(&server, "en");
        other.page("/contact?type=other").await;
        assert_eq!(other.send("/contact", &form).await.status, StatusCode::UNPROCESSABLE_ENTITY, "another's form");
        let forged = form.clone().with("token", "AAAA");
        assert_eq!(browser.send("/contact", &forged).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let robot = browser.send("/contact", &form.clone().with("website", "http://spam")).await;
        assert!(html(&robot).contains("Empty the field"));
        assert_eq!(browser.send("/contact", &form).await.status, StatusCode::SEE_OTHER);
    }

    async fn a_limit_keeps_what_was_typed_and_money_at_risk_is_counted_apart(store) {
        let mut config = wide();
        config.rates.intake = crate::Rate::new(1, 1);
        let server = TestServer::with(&store, config, "https://desk.test").await;
        let mut browser = Browser::new(&server, "en");
        let page = browser.page("/contact?type=other").await;
        assert!(browser.cookies.contains_key(&("__Host-standfast_visitor".into(), "/".into())));
        browser.send("/contact", &Form::of(&page).with("text", "one")).await;
        let form = Form::of(&page).with("text", "two").file("a.log", b"kept");
        let reply = browser.send("/contact", &form).await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(reply.headers.contains_key("retry-after"));
        let page = html(&reply);
        assert!(page.contains("two</textarea>") && page.contains("|4|a.log") && page.contains("id=\"send-error\""));
        let risk = browser.ask("theft", "now they take my money").await;
        assert!(browser.page(&risk).await.contains("now they take my money"));
    }

    async fn a_browser_without_cookies_is_heard_too(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "en");
        browser.keeps_cookies = false;
        let form = Form::of(&browser.page("/contact?type=theft").await).with("text", "stolen just now");
        let unknown = browser.send_from("/contact", &form, &[]).await;
        assert!(html(&unknown).contains("kept no cookie"));
        let reply = browser.send("/contact", &form).await;
        assert_eq!(reply.status, StatusCode::OK);
        let page = html(&reply);
        assert!(page.contains("stolen just now") && page.contains("http://desk.test/t/"));
        let link = page.split("http://desk.test/t/").nth(1).unwrap().split('<').next().unwrap().to_owned();
        let again = html(&browser.send("/contact", &form).await);
        assert!(again.contains(&link) && again.matches("stolen just now").count() == 1, "one message");
        browser.keeps_cookies = true;
        let path = location(&browser.get(&format!("/t/{link}")).await);
        assert!(browser.page(&path).await.contains("stolen just now"));
    }

    async fn a_secret_puts_the_steps_first(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "en");
        let receipt = browser.ask("pending", &format!("my words are {PHRASE}")).await;
        assert!(receipt.ends_with("&secret=recovery_phrase"), "{receipt}");
        for path in [receipt.as_str(), path_of(&receipt)] {
            let page = browser.page(path).await;
            before(&page, "Treat this wallet as lost", "<h1");
            assert!(page.contains("Recovery phrase removed (12 words)") && page.contains("Money at risk"));
            assert!(!page.contains("abandon") && !page.contains("redacted"));
        }
        let keystore = br#"{"version":3,"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","address":"008aeeda4d805471df9b2a5b0f38a0c3bcba786b","crypto":{"ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c","cipherparams":{"iv":"83dbcc02d8ccb40e466191a123791e0e"},"cipher":"aes-128-ctr","kdf":"scrypt","kdfparams":{"dklen":32,"n":262144,"r":1,"p":8,"salt":"ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"},"mac":"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"}}"#;
        let mut other = Browser::new(&server, "en");
        let form = Form::of(&other.page("/contact?type=import").await).with("text", "see the file").file("key.json", keystore);
        let receipt = location(&other.send("/contact", &form).await);
        assert!(receipt.ends_with("&secret=keystore"), "{receipt}");
        before(&other.page(path_of(&receipt)).await, "Treat this wallet as exposed", "<h1");
        before(&other.page(&receipt).await, "keystore file left your device", "<h1");
    }

    async fn a_key_that_was_taken_out_of_a_file_puts_the_steps_first(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "en");
        // A key of many examples (web3.js documentation, `privateKeyToAccount`), and its address.
        let log = "transaction hash: 0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
        let form = Form::of(&browser.page("/contact?type=pending").await)
            .with("text", "It does not arrive")
            .file("app.log", log.as_bytes());
        let receipt = location(&browser.send("/contact", &form).await);
        let path = path_of(&receipt).to_owned();
        assert!(!browser.page(&path).await.contains("Treat this wallet as lost"));
        let reply = Form::of(&browser.page(&path).await).with("text", "to 0x2c7536E3605D9C16a7a3D7b1898e529396a65c23");
        let told = location(&browser.send(&path, &reply).await);
        assert!(told.ends_with("&secret=private_key"), "{told}");
        // Also when the page is opened later.
        let page = browser.page(&path).await;
        inert(&page);
        before(&page, "Treat this wallet as lost", "<h1");
        assert!(page.contains("A private key was found in a file of this conversation"), "{page}");
    }

    async fn hostile_words_stay_words(store) {
        let server = TestServer::start(&store).await;
        let who = agent(&server).await;
        for (at, text) in HOSTILE.iter().enumerate() {
            let mut browser = Browser::new(&server, "en");
            let form = Form::of(&browser.page("/contact?type=pending").await)
                .with("text", &format!("{text} 0x71C7656EC7ab88b098defB751B7401B5f6d8976F {text}"))
                .with("chain", text)
                .with("transaction", text)
                .with("name", text)
                .file(&format!("{}.txt", text.replace('\0', "")), b"x");
            let bad = browser.send("/contact", &form.clone().with("email", text)).await;
            assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
            inert(&html(&bad));
            let shown = tags(&html(&bad));
            let value = |name: &str| {
                let has = |tag: &&Tag| tag.attributes.contains(&("name".into(), name.into()));
                let tag = shown.iter().find(has).unwrap();
                tag.attributes.iter().find(|(n, _)| n == "value").unwrap().1.clone()
            };
            assert_eq!(value("chain"), text.trim(), "typed words come back as they were");
            let receipt = location(&browser.send("/contact", &form).await);
            let id = request_id(&browser, path_of(&receipt)).await;
            answer(&server, &who, id, &format!("{at} {text} https://x.example/{text}"), Then::Waiting).await;
            for path in [receipt.clone(), format!("{}?view=print", path_of(&receipt)), "/".into(), "/contact".into()] {
                inert(&browser.page(&path).await);
            }
        }
        let mut browser = Browser::new(&server, "en");
        for text in HOSTILE {
            let encoded = text.bytes().map(|b| format!("%{b:02X}")).collect::<Vec<_>>().concat();
            for path in ["/t?number=", "/contact?type=pending&chain=", "/contact?type=", "/?lang=", "/t/", "/docs/problems/"] {
                inert(&html(&browser.get(&format!("{path}{encoded}")).await));
            }
        }
    }

    async fn every_state_says_what_comes_next(store) {
        let server = TestServer::start(&store).await;
        let who = agent(&server).await;
        let mut browser = Browser::new(&server, "zh-CN");
        let path = path_of(&browser.ask("pending", "等了两小时").await).to_owned();
        let id = request_id(&browser, &path).await;
        answer(&server, &who, id, "请点加速：https://help.example/a", Then::Waiting).await;
        let page = browser.page(&path).await;
        inert(&page);
        for expected in ["客服已回复", "官方客服", "Lin &#60;b&#62;", "href=\"https://help.example/a\" rel=\"noopener"] {
            assert!(page.contains(expected), "{expected}");
        }
        answer(&server, &who, id, "应该好了", Then::Solved).await;
        let page = browser.page(&path).await;
        assert!(page.contains("没有解决？") && page.contains("客服标记为已解决。"));
        let form = Form::of(&page).with("text", "还是不行");
        assert_eq!(path_of(&location(&browser.send(&path, &form).await)), path);
        let page = browser.page(&path).await;
        assert!(page.contains("问题已重新打开。") && page.contains("等待客服回复"));
        let empty = browser.send(&path, &Form::of(&page).with("text", "")).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        transition(&server.desk, &who, id, Transition::Close, None).await.unwrap();
        let page = browser.page(&path).await;
        assert!(page.contains("已关闭") && page.contains("会新建一个问题"));
        let next = location(&browser.send(&path, &Form::of(&page).with("text", "还有一件事")).await);
        assert_ne!(path_of(&next), path);
        let page = browser.page(&next).await;
        assert!(page.contains("这是另一个已关闭问题的后续：") && page.contains(&format!("href=\"{path}\"")));
    }

    async fn long_records_are_shown_in_stretches_and_printed_whole(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "en");
        let path = path_of(&browser.ask("other", "第 0 句").await).to_owned();
        let (number, secret) = (path.trim_start_matches("/t/").parse().unwrap(), browser.cookies.values().next_back().unwrap());
        let visitor = standfast_desk::Customer::Visitor(standfast_desk::Visitor::new(secret).unwrap());
        for at in 1..=230 {
            let words = standfast_desk::FollowUp {
                client_id: format!("w{at}"),
                text: format!("第 {at} 句"),
                ..standfast_desk::FollowUp::default()
            };
            standfast_desk::follow_up(&server.desk, &visitor, number, words).await.unwrap();
        }
        let mut seen = BTreeSet::new();
        let mut next = path.clone();
        loop {
            let page = browser.page(&next).await;
            seen.extend((0..=230).filter(|at| page.contains(&format!(">第 {at} 句<"))));
            assert_eq!(page.contains("Latest messages"), next != path, "{next} {:?}", seen.len());
            let Some(more) = page.split("?from=").nth(1).filter(|_| page.contains("Earlier messages")) else { break };
            next = format!("{path}?from={}", more.split('"').next().unwrap());
        }
        assert_eq!(seen.len(), 231);
        let printed = browser.page(&format!("{path}?view=print")).await;
        assert_eq!((0..=230).filter(|at| printed.contains(&format!(">第 {at} 句<"))).count(), 231);
        assert!(!printed.contains("<form") && printed.contains("Printed "));
    }

    async fn pages_speak_the_language_that_was_chosen(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "fr, zh;q=0.5");
        let page = browser.page("/").await;
        assert!(page.contains("<html lang=\"zh-CN\">") && page.contains("客服绝不会索要您的助记词。"));
        before(&page, "资产正在被转走？", "写给我们");
        assert!(browser.page("/?lang=en").await.contains("We never ask for your recovery phrase."));
        let reply = browser.get("/contact?type=swap").await;
        assert_eq!(reply.headers["content-language"], "en", "remembered");
        let page = html(&reply);
        assert!(page.contains("href=\"/contact?lang=zh-CN&#38;type=swap\""), "the same page in Chinese");
        inert(&page);
    }

    async fn references_show_all_there_is(store) {
        let server = TestServer::start(&store).await;
        for language in ["zh-CN", "en"] {
            let mut browser = Browser::new(&server, language);
            let page = browser.page("/docs/api").await;
            inert(&page);
            let document = serde_json::to_value(crate::openapi()).unwrap();
            for (path, item) in document["paths"].as_object().unwrap() {
                let shown = path.replace('{', "&#123;").replace('}', "&#125;");
                assert!(page.contains(path) || page.contains(&shown), "{path}");
                assert!(item.as_object().is_some_and(|item| !item.is_empty()));
            }
            for name in document["components"]["schemas"].as_object().unwrap().keys() {
                assert!(page.contains(&format!("id=\"schema-{}\"", name.to_lowercase())), "{name}");
            }
            let ids: Vec<String> = tags(&page).into_iter().flat_map(|tag| tag.attributes).filter(|(n, _)| n == "id").map(|(_, v)| v).collect();
            assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "ids are unique");
            let list = browser.page("/docs/problems").await;
            for (code, _) in crate::problem::CODES {
                assert!(list.contains(&format!("/docs/problems/{code}")));
                inert(&browser.page(&format!("/docs/problems/{code}")).await);
            }
            assert_eq!(browser.get("/docs/problems/none").await.status, StatusCode::NOT_FOUND);
        }
        let style = server.get("/page.css", &[]).await;
        let text = html(&style);
        assert!(text.contains("--accent") && text.contains("@media print"));
        assert_eq!(text.matches('{').count(), text.matches('}').count());
        assert!(html(&server.get("/robots.txt", &[]).await).contains("Disallow: /t"));
    }
}

/// What people try, and what could be taken for something else by careless code.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onfocus='alert(1)' autofocus='",
    "</textarea></title></style><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7*7 }}{% include \"x\" %}",
    "&lt;script&gt; &#60;b&#62; &amp;",
    "⟦redacted:<b>⟧ ⟦redacted:seed⟧\u{202e}gnp.exe",
    "https://x.example/\"onmouseover=\"alert(1)",
    "\u{feff}<!--\u{0}--><iframe srcdoc='<script>'>",
];

/// Every text that pages ask for is there, and every text there is asked for.
#[test]
fn texts_and_pages_fit_together() {
    let root = env!("CARGO_MANIFEST_DIR");
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    let mut sources = String::new();
    for folder in ["src/pages", "templates"] {
        for file in std::fs::read_dir(format!("{root}/{folder}")).unwrap() {
            let path = file.unwrap().path();
            if path.is_file() && path.file_name().is_some_and(|name| name != "tests.rs" && name != "page.css")
            {
                sources.push_str(&read(&path));
            }
        }
    }
    // What the desk says on other ways stands with the texts of the pages.
    for file in ["src/api/desk.rs", "../desk/src/incident/delivery.rs", "../desk/src/roster/calendar.rs"] {
        sources.push_str(&read(std::path::Path::new(&format!("{root}/{file}"))));
    }
    let catalogue: BTreeMap<String, String> =
        serde_json::from_str(&read(std::path::Path::new(&format!("{root}/../../locales/en/page.json"))))
            .unwrap();
    let mut asked = BTreeSet::new();
    for call in ["say(\"", "fill(\"", "with(\"", "count(\""] {
        for part in sources.split(call).skip(1) {
            let key = part.split('"').next().unwrap();
            if key.contains('.') || catalogue.contains_key(key) {
                asked.insert(key.to_owned());
            }
        }
    }
    for key in &asked {
        let there = catalogue.contains_key(key) || catalogue.contains_key(&format!("{key}_other"));
        assert!(
            there
                || key.ends_with('.')
                || !key.chars().all(|c| c.is_ascii_lowercase() || c == '.' || c == '_'),
            "{key} is missing"
        );
    }
    for key in catalogue.keys() {
        let stem = key.trim_end_matches("_one").trim_end_matches("_other");
        // Keys made from a code are asked for by their beginning.
        let by_code = [
            "mark.",
            "state.",
            "contact.group.",
            "steps.",
            "api.in.",
            "api.who.",
            "time.",
            "request.",
            "feedback.score.",
            "feedback.reason.",
            "feedback.thanks.",
            "status.phase.",
            "status.language.",
            "status.channel.",
            "subscription.",
            "mail.stop",
            "mail.thanks.",
        ];
        let known = asked.contains(stem)
            || sources.contains(&format!("\"{stem}\""))
            || sources.contains(&format!("\"page.{stem}\""))
            || stem.strip_suffix(".short").is_some_and(|stem| sources.contains(&format!("\"{stem}\"")))
            || by_code.iter().any(|p| stem.starts_with(p));
        assert!(known, "{key} is never used");
    }
    for language in Language::ALL {
        let words = Words { language };
        assert!(words.duration(60) != "time.minute" && !words.say("safety").is_empty());
    }
}
