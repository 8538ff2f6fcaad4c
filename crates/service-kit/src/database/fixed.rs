//! Statements that connections keep prepared.

use diesel::{
    QueryResult, RunQueryDsl,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};

/// A statement of one text, or of few, which a connection may therefore keep prepared when it is loaded.
///
/// diesel keeps none with an `UPDATE`, an optional value to insert or literal SQL in it, since its text may differ from
/// call to call, and each would stay for as long as its connection does. Where it does not, keeping it saves parsing
/// and planning, and on PostgreSQL a round trip.
///
/// Only for what is loaded: diesel executes statements by reference, and a reference knows nothing of this. So let an
/// `UPDATE` return something, and load to the end (`load`) what a foreign key may refuse: SQLite says so behind the
/// last row.
#[derive(Clone, Copy, Debug)]
pub struct Fixed<Q>(pub Q);

impl<Q> QueryId for Fixed<Q> {
    // Kept by its text, which tells more of it than its type.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Fixed<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C> RunQueryDsl<C> for Fixed<Q> {}

impl<Q, DB> QueryFragment<DB> for Fixed<Q>
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
