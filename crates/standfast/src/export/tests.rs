use ::parquet as parquet_crate;
use parquet_crate::file::reader::{FileReader as _, SerializedFileReader};
use parquet_crate::record::RowAccessor as _;

use super::*;
use crate::import::tests::{config, import_text};

const MAP: &str = "source = \"old\"\n[columns]\nid = \"id\"\ncreated = \"created\"\nanswered = \"answered\"\nregion = \"region\"\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_files_hold_every_request_as_it_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let table = "id,created,answered,region\n1,2020-05-01T10:00:00Z,2020-05-01T10:01:30Z,cn\n2,2021-05-01T10:00:00Z,,=1+1\n";
    import_text(&config(folder.path()), MAP, table).await.unwrap();
    let (parquet, table) = (folder.path().join("facts.parquet"), folder.path().join("facts.csv"));
    for (file, format) in [(&parquet, Format::Parquet), (&table, Format::Csv)] {
        let command = ExportCommand::Facts { file: file.clone(), format };
        assert_eq!(export(&config(folder.path()), command).await.unwrap(), ExitCode::SUCCESS);
    }
    let mut reader = csv::Reader::from_path(&table).unwrap();
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let mut rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    // Both were written at once: which has the lower id is chance.
    rows.sort_by_key(|row| row[2].to_owned());
    let cell =
        |row: usize, name: &str| rows[row][names.iter().position(|known| known == name).unwrap()].to_owned();
    assert_eq!((names.len(), rows.len()), (COLUMNS.len(), 2));
    assert_eq!(cell(0, "created_at"), "2020-05-01T10:00:00.000Z");
    assert_eq!((cell(0, "response_seconds"), cell(1, "response_seconds")), ("90".to_owned(), String::new()));
    assert_eq!((cell(0, "region"), cell(1, "region")), ("CN".to_owned(), "other".to_owned()));
    assert_eq!(
        (cell(0, "origin"), cell(0, "answer_known"), cell(0, "solution_known")),
        ("imported".into(), "true".into(), "false".into())
    );

    let reader = SerializedFileReader::new(File::open(&parquet).unwrap()).unwrap();
    let columns: Vec<String> = reader
        .metadata()
        .file_metadata()
        .schema_descr()
        .columns()
        .iter()
        .map(|c| c.name().to_owned())
        .collect();
    assert_eq!(columns, names);
    let mut rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    rows.sort_by_key(|row| row.get_timestamp_micros(2).unwrap());
    assert_eq!(rows.len(), 2);
    let seconds = names.iter().position(|name| name == "response_seconds").unwrap();
    assert_eq!(rows[0].get_long(seconds).unwrap(), 90);
    assert!(rows[1].get_long(seconds).is_err(), "nothing is no number");
    assert_eq!(rows[0].get_timestamp_micros(2).unwrap(), 1_588_327_200_000_000);
    assert_eq!(rows[0].get_string(3).unwrap(), "other");
}

#[test]
fn names_are_no_formulas() {
    for (text, written) in [("swap", "swap"), ("=1+1", "'=1+1"), ("@x", "'@x"), ("-1", "'-1"), ("", "")] {
        assert_eq!(harmless(text), written);
    }
}
