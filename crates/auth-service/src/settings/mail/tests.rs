//! Tests of the settings of mail.

use service_kit::settings::FromSetting;

use super::*;

fn take(pairs: &[(&str, &str)]) -> Result<MailSettings, String> {
    let mut given = Settings::from_pairs("AUTH", pairs.iter().copied());
    let issuer = PublicUrl::from_setting("https://auth.example.com").unwrap();
    let taken = MailSettings::take(&mut given, &issuer).map_err(|error| error.to_string())?;
    given.finish().map_err(|error| error.to_string())?;
    Ok(taken)
}

#[test]
fn mail_is_off_by_default_and_the_lifetimes_are_those_of_the_documents() {
    let settings = take(&[]).unwrap();
    assert!(!settings.is_on() && settings.verification == Verification::Optional);
    let hours = |purpose| settings.lifetimes.of(purpose).as_secs_f64() / 3_600.0;
    let expected = [
        (LinkPurpose::Verify, 24.0),
        (LinkPurpose::Change, 1.0),
        (LinkPurpose::Reset, 0.5),
        (LinkPurpose::Revert, 168.0),
        (LinkPurpose::Invite, 72.0),
    ];
    for (purpose, expected) in expected {
        assert!((hours(purpose) - expected).abs() < f64::EPSILON, "{purpose:?}");
    }
    assert_eq!(settings.from.email.to_string(), "no-reply@localhost");
}

#[test]
fn a_server_is_reached_by_tls_unless_plaintext_is_allowed() {
    let tls = |pairs: &[(&str, &str)]| {
        let from = ("AUTH_MAIL_FROM", "Us <us@example.com>");
        let settings = take(&[pairs, &[from]].concat()).unwrap();
        let MailTransport::Smtp(server) = settings.transport else { panic!("a server") };
        (server.host, server.port, server.tls)
    };
    let plain = ("AUTH_MAIL_ALLOW_PLAINTEXT", "on");
    for (pairs, expected) in [
        (
            vec![("AUTH_MAIL", "smtps://mail.example.com")],
            ("mail.example.com", 465, SmtpTls::Implicit),
        ),
        (
            vec![("AUTH_MAIL", "smtp://mail.example.com")],
            ("mail.example.com", 587, SmtpTls::StartTls),
        ),
        (vec![("AUTH_MAIL", "smtp://mail:25"), plain], ("mail", 25, SmtpTls::IfOffered)),
        (vec![("AUTH_MAIL", "smtp://[::1]:2525")], ("::1", 2525, SmtpTls::StartTls)),
    ] {
        let (host, port, mode) = expected;
        assert_eq!(tls(&pairs), (host.to_owned(), port, mode));
    }
}

#[test]
fn the_error_for_a_bad_setting_names_it_and_repeats_no_password() {
    let from = ("AUTH_MAIL_FROM", "us@example.com");
    let server = ("AUTH_MAIL", "smtp://mail");
    for (pairs, name) in [
        (vec![("AUTH_MAIL", "smtp://user:canary@mail")], "AUTH_MAIL_PASSWORD_FILE"),
        (vec![("AUTH_MAIL", "on")], "AUTH_MAIL"),
        (vec![("AUTH_MAIL", "file:")], "AUTH_MAIL"),
        (vec![("AUTH_MAIL", "smtp://mail/path")], "AUTH_MAIL"),
        (vec![("AUTH_MAIL", "smtp://mail")], "AUTH_MAIL_FROM"),
        (vec![("AUTH_MAIL_FROM", "not an address")], "AUTH_MAIL_FROM"),
        (vec![("AUTH_MAIL_FROM", "a@b\r\nBcc: x@y")], "AUTH_MAIL_FROM"),
        (vec![server, from, ("AUTH_MAIL_USER", "us")], "AUTH_MAIL_PASSWORD"),
        (vec![server, from, ("AUTH_MAIL_PASSWORD", "canary-canary")], "AUTH_MAIL_USER"),
        (
            vec![
                server,
                from,
                ("AUTH_MAIL_USER", "us"),
                ("AUTH_MAIL_PASSWORD", "canary-canary"),
                ("AUTH_MAIL_ALLOW_PLAINTEXT", "on"),
            ],
            "AUTH_MAIL_ALLOW_PLAINTEXT",
        ),
        (vec![("AUTH_EMAIL_VERIFICATION", "required")], "AUTH_EMAIL_VERIFICATION"),
        (vec![("AUTH_EMAIL_VERIFICATION", "on")], "AUTH_EMAIL_VERIFICATION"),
        (vec![("AUTH_FRONT_URL", "http://app.example.com")], "AUTH_FRONT_URL"),
        (vec![("AUTH_FRONT_URL", "https://app.example.com/#x")], "AUTH_FRONT_URL"),
        (vec![("AUTH_MAIL_RESET_TTL", "1s")], "AUTH_MAIL_RESET_TTL"),
    ] {
        let error = take(&pairs).unwrap_err();
        assert!(error.contains(name) && !error.contains("canary"), "{pairs:?}: {error}");
    }
}
