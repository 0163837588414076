//! Units of work on both engines.

use standfast_store::{Error, Lane, params, store_test};

store_test! {
    async fn a_unit_is_committed_before_its_answer(store) {
        let id = 7_i64;
        store
            .write::<_, Error, _>(Lane::Ordinary, id, move |tx| {
                tx.run("INSERT INTO setting (name, value) VALUES ($1, $2)", params!["a", "1"])?;
                let n = tx.execute("UPDATE setting SET value = $2 WHERE name = $1", params!["a", "2"])?;
                assert_eq!(n, 1);
                Ok(())
            })
            .await
            .unwrap();
        let value: String = store
            .read::<_, Error, _>(|rd| rd.query_one("SELECT value FROM setting WHERE name = $1", params!["a"], |row| row.get(0)))
            .await
            .unwrap();
        assert_eq!(value, "2");
    }
}
