//! Conformance with CloudEvents 1.0.2, requirement by requirement (`docs/cloudevents.md`), and the official SDKs as publishers.

mod attributes;
mod binary_mode;
mod identity;
mod json_format;
mod modes;
mod plain_json;
mod sdks;
mod stage;

use std::collections::BTreeSet;

/// Makes one test of each async function, on SQLite: what is read from a request does not depend on the database.
macro_rules! conformance {
    ($($name:ident)*) => {
        /// The tests of this file, to compare with the document.
        pub(super) const TESTS: &[&str] = &[$(stringify!($name)),*];
        $(
            mod $name {
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn sqlite() {
                    super::$name(crate::cloudevents::stage::Stage::set().await).await;
                }
            }
        )*
    };
}

use conformance;

/// The document names exactly the tests of the suite.
#[test]
fn every_test_in_cloudevents_md_exists() {
    let document = include_str!("../../docs/cloudevents.md");
    let (mut named, mut requirements) = (BTreeSet::new(), 0);
    for row in document
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| section") && !line.starts_with("| ---"))
    {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [section, requirement, tests] = cells[..] else {
            panic!("not three cells: {row}");
        };
        assert!(!section.is_empty() && requirement.ends_with('.'), "{row}");
        requirements += 1;
        if let Some(reason) = tests.strip_prefix("not applicable: ") {
            assert!(!reason.is_empty(), "{row}");
            continue;
        }
        for test in tests.split(", ") {
            let test = test.strip_prefix('`').and_then(|test| test.strip_suffix('`'));
            named.insert(test.unwrap_or_else(|| panic!("no test is named: {row}")));
        }
    }
    assert!(requirements > 50, "{requirements} requirements");
    let suites = [
        json_format::TESTS,
        modes::TESTS,
        binary_mode::TESTS,
        attributes::TESTS,
        identity::TESTS,
    ];
    let tests: BTreeSet<&str> = suites.concat().into_iter().collect();
    let unknown: Vec<_> = named.difference(&tests).collect();
    let unnamed: Vec<_> = tests.difference(&named).collect();
    assert!(
        unknown.is_empty() && unnamed.is_empty(),
        "not there: {unknown:?}; not in the document: {unnamed:?}"
    );
}
