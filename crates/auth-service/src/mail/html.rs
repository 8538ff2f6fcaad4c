//! Makes the HTML part of a mail from its plain text.

/// Escapes the characters that have a meaning in HTML, also inside attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Replaces each placeholder of the layout by its value. Placeholders inside the values stay text.
pub(super) fn fill(layout: &str, values: &[(&str, &str)]) -> String {
    let (mut filled, mut rest) = (String::with_capacity(layout.len()), layout);
    while let Some((before, _)) = rest.split_once("{{") {
        filled.push_str(before);
        let at = rest.strip_prefix(before).unwrap_or_default();
        let found = values.iter().find_map(|(name, value)| Some((at.strip_prefix(name)?, value)));
        match found {
            Some((after, value)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push_str("{{");
                rest = at.strip_prefix("{{").unwrap_or_default();
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// A link and the label of its button.
#[derive(Clone, Copy, Debug)]
pub(super) struct Button<'a> {
    pub(super) link: &'a str,
    pub(super) label: &'a str,
}

/// The paragraphs of a plain text as HTML. A paragraph that consists of the link alone becomes a button.
pub(super) fn paragraphs(text: &str, button: Option<Button<'_>>) -> String {
    let blocks = text.split("\n\n").map(str::trim).filter(|block| !block.is_empty());
    let html = blocks.map(|block| match button {
        Some(Button { link, label }) if block == link => {
            let (link, label) = (escape(link), escape(label));
            format!("<p><a class=\"button\" href=\"{link}\">{label}</a></p>\n")
        }
        _ => format!("<p>{}</p>\n", escape(block).replace('\n', "<br>\n")),
    });
    html.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_filled_once_and_other_braces_stay() {
        let values = [("{{a}}", "{{b}}"), ("{{b}}", "x{{a}}")];
        assert_eq!(fill("{{a}}-{{b}} {{c}} {{ {{a}}", &values), "{{b}}-x{{a}} {{c}} {{ {{b}}");
        assert_eq!(fill("", &values), "");
    }

    #[test]
    fn text_is_escaped_and_a_paragraph_that_is_the_link_becomes_a_button() {
        let link = "https://app.example.com/reset#token=a&b";
        let button = Button { link, label: "Set <it>" };
        let text = format!("Hello <b>\"ana\"</b>,\nsecond line\n\n{link}\n\nnot {link}");
        assert_eq!(
            paragraphs(&text, Some(button)),
            "<p>Hello &lt;b&gt;&quot;ana&quot;&lt;/b&gt;,<br>\nsecond line</p>\n\
             <p><a class=\"button\" href=\"https://app.example.com/reset#token=a&amp;b\">Set &lt;it&gt;</a></p>\n\
             <p>not https://app.example.com/reset#token=a&amp;b</p>\n"
        );
    }
}
