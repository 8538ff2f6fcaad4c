//! Queries whose prepared statement diesel may cache.

use diesel::{
    QueryResult, RunQueryDsl,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};

/// A query whose SQL text never varies, so diesel may cache its prepared statement.
///
/// By itself diesel does not cache a query with an `UPDATE`, an optional value to insert or literal SQL, because its
/// text may vary from call to call, and each text would stay cached as long as its connection lives. Caching saves
/// parsing and planning, and on PostgreSQL a round trip.
///
/// Only `load` and `get_result` use it: `execute` takes a reference, for which diesel ignores it. So write
/// `UPDATE … RETURNING`. Use `load` if a foreign key may reject the change: SQLite reports that after
/// the last row.
#[derive(Clone, Copy, Debug)]
pub struct CachedStatement<Q>(pub Q);

impl<Q> QueryId for CachedStatement<Q> {
    // Without a static id, diesel caches the statement by its SQL text.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for CachedStatement<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C> RunQueryDsl<C> for CachedStatement<Q> {}

impl<Q, DB> QueryFragment<DB> for CachedStatement<Q>
where
    DB: Backend,
    Q: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}
