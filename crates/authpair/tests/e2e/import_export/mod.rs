//! Users who come from other systems, and leave for them: import, export, and tokens of the old application.

mod conflicts;
mod export;
mod files;
mod hashes;
mod interruptions;
mod legacy_tokens;
mod support;
