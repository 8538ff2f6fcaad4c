//! The texts of mails in each language.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

use super::Locale;

/// The language of users who have none, or whose language has no file.
const FALLBACK: &str = "en";

/// The files that are part of the program.
const BUILT_IN: [(&str, &str); 3] = [
    ("en", include_str!("templates/en.ftl")),
    ("es", include_str!("templates/es.ftl")),
    ("pt", include_str!("templates/pt.ftl")),
];

const LAYOUT: &str = include_str!("templates/layout.html");

/// The placeholders that the layout must contain.
const PLACEHOLDERS: [&str; 3] = ["{{lang}}", "{{subject}}", "{{body}}"];

/// Why the texts cannot be used. Every message names the file, or the message and its language.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// A file or the folder cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file or the folder.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A file is not a Fluent file, or its name is not a language.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A message is missing, or uses an unknown variable.
    #[error("the message {id} in the language {locale}: {reason}")]
    Message {
        /// The message.
        id: String,
        /// The language.
        locale: String,
        /// What is wrong.
        reason: String,
    },
}

type Bundle = FluentBundle<FluentResource>;

/// The texts.
pub struct Catalogue {
    bundles: BTreeMap<String, Bundle>,
    layout: String,
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.bundles.keys()).finish()
    }
}

impl Catalogue {
    /// Reads the built-in texts, and those in the folder, which replace built-in messages of the same name. A file
    /// `xx.ftl` in the folder adds the language `xx`; messages that are missing there stay English.
    ///
    /// # Errors
    /// See [`CatalogueError`].
    pub fn open(folder: Option<&Path>) -> Result<Self, CatalogueError> {
        let mut bundles = BTreeMap::new();
        for (locale, source) in BUILT_IN {
            let path = PathBuf::from(format!("{locale}.ftl"));
            let mut bundle = empty(locale, &path)?;
            bundle.add_resource_overriding(resource(source, &path)?);
            bundles.insert(locale.to_owned(), bundle);
        }
        let mut catalogue = Self { bundles, layout: LAYOUT.to_owned() };
        if let Some(folder) = folder {
            catalogue.override_from(folder)?;
        }
        Ok(catalogue)
    }

    fn override_from(&mut self, folder: &Path) -> Result<(), CatalogueError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| CatalogueError::Read { path, source }
        };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed(folder))? {
            paths.push(entry.map_err(failed(folder))?.path());
        }
        paths.sort();
        for path in paths {
            let read = || fs::read_to_string(&path).map_err(failed(&path));
            if path.file_name().is_some_and(|name| name == "layout.html") {
                self.layout = layout(read()?, &path)?;
            } else if path.extension().is_some_and(|extension| extension == "ftl") {
                self.override_language(&read()?, &path)?;
            }
        }
        Ok(())
    }

    fn override_language(&mut self, source: &str, path: &Path) -> Result<(), CatalogueError> {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let locale = Locale::parse(stem).ok().filter(|locale| locale.as_str() == stem);
        let locale = locale.ok_or_else(|| CatalogueError::File {
            path: path.to_owned(),
            reason: "its name is not a language, such as es.ftl".to_owned(),
        })?;
        if !self.bundles.contains_key(locale.as_str()) {
            let mut bundle = empty(locale.as_str(), path)?;
            let english = BUILT_IN.iter().find(|(name, _)| *name == FALLBACK);
            let english = english.map(|(_, source)| (*source).to_owned()).unwrap_or_default();
            bundle.add_resource_overriding(resource(&english, path)?);
            self.bundles.insert(locale.to_string(), bundle);
        }
        if let Some(bundle) = self.bundles.get_mut(locale.as_str()) {
            bundle.add_resource_overriding(resource(source, path)?);
        }
        Ok(())
    }

    /// The languages.
    pub fn locales(&self) -> impl Iterator<Item = &str> {
        self.bundles.keys().map(String::as_str)
    }

    /// Whether there are texts in this language.
    pub fn has(&self, locale: &Locale) -> bool {
        self.bundles.contains_key(locale.as_str())
    }

    /// The language that is used for a user with this language.
    pub fn effective<'a>(&self, locale: Option<&'a str>) -> &'a str {
        locale.filter(|locale| self.bundles.contains_key(*locale)).unwrap_or(FALLBACK)
    }

    /// The page around the HTML part.
    pub(super) fn layout(&self) -> &str {
        &self.layout
    }

    /// One message in this language.
    ///
    /// # Errors
    /// When there is no such message, or it uses a variable that is not in `arguments`.
    pub(super) fn text(
        &self,
        locale: &str,
        id: &str,
        arguments: &FluentArgs<'_>,
    ) -> Result<String, CatalogueError> {
        let failed = |reason: String| CatalogueError::Message {
            id: id.to_owned(),
            locale: locale.to_owned(),
            reason,
        };
        let bundle =
            self.bundles.get(locale).ok_or_else(|| failed("no such language".to_owned()))?;
        let message = bundle.get_message(id);
        let pattern = message.and_then(|message| message.value());
        let pattern = pattern.ok_or_else(|| failed("is missing".to_owned()))?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(arguments), &mut errors);
        match errors.first() {
            Some(error) => Err(failed(error.to_string())),
            None => Ok(text.into_owned()),
        }
    }
}

fn empty(locale: &str, path: &Path) -> Result<Bundle, CatalogueError> {
    let language: LanguageIdentifier = locale.parse().map_err(|error| CatalogueError::File {
        path: path.to_owned(),
        reason: format!("its name is not a language: {error}"),
    })?;
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Names are isolated before they are inserted. Fluent would isolate links too, and its marks would break them.
    bundle.set_use_isolating(false);
    Ok(bundle)
}

fn resource(source: &str, path: &Path) -> Result<FluentResource, CatalogueError> {
    // Some editors write other line ends, and Fluent keeps them.
    let source = source.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    FluentResource::try_new(source).map_err(|(_, errors)| CatalogueError::File {
        path: path.to_owned(),
        reason: errors.first().map(ToString::to_string).unwrap_or_default(),
    })
}

fn layout(text: String, path: &Path) -> Result<String, CatalogueError> {
    match PLACEHOLDERS.iter().find(|name| !text.contains(*name)) {
        Some(name) => Err(CatalogueError::File {
            path: path.to_owned(),
            reason: format!("has no placeholder {name}"),
        }),
        None => Ok(text),
    }
}
