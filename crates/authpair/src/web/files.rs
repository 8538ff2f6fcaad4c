//! Finds the file for a path. Only plain names are looked up, so that no path leads out of the folder.

use std::{
    io,
    path::{Path, PathBuf},
};

/// How long a path may be.
const MAX_PATH_LEN: usize = 512;

/// The folder with the built files.
#[derive(Clone, Debug)]
pub(super) struct Files {
    folder: PathBuf,
}

/// The answer for a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The page `index.html`. Its script shows the part that the path names.
    Page(Vec<u8>),
    /// A file. Those under `/assets/` have their content's hash in their name.
    File {
        /// Its content.
        content: Vec<u8>,
        /// `Content-Type`.
        media_type: &'static str,
        /// Whether its name contains the hash of its content, so that browsers may keep it.
        is_hashed: bool,
    },
    /// There is no such file.
    Nothing,
    /// The front end is not built.
    NotBuilt,
}

impl Files {
    pub(super) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(super) fn is_built(&self) -> bool {
        self.folder.join("index.html").is_file()
    }

    /// Looks a path up. One without a file name's dot is a route of the page.
    pub(super) fn find(&self, path: &str) -> Found {
        let Some(names) = plain_names(path) else { return Found::Nothing };
        if !names.last().is_some_and(|name| name.contains('.')) {
            return self.read("index.html").map_or(Found::NotBuilt, Found::Page);
        }
        let Some(media_type) = media_type(path) else { return Found::Nothing };
        let is_hashed = names.len() > 1 && names.first() == Some(&"assets");
        match self.read(&names.join("/")) {
            Ok(content) => Found::File { content, media_type, is_hashed },
            Err(_) => Found::Nothing,
        }
    }

    /// A symbolic link that leads out of the folder is not followed.
    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let folder = self.folder.canonicalize()?;
        let file = folder.join(Path::new(name)).canonicalize()?;
        if file.starts_with(&folder) {
            std::fs::read(file)
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    }
}

/// The names of a path; `None` where one of them is not plain: percent signs, dots in front, empty names.
fn plain_names(path: &str) -> Option<Vec<&str>> {
    let path = path.strip_prefix('/')?;
    if path.is_empty() {
        return Some(Vec::new());
    }
    let is_plain = |name: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        !name.is_empty() && !name.starts_with('.') && name.bytes().all(allowed)
    };
    let names: Vec<_> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
    (path.len() <= MAX_PATH_LEN && names.iter().all(|name| is_plain(name))).then_some(names)
}

/// The media type of a file of the build. Files of other kinds are not served.
fn media_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        "ico" => Some("image/x-icon"),
        "woff2" => Some("font/woff2"),
        "txt" => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built() -> (tempfile::TempDir, Files) {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("dist");
        std::fs::create_dir_all(folder.join("assets")).unwrap();
        std::fs::write(folder.join("index.html"), "page").unwrap();
        std::fs::write(folder.join("assets/a-1b2.js"), "script").unwrap();
        std::fs::write(folder.join("icon.svg"), "icon").unwrap();
        std::fs::write(folder.join(".env"), "secret").unwrap();
        std::fs::write(folder.join("key.pem"), "secret").unwrap();
        std::fs::write(outer.path().join("outside.txt"), "secret").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(outer.path().join("outside.txt"), folder.join("link.txt"))
            .unwrap();
        let files = Files::at(folder);
        (outer, files)
    }

    #[test]
    fn routes_get_the_page_and_files_their_type() {
        let (_outer, files) = built();
        for route in ["/", "/login", "/users", "/users/", "/account/keys", "/reset"] {
            assert_eq!(files.find(route), Found::Page(b"page".to_vec()), "{route}");
        }
        let (content, media_type) = (b"script".to_vec(), "text/javascript; charset=utf-8");
        let script = Found::File { content, media_type, is_hashed: true };
        assert_eq!(files.find("/assets/a-1b2.js"), script);
        let icon = files.find("/icon.svg");
        assert!(matches!(icon, Found::File { media_type: "image/svg+xml", is_hashed: false, .. }));
    }

    #[test]
    fn nothing_outside_of_the_folder_and_no_hidden_or_other_file_is_found() {
        let (_outer, files) = built();
        for path in [
            "/../outside.txt",
            "/assets/../../outside.txt",
            "/..%2foutside.txt",
            "/%2e%2e/outside.txt",
            "/..\\outside.txt",
            "//etc/hostname.txt",
            "/./icon.svg",
            "/.env",
            "/assets/.env",
            "/key.pem",
            "/link.txt",
            "/missing.js",
            "/assets/missing-1.js",
            "/icon.svg%00",
            "/icon.svg\0",
            "icon.svg",
            "",
            "*",
        ] {
            assert_eq!(files.find(path), Found::Nothing, "{path:?}");
        }
        assert_eq!(files.find(&format!("/{}", "a".repeat(MAX_PATH_LEN + 1))), Found::Nothing);
    }

    #[test]
    fn a_folder_that_is_built_later_is_served_then() {
        let outer = tempfile::tempdir().unwrap();
        let files = Files::at(outer.path().join("dist"));
        assert!(!files.is_built());
        assert_eq!(files.find("/login"), Found::NotBuilt);
        std::fs::create_dir(outer.path().join("dist")).unwrap();
        std::fs::write(outer.path().join("dist/index.html"), "page").unwrap();
        assert!(files.is_built());
        assert_eq!(files.find("/login"), Found::Page(b"page".to_vec()));
    }
}
