//! Text search in columns.

use sea_orm::{
    ColumnTrait, Condition, DbBackend,
    sea_query::{Expr, ExprTrait, Func, LikeExpr, SimpleExpr},
};

/// Replaces NUL characters, which PostgreSQL rejects. No stored text contains one, so a search for it finds nothing.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Whether one of the columns contains the text, ignoring case. Wildcards of `LIKE` are escaped.
pub(super) fn contains<C: ColumnTrait>(columns: impl IntoIterator<Item = C>, text: &str) -> Condition {
    let escaped = storable(text)
        .to_lowercase()
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    let pattern = LikeExpr::new(format!("%{escaped}%")).escape('\\');
    columns.into_iter().fold(Condition::any(), |any, column| {
        any.add(Expr::expr(Func::lower(Expr::col(column))).like(pattern.clone()))
    })
}

/// The searchable texts of a row, in lower case and joined. Needed because SQLite's `lower` only supports ASCII.
pub(super) fn searchable<const N: usize>(texts: [&str; N]) -> String {
    folded(&texts.join("\n"))
}

/// Lower case, with the Greek final sigma replaced by the regular one, so that a word matches wherever it is cut.
fn folded(text: &str) -> String {
    text.to_lowercase().replace('ς', "σ")
}

/// Whether a column with [`searchable`] text contains the text, ignoring case.
pub(super) fn found_in(column: &str, text: &str, backend: DbBackend) -> SimpleExpr {
    let found = match backend {
        DbBackend::Postgres => format!("strpos({column}, $1) > 0"),
        _ => format!("instr({column}, ?) > 0"),
    };
    Expr::cust_with_values(found, [folded(&storable(text))])
}
