//! The tables as diesel sees them; the same on both databases.

diesel::table! {
    users (id) {
        id -> Text,
        username -> Text,
        username_key -> Text,
        email -> Text,
        email_key -> Text,
        password_hash -> Text,
        scope -> Text,
        credential_version -> BigInt,
        last_login_at -> Nullable<BigInt>,
        disabled_at -> Nullable<BigInt>,
        created_at -> BigInt,
        username_look -> Nullable<Text>,
        username_look_shown -> Nullable<Text>,
        keeps_former_key -> Bool,
        device_epoch -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        user_id -> Text,
        current_jti -> Text,
        previous_jti -> Nullable<Text>,
        rotated_at -> BigInt,
        refresh_expires_at -> BigInt,
        access_expires_at -> BigInt,
        auth_time -> BigInt,
        created_at -> BigInt,
        last_used_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        user_agent -> Nullable<Text>,
        ip -> Nullable<Text>,
        issuance -> Nullable<Text>,
        repeats -> BigInt,
    }
}

diesel::table! {
    revocations (seq) {
        seq -> BigInt,
        sid -> Text,
        until -> BigInt,
        tag -> BigInt,
        tag_before -> BigInt,
    }
}

diesel::table! {
    feed_head (id) {
        id -> Integer,
        seq -> BigInt,
        tag -> BigInt,
        tag_before -> BigInt,
        epoch -> Text,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        modulus -> Text,
        created_at -> BigInt,
        #[sql_name = "signs_from"]
        activates_at -> BigInt,
        retired_at -> Nullable<BigInt>,
        held_at -> Nullable<BigInt>,
        last_signed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    shared_values (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    wrong_passwords (session_id) {
        session_id -> Text,
        count -> BigInt,
    }
}

diesel::table! {
    login_failures (key) {
        key -> Text,
        failures -> BigInt,
        last_failed_at -> BigInt,
        kept_until -> BigInt,
    }
}

diesel::joinable!(sessions -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(sessions, users);
diesel::allow_tables_to_appear_in_same_query!(sessions, wrong_passwords);

diesel::table! {
    verifiers (name) {
        name -> Text,
        kids -> Text,
        seen_at -> BigInt,
    }
}

diesel::table! {
    clients (id) {
        id -> Text,
        name -> Nullable<Text>,
        secret_hash -> Text,
        old_secret_hash -> Nullable<Text>,
        scope -> Text,
        created_at -> BigInt,
        disabled_at -> Nullable<BigInt>,
        access_expires_at -> BigInt,
    }
}
