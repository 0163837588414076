//! Being asked whether it is solved, rating, and complaining.

use http::StatusCode;
use standfast_desk::{Then, transition};
use standfast_domain::Transition;
use standfast_store::store_test;

use super::browser::{Browser, Form, PHRASE, agent, answer, inert, path_of, request_id};
use crate::testing::TestServer;

store_test! {
    async fn the_page_asks_whether_it_is_solved_and_how_good_the_help_was(store) {
        let server = TestServer::start(&store).await;
        let mut browser = Browser::new(&server, "zh-CN");
        let agent = agent(&server).await;
        let path = browser.ask("pending", "转账没有到账").await;
        let path = path_of(&path).to_owned();
        assert!(!browser.page(&path).await.contains("您的问题解决了吗"));
        let id = request_id(&browser, &path).await;
        answer(&server, &agent, id, "已经到账了。", Then::Solved).await;
        let page = browser.page(&path).await;
        inert(&page);
        assert!(page.contains("您的问题解决了吗？") && !page.contains("name=\"score\""), "first whether it is solved");
        // Not from elsewhere, and not without the page's seal.
        let forged = Form::asking(&page, "solved").with("solved", "yes").with("token", "AAAA");
        assert_eq!(browser.tell(&path, &forged).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        let yes = Form::asking(&page, "solved").with("solved", "yes");
        let (_, page) = browser.tell(&path, &yes).await;
        assert!(page.contains("谢谢您的确认") && page.contains("您已确认问题解决"), "{page}");
        // A rating without a score says so and keeps the words, but no secret.
        let none = Form::asking(&page, "rating").with("comment", &format!("很好 {PHRASE}"));
        let (status, again) = browser.tell(&path, &none).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(again.contains("请选一个分数") && again.contains("很好") && !again.contains("abandon"), "{again}");
        // A reason of another score is refused, not dropped.
        let other = Form::asking(&page, "rating").with("score", "1").with("reason", "fast").with("comment", "等了三天");
        let (status, again) = browser.tell(&path, &other).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(again.contains("这个原因与您选的分数不符") && again.contains("等了三天"), "{again}");
        let given = Form::asking(&page, "rating").with("score", "4").with("reason", "fast").with("comment", "客服很耐心");
        let (_, page) = browser.tell(&path, &given).await;
        assert!(page.contains("谢谢您的评价") && page.contains("您的评价：满意") && page.contains("客服很耐心"), "{page}");
        // Corrected, and back: each is another answer, and sending one twice is not.
        for score in ["2", "4"] {
            let form = Form::asking(&page, "rating").with("score", score);
            browser.tell(&path, &form).await;
            browser.tell(&path, &form).await;
            let page = browser.page(&path).await;
            let chosen = Form::to(&page, |action| action.ends_with("/feedback")).fields;
            assert!(chosen.iter().any(|(name, value)| name == "score" && value == score), "{chosen:?}");
        }
        let page = browser.page(&path).await;
        let form = Form::asking(&page, "complaint").with("complaint", "让我说了三遍");
        let (_, page) = browser.tell(&path, &form).await;
        assert!(page.contains("投诉已收到") && page.contains("让我说了三遍"), "{page}");
        let missing = Form::asking(&page, "complaint").with("complaint", " ");
        assert_eq!(browser.tell(&path, &missing).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        // Who finds that it is not solved after all is heard where words are written.
        answer(&server, &agent, id, "还有别的需要帮忙的吗？", Then::Waiting).await;
        transition(&server.desk, &agent, id, Transition::Solve, None).await.unwrap();
        let page = browser.page(&path).await;
        assert!(page.contains("您的问题解决了吗？"), "a new claim is asked about");
        let no = Form::asking(&page, "solved").with("solved", "no");
        let (_, page) = browser.tell(&path, &no).await;
        assert!(page.contains("问题已重新打开") && page.contains("等待客服回复"), "{page}");
        inert(&page);
        let mut stranger = Browser::new(&server, "zh-CN");
        assert_eq!(stranger.tell(&path, &no).await.0, StatusCode::NOT_FOUND);
    }
}
