//! What both services do with tokens that an attacker made or changed.

mod hostile;
mod verifier_logs;
