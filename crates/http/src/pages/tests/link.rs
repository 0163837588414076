//! Secret links, and requests that are somebody else's.

use std::collections::BTreeSet;

use http::StatusCode;
use standfast_desk::merge;
use standfast_store::store_test;

use super::browser::{Browser, Form, agent, html, location, path_of, request_id};
use crate::testing::TestServer;

store_test! {
    async fn the_link_of_a_merged_request_leads_on_from_any_device(store) {
        let server = TestServer::start(&store).await;
        let (mut browser, mut elsewhere) = (Browser::new(&server, "en"), Browser::new(&server, "en"));
        let target = path_of(&browser.ask("swap", "my swap failed").await).to_owned();
        let form = Form::of(&browser.page("/contact?type=balance").await).with("text", "balance").with("about", "new");
        let receipt = location(&browser.send("/contact", &form).await);
        let page = browser.page(&receipt).await;
        let link = page.split("http://desk.test").nth(1).unwrap().split('<').next().unwrap().to_owned();
        let source = request_id(&browser, path_of(&receipt)).await;
        let into = target.trim_start_matches("/t/").parse().unwrap();
        merge(&server.desk, &agent(&server).await, source, into).await.unwrap();
        let merged = location(&elsewhere.get(&link).await);
        let page = elsewhere.page(&merged).await;
        let onward = format!("href=\"{target}/");
        let onward = page.split(&onward).nth(1).unwrap().split('"').next().unwrap();
        let arrived = location(&elsewhere.get(&format!("{target}/{onward}")).await);
        assert_eq!(arrived, target);
        assert!(elsewhere.page(&target).await.contains("my swap failed"));
        assert_eq!(page.matches(&format!("href=\"{target}\"")).count(), 0, "no dead end");
    }

    async fn the_secret_link_opens_one_request_and_leaves_the_address(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "en");
        let receipt = browser.ask("balance", "where is my USDT").await;
        let page = browser.page(&receipt).await;
        let link = page.split("http://desk.test").nth(1).unwrap().split('<').next().unwrap().to_owned();
        let mut elsewhere = Browser::new(&server, "en");
        let lost = elsewhere.get(path_of(&receipt)).await;
        assert_eq!(lost.status, StatusCode::NOT_FOUND);
        let opened = elsewhere.get(&link).await;
        assert_eq!(location(&opened), path_of(&receipt));
        assert_eq!(opened.headers["referrer-policy"], "no-referrer");
        assert_eq!(elsewhere.cookies.keys().next().unwrap().1, path_of(&receipt), "the cookie is for this page");
        let page = elsewhere.page(path_of(&receipt)).await;
        assert!(page.contains("where is my USDT") && page.contains("noindex"));
        let form = Form::of(&page).with("text", "said through the link").file("a.txt", b"text");
        let sent = location(&elsewhere.send(path_of(&receipt), &form).await);
        assert_eq!(path_of(&sent), path_of(&receipt));
        let page = browser.page(path_of(&receipt)).await;
        assert!(page.contains("said through the link"));
        // Spelt otherwise, a number leads to the page with its own spelling, which the cookie is for.
        let spelt = path_of(&receipt).to_lowercase().replace('-', "");
        assert_eq!(location(&browser.get(&spelt).await), path_of(&receipt));
        let file = page.split("href=\"").find(|part| part.contains("/files/")).unwrap().split('"').next().unwrap();
        let bytes = browser.get(file).await;
        assert_eq!((bytes.status, &bytes.body[..]), (StatusCode::OK, &b"text"[..]));
        assert!(bytes.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
        assert_eq!(Browser::new(&server, "en").get(file).await.status, StatusCode::NOT_FOUND);
    }

    async fn nothing_tells_foreign_requests_from_none(store) {
        let server = TestServer::start(&store).await;
        let mut owner = Browser::new(&server, "zh-CN");
        let path = path_of(&owner.ask("other", "我的事").await).to_owned();
        let mut stranger = Browser::new(&server, "zh-CN");
        stranger.ask("other", "别的事").await;
        let nobody = format!("/t/{}", standfast_domain::RequestNumber::random(&**server.desk.entropy()));
        let mut bodies = BTreeSet::new();
        for path in [path.as_str(), &nobody, "/t/K7M", &format!("{path}/AAAAAAAAAAAAAAAAAAAAAA"), &format!("{nobody}/x")] {
            let reply = stranger.get(path).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(reply.headers["cache-control"], "no-store");
            bodies.insert(html(&reply));
        }
        assert_eq!(bodies.len(), 1, "{bodies:#?}");
        let form = Form::of(&stranger.page("/contact?type=other").await).with("text", "x");
        let refused = stranger.send(&path, &form).await;
        assert_eq!((refused.status, bodies.contains(&html(&refused))), (StatusCode::NOT_FOUND, true));
        for (typed, said) in [("K7M", "10 位"), ("K7M39QX24O", "“O”"), ("2222222223", "有一位不对")] {
            let reply = stranger.get(&format!("/t?number={typed}")).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(html(&reply).contains(said), "{}", html(&reply));
        }
    }
}
