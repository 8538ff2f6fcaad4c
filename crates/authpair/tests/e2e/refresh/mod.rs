//! Rotation of refresh tokens, lost answers and reuse.

mod lost_answers;
mod rotation;
