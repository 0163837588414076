//! Asking to be told by mail on the page of a request, and the link that ends it.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;
use standfast_desk::{Then, answer_letter};
use standfast_domain::{RequestId, Role};
use standfast_store::{Error, Rd, answer_mail, store_test};

use super::browser::{
    Browser, Form, PHRASE, agent, answer, before, html, inert, location, path_of, request_id,
};
use crate::testing::TestServer;

impl Browser<'_> {
    /// Sends the page's form for mail, and looks at what comes.
    async fn mails(&mut self, path: &str, page: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let all = Form::to(page, |action| action.ends_with("/mail"));
        let mut form = Form { fields: all.fields.into_iter().take(3).collect(), files: Vec::new() };
        for (name, value) in fields {
            form = form.with(name, value);
        }
        let headers =
            [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        let reply = self.call(Method::POST, &format!("{path}/mail"), &headers, form.plain()).await;
        if reply.status != StatusCode::SEE_OTHER {
            return (reply.status, html(&reply));
        }
        let next = location(&reply);
        (reply.status, self.page(&next).await)
    }
}

async fn told(server: &TestServer, id: RequestId) -> Option<String> {
    let read = move |rd: &mut Rd| answer_mail::find(rd, id);
    server.desk.store().read::<_, Error, _>(read).await.unwrap().map(|row| row.address)
}

store_test! {
    async fn an_address_is_typed_corrected_masked_and_taken_back(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "zh-CN");
        let path = path_of(&browser.ask("pending", "转账没有到账").await).to_owned();
        let id = request_id(&browser, &path).await;
        let page = browser.page(&path).await;
        inert(&page);
        assert!(page.contains("<summary>有回复时发邮件告诉我</summary>"), "{page}");
        for wrong in ["lena@", "lena@localhost", "<b>x", &format!("{PHRASE}@wallet.example")] {
            let (status, again) = browser.mails(&path, &page, &[("do", "typed"), ("email", wrong)]).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
            assert!(again.contains("这不是邮箱地址") && !again.contains("abandon") && !again.contains("<b>x"), "{again}");
        }
        // What looks like a key is none.
        let key = format!("{}@wallet.example", "4".repeat(64));
        let (status, again) = browser.mails(&path, &page, &[("do", "typed"), ("email", &key)]).await;
        assert_eq!((status, again.contains(&"4".repeat(64))), (StatusCode::UNPROCESSABLE_ENTITY, false));
        assert_eq!(told(&server, id).await, None);
        let (_, page) = browser.mails(&path, &page, &[("do", "typed"), ("email", "lena@Wallet.example")]).await;
        assert!(page.contains("已记下。有回复时会发邮件告诉您。") && page.contains("l…@wallet.example") && !page.contains("lena@"), "{page}");
        assert_eq!(told(&server, id).await.as_deref(), Some("lena@wallet.example"));
        // Not from elsewhere, without the page's seal, or by somebody else.
        let (status, _) = browser.mails(&path, &page, &[("do", "end"), ("token", "AAAA")]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        let (status, _) = Browser::new(&server, "zh-CN").mails(&path, &page, &[("do", "end")]).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (status, _) = browser.mails(&path, &page, &[("do", "all")]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told(&server, id).await.is_some());
        let (_, page) = browser.mails(&path, &page, &[("do", "end")]).await;
        assert!(page.contains("这个问题不再发邮件。") && told(&server, id).await.is_none(), "{page}");
        // Whoever is told stays so when the request is solved; then it is not offered any more.
        let (_, page) = browser.mails(&path, &page, &[("do", "typed"), ("email", "lena@wallet.example")]).await;
        answer(&server, &agent(&server).await, id, "已经到账了。", Then::Solved).await;
        let solved = browser.page(&path).await;
        assert!(solved.contains("l…@wallet.example"));
        let (_, page) = browser.mails(&path, &page, &[("do", "end")]).await;
        assert!(!page.contains("有回复时发邮件告诉我"), "{page}");
        let (status, again) = browser.mails(&path, &solved, &[("do", "typed"), ("email", "lena@wallet.example")]).await;
        assert_eq!((status, told(&server, id).await), (StatusCode::CONFLICT, None), "{again}");
    }

    async fn it_stands_first_where_an_answer_is_promised_with_the_address_that_is_known(store) {
        let server = TestServer::start(&store).await;
        let lead = server.agent("lin", Role::Lead).await;
        let mut plan = lead.get("/api/v1/console/surge").await.json()["plan"].clone();
        plan["storm"] = json!({"banner": {"zh-CN": "", "en": ""}, "answer": {"zh-CN": "", "en": ""}, "help_first": false, "promise_hours": 6});
        let kept = lead.put("/api/v1/console/surge/plan", &json!({"version": 0, "plan": plan})).await;
        assert_eq!(kept.status, StatusCode::OK, "{}", kept.text());
        let until = server.desk.now().plus(Duration::from_hours(1));
        lead.post("/api/v1/console/surge/hold", &json!({"level": "storm", "until": until, "reason": "The fork is at noon."})).await;
        let mut browser = Browser::new(&server, "en");
        let form = Form::of(&browser.page("/contact?type=pending").await);
        let form = form.with("text", "Where is it?").with("email", "Lars.B@wallet.example");
        let receipt = location(&browser.send("/contact", &form).await);
        let page = browser.page(&receipt).await;
        inert(&page);
        before(&page, "within 6 hours", "Tell me by mail when there is an answer");
        before(&page, "Tell me by mail when there is an answer", "How to come back");
        assert!(page.contains("Tell me at L…@wallet.example") && !page.contains("Lars.B"), "{page}");
        let path = path_of(&receipt).to_owned();
        let page = browser.page(&path).await;
        before(&page, "id=\"mail-title\"", "class=\"facts\"");
        let (_, page) = browser.mails(&path, &page, &[("do", "known")]).await;
        assert!(page.contains("a mail goes to L…@wallet.example"), "{page}");
        assert_eq!(told(&server, request_id(&browser, &path).await).await.as_deref(), Some("Lars.B@wallet.example"));
        // Not for assets at risk: what they read first are the steps.
        let risk = browser.ask("theft", "Somebody is taking my coins").await;
        assert!(!browser.page(&risk).await.contains("<h3 id=\"mail\">"));
    }

    async fn the_link_of_a_mail_ends_it_by_its_button_or_one_click(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "en");
        let path = path_of(&browser.ask("pending", "Where is it?").await).to_owned();
        let id = request_id(&browser, &path).await;
        let page = browser.page(&path).await;
        browser.mails(&path, &page, &[("do", "typed"), ("email", "lena@wallet.example")]).await;
        answer(&server, &agent(&server).await, id, "Soon.", Then::Waiting).await;
        let letter = answer_letter(&server.desk, id).await.unwrap().unwrap();
        let stop = letter.stop.replace("http://desk.test", "");
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let stranger = &mut Browser::new(&server, "en");
        for path in ["/mail/stop/x", &format!("/mail/stop/{}", "A".repeat(43))] {
            assert_eq!(stranger.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
            let sent = stranger.call(Method::POST, path, &form, b"do=stop".to_vec()).await;
            assert_eq!(sent.status, StatusCode::NOT_FOUND, "{path}");
        }
        let page = stranger.page(&stop).await;
        inert(&page);
        assert!(page.contains("No more mail about answers?") && page.contains("noindex") && !page.contains("lena"), "{page}");
        assert!(told(&server, id).await.is_some(), "looking changes nothing");
        let sent = stranger.call(Method::POST, &stop, &form, b"List-Unsubscribe=One-Click".to_vec()).await;
        assert_eq!((sent.status, told(&server, id).await), (StatusCode::OK, None));
        let sent = stranger.call(Method::POST, &stop, &form, b"do=stop".to_vec()).await;
        assert!(sent.status == StatusCode::OK && html(&sent).contains("We do not tell this address"), "{}", html(&sent));
        // The request is as it was.
        assert!(browser.page(&path).await.contains("Where is it?"));
    }
}
