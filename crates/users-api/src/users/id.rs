//! The id of a user.

service_kit::typed_id! {
    /// The id of a user, as a path tells it.
    UserId
}
