//! A log with the rows of a long time. They are written with SQL, because a test cannot wait for a year.

use clearhook::domain::timestamp::Timestamp;
use serde_json::Value;

use crate::support::database::TestDatabase;

/// Callbacks `gap_ms` apart, the newest at `newest`. Of ten, the 4th timed out and the 8th got 503; three began at the same time.
/// Every hundredth is of `visit_event.created`.
pub(crate) async fn history(database: &TestDatabase, webhook: &Value, newest: Timestamp, gap_ms: i64, count: usize) {
    let id = webhook["id"].as_str().unwrap();
    let (uuid, random) = if database.url.starts_with("postgres") {
        (format!("'{id}'::uuid"), "gen_random_uuid()")
    } else {
        (format!("x'{}'", id.replace('-', "")), "randomblob(16)")
    };
    let ms = newest.0;
    let days = gap_ms * i64::try_from(count).unwrap() / 86_400_000;
    database
        .months((0..=days / 28 + 1).map(|back| Timestamp(ms - back * 28 * 86_400_000)))
        .await;
    database
        .execute(&format!(
            "INSERT INTO callbacks (id, delivery_id, event_id, webhook_id, event_type, url, callback_date, attempt, \"trigger\", outcome, \
             status, response, duration_ms, request_headers, response_truncated) \
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) \
             SELECT {random}, {random}, {random}, {uuid}, CASE WHEN i % 100 = 99 THEN 'visit_event.created' ELSE 'identity.created' END, \
             'https://example.com/hook?n=' || i, {ms} - (i / 3) * 3 * CAST({gap_ms} AS BIGINT), 1, 'event', \
             CASE WHEN i % 10 IN (3, 7) THEN 'failed' ELSE 'succeeded' END, \
             CASE i % 10 WHEN 3 THEN NULL WHEN 7 THEN 503 ELSE 200 END, \
             CASE i % 10 WHEN 3 THEN 'TimedOut' WHEN 7 THEN 'ServiceUnavailable' ELSE 'OK' END, 20 + i % 10, '[]', \
             CASE WHEN i < 0 THEN TRUE ELSE FALSE END FROM n"
        ))
        .await;
    database
        .execute(
            "INSERT INTO webhook_stats (webhook_id, hour, latency, succeeded, failed) \
             SELECT webhook_id, callback_date / 3600000, 18, SUM(CASE WHEN outcome = 'failed' THEN 0 ELSE 1 END), \
             SUM(CASE WHEN outcome = 'failed' THEN 1 ELSE 0 END) FROM callbacks GROUP BY 1, 2",
        )
        .await;
}
