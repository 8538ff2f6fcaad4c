//! The attribute [`macro@on_both`], which runs one test function on each database.

use proc_macro::{TokenStream, TokenTree};

/// Makes tests of an async function with one argument, which is what the test drives: a pair, or a fleet of processes.
///
/// `a_user_signs_in` becomes the tests `a_user_signs_in::sqlite` and `a_user_signs_in::postgres`. With
/// `#[on_both(serializable)]` there is a third one, on PostgreSQL with `serializable` as its default isolation, where
/// transactions that conflict are rolled back and must be run again.
///
/// The test program has a module `backends` with the functions `sqlite`, `postgres` and `serializable`, which start
/// the argument. The last two return `None` where there is no PostgreSQL.
#[proc_macro_attribute]
pub fn on_both(options: TokenStream, function: TokenStream) -> TokenStream {
    let Some(name) = name_of(function.clone()) else {
        return error("#[on_both] belongs to an async function");
    };
    let serializable = match options.to_string().as_str() {
        "" => "",
        "serializable" => OPTIONAL,
        _ => return error("the only option of #[on_both] is `serializable`"),
    };
    let sqlite = "super::NAME(crate::backends::sqlite().await).await;";
    let tests = [("sqlite", sqlite), ("postgres", OPTIONAL), ("serializable", serializable)];
    let tests = tests.iter().filter(|(_, body)| !body.is_empty()).map(|(backend, body)| {
        format!(
            "#[tokio::test(flavor = \"multi_thread\", worker_threads = 2)] async fn {backend}() {{ {} }}",
            body.replace("NAME", &name).replace("BACKEND", backend)
        )
    });
    let module = format!("mod {name} {{ {} }}", tests.collect::<String>());
    let mut all = function;
    all.extend(module.parse::<TokenStream>().unwrap_or_else(|_| error("not a name of a test")));
    all
}

/// The body of a test whose database may be absent.
const OPTIONAL: &str =
    "if let Some(started) = crate::backends::BACKEND().await { super::NAME(started).await; }";

/// The word after `fn`.
fn name_of(function: TokenStream) -> Option<String> {
    let is_fn =
        |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word.to_string() == "fn");
    let name = function.into_iter().skip_while(|token| !is_fn(token)).nth(1)?;
    matches!(name, TokenTree::Ident(_)).then(|| name.to_string())
}

fn error(message: &str) -> TokenStream {
    format!("compile_error!({message:?});").parse().unwrap_or_default()
}
