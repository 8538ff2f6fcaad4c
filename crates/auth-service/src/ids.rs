//! The ids of this service's rows, as types: a text from outside is parsed once, at the edge.

service_kit::typed_id! {
    /// The id of a user: the `sub` of people's tokens.
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
