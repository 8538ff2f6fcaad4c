//! The one view that this service may read. auth-service owns the table behind it.

diesel::table! {
    /// All users, disabled ones too, with the columns that other users may see.
    public_users (id) {
        /// A UUID in its canonical form.
        id -> Text,
        /// The name's shown form.
        username -> Text,
        /// The name's canonical form, compared byte by byte.
        username_key -> Text,
        /// The address as its owner writes it.
        email -> Text,
        /// Microseconds since the epoch.
        created_at -> BigInt,
    }
}
