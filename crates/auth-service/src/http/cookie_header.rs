//! Parses the `Cookie` header as bytes. (actix-web returns no cookies at all if one of them is not UTF-8, and other
//! applications on the host may set such cookies.)

use actix_web::http::header::{COOKIE, HeaderMap};

/// The value of each cookie of this name, in the order of the request (RFC 6265 §4.2.1).
pub(super) fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a [u8]> {
    let pairs =
        headers.get_all(COOKIE).flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| {
        let end = pair.iter().position(|byte| *byte == b'=')?;
        let (found, value) = (pair[..end].trim_ascii(), pair[end + 1..].trim_ascii());
        (found == name.as_bytes()).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn found(lines: &[&[u8]]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        values(&headers, "token").map(|value| String::from_utf8_lossy(value).into_owned()).collect()
    }

    #[test]
    fn other_cookies_do_not_hide_the_token() {
        for line in [
            &b"token=a.b"[..],
            b"other=\xff; token=a.b",
            b"token=a.b; \xe9t\xe9=1",
            b"\xff\xfe;token=a.b;;",
            b"; ; noequals; =x;  token = a.b ;",
            b"Token=1; xtoken=2; tokenx=3; token=a.b; \"token=4\"",
            b"a=\"b; token=a.b",
            b"a=%; token=a.b",
        ] {
            assert_eq!(found(&[line]), ["a.b"], "{:?}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn each_one_is_found_over_all_lines() {
        assert_eq!(found(&[b"token=1; a=b; token=2", b"token="]), ["1", "2", ""]);
        assert_eq!(found(&[b"token=a=b"]), ["a=b"]);
        assert!(found(&[b"other=token=1", b"token"]).is_empty() && found(&[]).is_empty());
    }
}
