//! Typed ids of users, sessions and service accounts. A text from outside is parsed once, where it is received.

service_kit::typed_id! {
    /// The id of a user: the `sub` of users' tokens.
    UserId
}

service_kit::typed_id! {
    /// The id of a session: the `sid` of tokens.
    SessionId
}

service_kit::typed_id! {
    /// The id of a service account: its `client_id`.
    ClientId
}
