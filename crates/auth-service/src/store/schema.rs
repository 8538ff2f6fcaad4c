//! The tables as diesel sees them; the same on both databases.

#![allow(
    clippy::wildcard_imports,
    reason = "diesel's macro takes the SQL types as its own imports do"
)]

diesel::table! {
    use diesel::sql_types::*;
    use database::{Micros, Seconds, UserIdText};

    users (id) {
        id -> UserIdText,
        username -> Text,
        username_key -> Text,
        email -> Text,
        email_key -> Text,
        password_hash -> Text,
        scope -> Text,
        credential_version -> BigInt,
        last_login_at -> Nullable<Seconds>,
        disabled_at -> Nullable<Seconds>,
        created_at -> Micros,
        username_look -> Nullable<Text>,
        username_look_shown -> Nullable<Text>,
        #[sql_name = "keeps_former_key"]
        keeps_previous_canonical -> Bool,
        device_epoch -> BigInt,
        rights_version -> BigInt,
        ext -> Nullable<Text>,
        disabled_reason -> Nullable<Text>,
        email_verified_at -> Nullable<Seconds>,
        pending_email -> Nullable<Text>,
        locale -> Nullable<Text>,
        proof_due_at -> Nullable<Seconds>,
        external_id -> Nullable<Text>,
        import_state -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use database::{Seconds, SessionIdText, UserIdText};

    legacy_exchanges (user_id) {
        user_id -> UserIdText,
        jti -> Text,
        session_id -> SessionIdText,
        exchanged_at -> Seconds,
    }
}

diesel::table! {
    legacy_revocations (jti) {
        jti -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use database::{Seconds, SessionIdText, TokenIdText, UserIdText};

    sessions (id) {
        id -> SessionIdText,
        user_id -> UserIdText,
        current_jti -> TokenIdText,
        previous_jti -> Nullable<TokenIdText>,
        rotated_at -> Seconds,
        refresh_expires_at -> Seconds,
        access_expires_at -> Seconds,
        auth_time -> Seconds,
        created_at -> Seconds,
        last_used_at -> Seconds,
        expires_at -> Seconds,
        revoked_at -> Nullable<Seconds>,
        user_agent -> Nullable<Text>,
        ip -> Nullable<Text>,
        issuance -> Nullable<Text>,
        #[sql_name = "repeats"]
        replays -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use database::Seconds;

    revocations (seq) {
        seq -> BigInt,
        sid -> Text,
        until -> Seconds,
        tag -> BigInt,
        #[sql_name = "tag_before"]
        previous_tag -> BigInt,
        #[sql_name = "sub"]
        user_id -> Nullable<Text>,
        #[sql_name = "min_ver"]
        min_version -> Nullable<BigInt>,
    }
}

diesel::table! {
    feed_head (id) {
        id -> Integer,
        seq -> BigInt,
        tag -> BigInt,
        #[sql_name = "tag_before"]
        previous_tag -> BigInt,
        epoch -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use database::Seconds;

    signing_keys (kid) {
        kid -> Text,
        modulus -> Text,
        created_at -> Seconds,
        #[sql_name = "signs_from"]
        activates_at -> Seconds,
        retired_at -> Nullable<Seconds>,
        #[sql_name = "held_at"]
        first_loaded_at -> Nullable<Seconds>,
        #[sql_name = "last_signed_at"]
        last_late_signature_at -> Nullable<Seconds>,
    }
}

diesel::table! {
    shared_values (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use database::SessionIdText;

    wrong_passwords (session_id) {
        session_id -> SessionIdText,
        count -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use database::Seconds;

    login_failures (key) {
        key -> Text,
        failures -> BigInt,
        last_failed_at -> Seconds,
        kept_until -> Seconds,
    }
}

diesel::joinable!(sessions -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(sessions, users);
diesel::allow_tables_to_appear_in_same_query!(sessions, wrong_passwords);

diesel::table! {
    use diesel::sql_types::*;
    use database::Seconds;

    verifiers (name) {
        name -> Text,
        kids -> Text,
        seen_at -> Seconds,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use database::{ClientIdText, Seconds};

    clients (id) {
        id -> ClientIdText,
        name -> Nullable<Text>,
        secret_hash -> Text,
        old_secret_hash -> Nullable<Text>,
        scope -> Text,
        created_at -> Seconds,
        disabled_at -> Nullable<Seconds>,
        access_expires_at -> Seconds,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use database::Micros;

    audit_log (at, id) {
        at -> Micros,
        id -> Text,
        event -> Text,
        outcome -> Text,
        reason -> Nullable<Text>,
        actor_type -> Text,
        actor_id -> Text,
        subject_type -> Nullable<Text>,
        subject_id -> Nullable<Text>,
        session_id -> Nullable<Text>,
        client_id -> Nullable<Text>,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        request_id -> Nullable<Text>,
        amr -> Nullable<Text>,
        details -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use database::{Micros, Seconds, UserIdText};

    one_time_tokens (hash) {
        hash -> Text,
        purpose -> Text,
        user_id -> Nullable<UserIdText>,
        address -> Text,
        address_key -> Text,
        requested_at -> Micros,
        created_at -> Seconds,
        expires_at -> Seconds,
        grants -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use database::{Micros, Seconds, SessionIdText, UserIdText};

    outbox (id) {
        id -> Text,
        kind -> Text,
        user_id -> Nullable<UserIdText>,
        address -> Text,
        address_key -> Text,
        locale -> Nullable<Text>,
        session_id -> Nullable<SessionIdText>,
        created_at -> Micros,
        due_at -> Seconds,
        tries -> BigInt,
        sent_at -> Nullable<Seconds>,
        dead_at -> Nullable<Seconds>,
        last_error -> Nullable<Text>,
        grants -> Nullable<Text>,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        request_id -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use database::{Seconds, UserIdText};

    address_reservations (address_key, user_id) {
        address_key -> Text,
        user_id -> UserIdText,
        reserved_until -> Seconds,
    }
}
