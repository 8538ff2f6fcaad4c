//! Reads PKCS#8 in PEM, and explains what is wrong with other files.

use rsa::pkcs8::der::SecretDocument;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// Files that are often given instead of a PKCS#8 key, recognised by their text.
const OTHER_PEM_LABELS: [(&str, &str); 9] = [
    (
        "BEGIN ENCRYPTED PRIVATE KEY",
        "it is encrypted; decrypt it with `openssl pkey -in OLD -out NEW`",
    ),
    ("Proc-Type: 4,ENCRYPTED", "it is encrypted; decrypt it with `openssl pkey -in OLD -out NEW`"),
    (
        "BEGIN RSA PRIVATE KEY",
        "it is PKCS#1 (\"BEGIN RSA PRIVATE KEY\"); convert it with `openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW`",
    ),
    ("BEGIN EC PRIVATE KEY", "it is an elliptic curve key; RS256 signs with RSA"),
    (
        "BEGIN OPENSSH PRIVATE KEY",
        "it is an OpenSSH key; convert a copy of it with `ssh-keygen -p -N '' -m PKCS8 -f COPY`",
    ),
    ("PUBLIC KEY-----", "it is a public key; signing needs the private one"),
    ("BEGIN CERTIFICATE", "it is a certificate; signing needs the private key"),
    ("\"kty\"", "it is a JSON Web Key; it must be PEM"),
    ("PuTTY-User-Key-File", "it is a PuTTY key; it must be PKCS#8 in PEM"),
];

/// The DER document in a PEM text.
///
/// # Errors
/// What is wrong with the text, without repeating any of it.
pub(super) fn decode(pem: &str) -> Result<SecretDocument, &'static str> {
    match SecretDocument::from_pem(pem) {
        Ok(("PRIVATE KEY", document)) => Ok(document),
        _ => Err(explain(pem)),
    }
}

/// Says why the text is not one PKCS#8 key.
fn explain(pem: &str) -> &'static str {
    if pem.trim().is_empty() {
        return "it is empty";
    }
    // A PKCS#8 key with other text before or after it is handled below.
    let begins = pem.matches(BEGIN).count();
    if begins == 0 {
        let other = OTHER_PEM_LABELS.iter().find(|(text, _)| pem.contains(text));
        return other.map_or("it has no line \"-----BEGIN PRIVATE KEY-----\"", |(_, what)| what);
    }
    if begins > 1 {
        return "it holds more than one key; each key has a file of its own";
    }
    let (before, rest) = pem.split_once(BEGIN).unwrap_or_default();
    let Some((_, behind)) = rest.split_once(END) else {
        return "its end is missing; the file may have been cut off";
    };
    if !behind.trim().is_empty() {
        return "it has text behind its end (\"-----END PRIVATE KEY-----\")";
    }
    if !before.trim().is_empty() {
        return "it has text, or a byte order mark, before its begin (\"-----BEGIN PRIVATE KEY-----\")";
    }
    "what stands between its begin and its end is not base64 in lines of 64 characters"
}
