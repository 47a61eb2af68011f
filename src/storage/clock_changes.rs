//! Corrects stored times after the clock by which deliveries are due was changed.

use std::{fmt::Write, time::Duration};

use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, sea_query::Expr};

use crate::{
    domain::retry::RetrySchedule,
    storage::{
        Store, StoreError,
        entity::{delivery, webhook},
        raw_sql::statement,
    },
};

/// A row whose `updated_at` is later than now by more than this was written while the clock was ahead.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(60);

impl Store {
    /// Shifts all due times by `by_ms` milliseconds, after the clock by which they are due ([`Store::now`]) was changed by that amount. On SQLite
    /// `exhausted_since` is measured by the node's own clock, so it is shifted too: otherwise a jump forward would disable webhooks.
    /// Returns the number of deliveries it changed.
    pub async fn shift_due(&self, by_ms: i64) -> Result<u64, StoreError> {
        let transaction = self.begin().await?;
        let mut shifted = 0;
        // Literals, as in the partial indexes. What is being sent may wait in memory, and be released later.
        for which in ["state = 'pending'", "state = 'sending'"] {
            // Both columns are shifted, so that the delay between them stays the same.
            let changed = delivery::Entity::update_many()
                .col_expr(delivery::Column::DueAt, Expr::col(delivery::Column::DueAt).add(by_ms))
                .col_expr(delivery::Column::UpdatedAt, Expr::col(delivery::Column::UpdatedAt).add(by_ms))
                .filter(Expr::cust(which))
                .exec(&transaction)
                .await?;
            shifted += changed.rows_affected;
        }
        if !self.is_shared() {
            webhook::Entity::update_many()
                .col_expr(
                    webhook::Column::ExhaustedSince,
                    Expr::col(webhook::Column::ExhaustedSince).add(by_ms),
                )
                .filter(webhook::Column::ExhaustedSince.is_not_null())
                .exec(&transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(shifted)
    }

    /// Corrects due times that were computed while a clock was ahead: without this, a retry would wait until the correct clock reaches
    /// them. A row that was written in the future keeps its delay, counted from now. A due time beyond the longest possible delay (that of
    /// the schedule, or `longest_wish`, the longest that a receiver can request) is replaced by the schedule's delay. Returns the number of
    /// deliveries it changed.
    pub async fn correct_future(&self, schedule: &RetrySchedule, longest_wish: Duration) -> Result<u64, StoreError> {
        #[derive(FromQueryResult)]
        struct Number {
            value: i64,
        }
        let now = self.now();
        if !self.is_shared() {
            webhook::Entity::update_many()
                .col_expr(webhook::Column::ExhaustedSince, Expr::value(now.0))
                .filter(webhook::Column::ExhaustedSince.gt(now.plus(CLOCK_DIFFERENCE).0))
                .exec(&self.write)
                .await?;
        }
        let latest = now.plus(schedule.longest().mul_f64(1.2).max(longest_wish).saturating_add(CLOCK_DIFFERENCE));
        // Manual deliveries (priority 0) are claimed whatever their due time is.
        let which = "state = 'pending' AND priority = 1 AND due_at > ? AND (updated_at > ? OR due_at > ?)";
        let bounds = || [now.0.into(), now.plus(CLOCK_DIFFERENCE).0.into(), latest.0.into()];
        // Reads first: on SQLite an `UPDATE` takes the write lock even if it matches no row.
        let sql = format!("SELECT COUNT(*) AS value FROM deliveries WHERE {which}");
        let found = Number::find_by_statement(statement(self.backend(), &sql, bounds()))
            .one(&self.read)
            .await?;
        if found.is_none_or(|found| found.value == 0) {
            return Ok(0);
        }
        let mut delay = String::from("CASE retries");
        for (retries, delay_of) in (1..).zip(schedule.delays()) {
            // Writing to a String cannot fail.
            let _ = write!(delay, " WHEN {retries} THEN {}", delay_of.as_millis());
        }
        // The last branch makes the expression valid if the schedule has no retries.
        delay.push_str(" WHEN 0 THEN 0 ELSE 0 END");
        let sql = format!(
            "UPDATE deliveries SET due_at = ? + CASE WHEN updated_at > ? AND due_at - updated_at BETWEEN 0 AND ? THEN due_at - updated_at \
             ELSE {delay} END, updated_at = ? WHERE {which}"
        );
        let values = [
            now.0.into(),
            now.plus(CLOCK_DIFFERENCE).0.into(),
            (latest.0 - now.0).into(),
            now.0.into(),
        ];
        self.execute(&sql, values.into_iter().chain(bounds())).await
    }
}
