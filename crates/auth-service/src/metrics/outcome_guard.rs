//! Counts how a handler ended.

use service_kit::metrics::Outcomes;

use super::Label;

/// Counts one event when it is dropped, with the result that was set last. So early returns of a handler are counted
/// too.
#[derive(Debug)]
pub(crate) struct OutcomeGuard<'a, T: Label> {
    outcomes: &'a Outcomes,
    result: T,
}

impl<'a, T: Label> OutcomeGuard<'a, T> {
    /// Counts `result` unless another one is set.
    pub(super) fn new(outcomes: &'a Outcomes, result: T) -> Self {
        Self { outcomes, result }
    }

    /// Sets the result, which replaces the one that was set before.
    pub(crate) fn set(&mut self, result: impl Into<T>) {
        self.result = result.into();
    }
}

impl<T: Label> Drop for OutcomeGuard<'_, T> {
    fn drop(&mut self) {
        self.outcomes.add(self.result.label());
    }
}
