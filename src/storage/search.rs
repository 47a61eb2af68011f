//! Finding text in columns.

use sea_orm::{
    ColumnTrait, Condition, DbBackend,
    sea_query::{Expr, ExprTrait, Func, LikeExpr, SimpleExpr},
};

/// The text as PostgreSQL takes it, which knows no NUL. Nothing that is stored has one in it, and so nothing is found by it.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Whether one of the columns contains the text, in any case. What stands for other characters in `LIKE` stands for itself.
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

/// What a row is found by, in lower case, as one text: SQLite's own `lower` knows the letters of ASCII alone.
pub(super) fn searchable<const N: usize>(texts: [&str; N]) -> String {
    folded(&texts.join("\n"))
}

/// In lower case, wherever in its word a letter stands: at the end of one, Greek has a sigma of its own.
fn folded(text: &str) -> String {
    text.to_lowercase().replace('ς', "σ")
}

/// Whether a column of what is [`searchable`] has the text in it, in any case.
pub(super) fn found_in(column: &str, text: &str, backend: DbBackend) -> SimpleExpr {
    let found = match backend {
        DbBackend::Postgres => format!("strpos({column}, $1) > 0"),
        _ => format!("instr({column}, ?) > 0"),
    };
    Expr::cust_with_values(found, [folded(&storable(text))])
}
