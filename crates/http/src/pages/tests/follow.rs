//! Pages that keep themselves as they are now while somebody looks at them.

use http::StatusCode;
use standfast_desk::Then;
use standfast_store::{request, store_test};

use super::browser::{Browser, Form, Tag, agent, answer, inert, path_of, request_id, tags};
use crate::testing::TestServer;

/// What of a page has an attribute, with its value.
fn marked(page: &str, name: &str) -> Vec<String> {
    let of = |tag: Tag| tag.attributes.into_iter().find(|(other, _)| other == name).map(|(_, value)| value);
    tags(page).into_iter().filter_map(of).collect()
}

store_test! {
    async fn what_a_page_asks_for_by_itself_says_what_is_new_and_reads_nothing(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "en");
        let lin = agent(&server).await;
        let path = browser.ask("pending", "Where is my transfer?").await;
        let path = path_of(&path).to_owned();
        let id = request_id(&browser, &path).await;
        let read = || async { store.read(move |rd| request::find(rd, id)).await.unwrap().unwrap().customer_read_seq };
        let page = browser.page(&path).await;
        inert(&page);
        let [seen] = marked(&page, "data-seen").try_into().unwrap();
        let parts = ["news", "state", "risk", "next", "feedback", "facts", "onward", "reply-title", "reply-lead", "complaint"];
        assert_eq!(marked(&page, "data-follow"), parts, "and the form for words is not among them");
        assert_eq!(marked(&page, "data-record"), ["earlier", "entries"], "both or none are put in anew");
        assert!(!page.contains("id=\"feedback\""), "nothing to ask yet");
        let before = read().await;
        answer(&server, &lin, id, "It has arrived.", Then::Waiting).await;
        let now = browser.page(&format!("{path}?seen={seen}")).await;
        assert!(now.contains("There is something new in this request.") && now.contains("We have answered"), "{now}");
        assert_eq!((marked(&now, "data-seen"), read().await), (vec![seen], before), "nobody has read it yet");
        // Whoever opens it has, and nothing is new then.
        let shown = browser.page(&path).await;
        assert!(!shown.contains("There is something new") && read().await > before);
        // What is sent from there on answers that: the same words are other words.
        let id_of = |page: &str| Form::of(page).fields.into_iter().find(|(name, _)| name == "form");
        assert!(id_of(&page).is_some() && id_of(&page) != id_of(&shown));
        let [seen] = marked(&shown, "data-seen").try_into().unwrap();
        assert!(!browser.page(&format!("{path}?seen={seen}")).await.contains("There is something new"));
        // What is printed, what is looked up from before, and what came back with a mistake stays as it is.
        for other in [format!("{path}?view=print"), format!("{path}?from=1")] {
            assert!(!browser.page(&other).await.contains("<script"), "{other}");
        }
        let (status, wrong) = browser.tell(&path, &Form::of(&shown).with("text", " ")).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && !wrong.contains("<script"), "{wrong}");
    }

    async fn what_a_page_asks_for_by_itself_comes_in_its_own_language_and_chooses_none(store) {
        let server = TestServer::start(&store).await;
        let cookie = ("cookie", "standfast_lang=en");
        let own = server.get("/status?lang=zh-CN&follow=1", &[cookie]).await;
        assert_eq!((&own.headers["content-language"], own.headers.get("set-cookie")), (&"zh-CN".parse().unwrap(), None));
        assert!(own.headers["cache-control"].to_str().unwrap().contains("public"), "and may be kept");
        let chosen = server.get("/status?lang=zh-CN", &[cookie]).await;
        assert!(chosen.headers["set-cookie"].to_str().unwrap().starts_with("standfast_lang=zh-CN"));
    }

    async fn only_pages_that_follow_may_run_the_script_from_here(store) {
        let server = TestServer::start(&store).await;
        for (path, follows) in [("/status", true), ("/contact", false), ("/t", false), ("/", false)] {
            let reply = server.get(path, &[]).await;
            let policy = reply.headers["content-security-policy"].to_str().unwrap().to_owned();
            let page = String::from_utf8(reply.body.to_vec()).unwrap();
            inert(&page);
            assert_eq!((policy.contains("script-src 'self'"), page.contains("<script")), (follows, follows), "{path}");
            assert!(!policy.contains("unsafe"), "{policy}");
        }
        let script = server.get(crate::pages::style::follow_href(), &[]).await;
        assert_eq!((script.status, script.headers["content-type"].to_str().unwrap()), (StatusCode::OK, "text/javascript; charset=utf-8"));
    }
}
