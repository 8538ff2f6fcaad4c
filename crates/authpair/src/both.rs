//! Two values of one kind: auth-service's and users-api's.

/// One value for each service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Both<T> {
    /// auth-service's.
    pub auth: T,
    /// users-api's.
    pub users: T,
}
