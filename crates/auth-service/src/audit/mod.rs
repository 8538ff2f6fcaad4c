//! The audit log: who changed what, from where, and what was refused.
//!
//! A change and its entry are written in one transaction, so neither exists without the other. Refused calls go through
//! a bounded queue, at most a second later, so that a flood of calls does not become a flood of writes. Entries hold
//! ids, never names, e-mail addresses, passwords or tokens. docs/security.md lists the events.
//!
//! | module | its job |
//! |---|---|
//! | `event` | [`Event`]: what can happen |
//! | `context` | [`RequestContext`]: who makes a change, from where |
//! | `entry` | [`Entry`]: one line of the log, built step by step |
//! | `transaction` | [`transaction()`]: a change and its entries |
//! | `refused_calls` | [`RefusedCallQueue`]: the queue of refused calls; `summing_buffer` limits its entries |
//! | `body` | [`EntryBody`]: an entry as JSON, for the API, the command line and the log |
//! | `filter`, `reader` | which entries a reader wants, page by page |
//! | `retention` | deletes old entries, and addresses before that |

mod body;
mod context;
mod entry;
mod event;
mod filter;
mod reader;
mod refused_calls;
mod retention;
mod summing_buffer;
mod transaction;

pub use self::{
    body::EntryBody,
    context::{Actor, RequestContext},
    entry::Entry,
    event::Event,
    filter::{EventFilter, Filter, parse_outcome, parse_party, parse_time},
    reader::{Page, entries_after, entries_before},
    refused_calls::RefusedCallQueue,
    retention::{CLIENT_RETENTION, Retention},
    transaction::transaction,
};

#[cfg(test)]
mod tests;
