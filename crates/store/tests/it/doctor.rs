//! What is in force, and that erased content leaves the files.

use std::time::Duration;

use standfast_store::{Dialect, Error, Lane, params, store_test};

store_test! {
    async fn the_guarantee_is_read_back(store) {
        let guarantee = store.inspect(10).await.unwrap();
        assert_eq!(guarantee.durable, "local");
        assert!(guarantee.commit_p50 > Duration::ZERO && guarantee.commit_p50 <= guarantee.commit_p99);
        match store.dialect() {
            Dialect::Sqlite => {
                assert_eq!((guarantee.journal_mode.as_str(), guarantee.synchronous.as_str()), ("wal", "FULL"));
                assert!(guarantee.free_bytes.unwrap() > 0 && guarantee.wal_bytes.unwrap() > 0);
            }
            Dialect::Postgres => {
                assert_eq!((guarantee.journal_mode.as_str(), guarantee.synchronous.as_str()), ("replica", "on"));
                assert_eq!(guarantee.warnings, Vec::<String>::new());
            }
        }
    }

    async fn erased_text_leaves_the_files(store) {
        const SECRET: &str = "canary-7c1f-abandon-abandon-about";
        store
            .write::<_, Error, _>(Lane::Ordinary, 0, |tx| {
                tx.run("INSERT INTO setting (name, value) VALUES ('text', $1)", params![format!("{SECRET}{}", "x".repeat(9_000))])
            })
            .await
            .unwrap();
        let holds = |store: &standfast_store::testing::TestStore| {
            let directory = store.directory().unwrap();
            std::fs::read_dir(directory).unwrap().any(|file| {
                let bytes = std::fs::read(file.unwrap().path()).unwrap();
                bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
            })
        };
        if store.dialect() == Dialect::Sqlite {
            assert!(holds(&store));
        }
        store
            .write::<_, Error, _>(Lane::Ordinary, 0, |tx| tx.run("UPDATE setting SET value = '' WHERE name = 'text'", params![]))
            .await
            .unwrap();
        assert!(store.scrub(&["setting"]).await.unwrap());
        if store.dialect() == Dialect::Sqlite {
            assert!(!holds(&store));
        }
    }
}
