use std::fs;

use super::*;

const LINK: &str = "https://app.example.com/reset#token=AAA";

fn facts(name: &str) -> MailFacts<'_> {
    let link = Link { url: LINK, lifetime: Duration::from_secs(1_800) };
    MailFacts {
        site: "app.example.com",
        name,
        address: "ana@example.com",
        at: UnixMicros::new(1_800_000_000_000_000),
        link: Some(link),
    }
}

fn reset(name: &str, locale: &str) -> Rendered {
    let catalogue = Catalogue::open(None).unwrap();
    Rendered::new(&catalogue, Some(locale), MailKind::Reset, &facts(name)).unwrap()
}

#[test]
fn every_kind_is_complete_in_every_language() {
    let catalogue = Catalogue::open(None).unwrap();
    assert_eq!(catalogue.locales().collect::<Vec<_>>(), ["en", "es", "pt"]);
    for locale in ["en", "es", "pt"] {
        for kind in MailKind::SENT {
            let link = kind.link().and(facts("ana").link);
            let facts = MailFacts { link, ..facts("ana") };
            let mail = Rendered::new(&catalogue, Some(locale), kind, &facts).unwrap();
            let alone = mail.text.split("\n\n").filter(|block| *block == LINK).count();
            assert_eq!(alone, usize::from(kind.link().is_some()), "{locale} {kind:?}");
            assert_eq!(mail.html.contains("class=\"button\""), kind.link().is_some());
            assert!(mail.html.contains(&format!("<html lang=\"{locale}\">")));
            assert!(!mail.subject.is_empty() && !mail.html.contains("{{"));
        }
    }
}

#[test]
fn a_lifetime_is_written_in_its_largest_whole_unit() {
    let catalogue = Catalogue::open(None).unwrap();
    let text =
        |locale: &str, seconds| lifetime(&catalogue, locale, Duration::from_secs(seconds)).unwrap();
    for (seconds, expected) in [
        (60, "one minute"),
        (1_800, "30 minutes"),
        (3_600, "one hour"),
        (86_400, "one day"),
        (604_800, "7 days"),
        (5_400, "90 minutes"),
    ] {
        assert_eq!(text("en", seconds), expected);
    }
    assert_eq!(text("es", 1_800), "30 minutos");
    assert_eq!(text("pt", 86_400), "um dia");
}

#[test]
fn a_name_cannot_break_out_of_its_sentence() {
    let mail = reset("<script>a\r\n\r\nBcc: x\u{202e}é", "en");
    assert!(mail.text.starts_with("Hello \u{2068}<script>aBcc: xé\u{2069},\n"));
    assert!(!mail.html.contains("<script>") && mail.html.contains("&lt;script&gt;"));
    assert!(reset("ana", "en").text.starts_with("Hello ana,\n"));
    assert!(!format!("{mail:?} {:?}", facts("ana")).contains("token="));
}

#[test]
fn without_a_name_no_sentence_has_a_hole() {
    let catalogue = Catalogue::open(None).unwrap();
    for (locale, hello) in [("en", "Hello,\n"), ("es", "Hola:\n"), ("pt", "Olá,\n")] {
        for kind in MailKind::SENT {
            let link = kind.link().and(facts("").link);
            let facts = MailFacts { link, ..facts("") };
            let mail = Rendered::new(&catalogue, Some(locale), kind, &facts).unwrap();
            assert!(mail.text.starts_with(hello), "{locale} {kind:?}: {}", mail.text);
            assert!(!mail.text.contains(" ,") && !mail.text.contains(",,"), "{}", mail.text);
        }
    }
}

#[test]
fn a_value_that_looks_like_a_place_of_the_layout_stays_text() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("en.ftl"), "reset-subject = For { $name }\n").unwrap();
    let catalogue = Catalogue::open(Some(folder.path())).unwrap();
    let mail = Rendered::new(&catalogue, None, MailKind::Reset, &facts("{{body}}")).unwrap();
    assert!(mail.html.contains("<title>For {{body}}</title>"), "{}", mail.html);
}

#[test]
fn an_unknown_language_is_english() {
    assert_eq!(reset("ana", "fr"), reset("ana", "en"));
    assert!(reset("ana", "es").text.starts_with("Hola ana:"));
}

#[test]
fn a_folder_replaces_messages_adds_languages_and_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("en.ftl", "reset-subject = Ours\r\n");
    write("fr.ftl", "reset-subject = Le nôtre\n");
    write("layout.html", "<p lang={{lang}}>{{subject}}</p>{{body}}");
    write("notes.txt", "not read");
    let catalogue = Catalogue::open(Some(folder.path())).unwrap();
    let subject =
        |locale| Rendered::new(&catalogue, Some(locale), MailKind::Reset, &facts("ana")).unwrap();
    assert_eq!(subject("en").subject, "Ours");
    assert_eq!(subject("fr").subject, "Le nôtre");
    assert!(subject("fr").text.starts_with("Hello ana,"), "what it leaves out is English");
    assert!(subject("es").html.starts_with("<p lang=es>"));
    write("de.ftl", "reset-text = Hallo { $nme }\n");
    let catalogue = Catalogue::open(Some(folder.path())).unwrap();
    let unknown = Rendered::new(&catalogue, Some("de"), MailKind::Reset, &facts("ana"));
    assert!(unknown.unwrap_err().to_string().contains("reset-text"));
    for (name, text) in [("xx1.ftl", "a = b\n"), ("it.ftl", "= nothing\n")] {
        write(name, text);
        let refused = Catalogue::open(Some(folder.path())).unwrap_err().to_string();
        assert!(refused.contains(name), "{refused}");
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    write("layout.html", "{{lang}} {{subject}}");
    let refused = Catalogue::open(Some(folder.path())).unwrap_err().to_string();
    assert!(refused.contains("{{body}}"), "{refused}");
}
