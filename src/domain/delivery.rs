//! A delivery and its states: `pending` → `sending` → `succeeded`, back to `pending` with a due time, or `failed`; `held` apart.

use crate::domain::named::named;

named! {
    /// Where a delivery stands.
    DeliveryState("state of a delivery") {
        /// Waits for its due time.
        Pending = "pending",
        /// Owned by one node, which holds a lease on it.
        Sending = "sending",
        /// A receiver answered 2xx.
        Succeeded = "succeeded",
        /// The schedule is used up, the receiver is gone (410), or the webhook was deleted.
        Failed = "failed",
        /// Arrived while the webhook was disabled: kept, never sent unless asked for.
        Held = "held",
    }
}

impl DeliveryState {
    /// Whether it has ended, so that what waits for it may go on: it is not tried again unless somebody asks.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Succeeded | Self::Failed | Self::Held => true,
            Self::Pending | Self::Sending => false,
        }
    }
}
