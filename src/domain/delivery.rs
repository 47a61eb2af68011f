//! States of a delivery: `pending` → `sending` → `succeeded`, `failed`, or back to `pending` with a due time. If the webhook is disabled,
//! the delivery becomes `held`. On request, one that waits or is held becomes `cancelled`. If an earlier delivery of the same subject of an ordered webhook is unfinished, it starts as `parked`.

use crate::domain::named::named;

named! {
    /// State of a delivery.
    DeliveryState("state of a delivery") {
        /// Waiting for its due time.
        Pending = "pending",
        /// Waiting for an earlier delivery with the same subject. Then it becomes `pending`.
        Parked = "parked",
        /// Owned by one node, which holds a lease on it.
        Sending = "sending",
        /// The receiver answered with a 2xx status code.
        Succeeded = "succeeded",
        /// It used up its attempts, the receiver answered 410 (Gone), or the webhook was deleted.
        Failed = "failed",
        /// Not sent because the webhook is disabled. Sent later only on request (recover or redeliver).
        Held = "held",
        /// A person or a program cancelled it while it waited, or discarded it while it was held. It is sent only if its callback is redelivered.
        Cancelled = "cancelled",
    }
}

impl DeliveryState {
    /// Whether the delivery has ended: it is not sent again without a request, and deliveries that wait for it (ordering) may be sent.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Succeeded | Self::Failed | Self::Held | Self::Cancelled => true,
            Self::Pending | Self::Parked | Self::Sending => false,
        }
    }

    /// The state that the API reports: a parked delivery is pending, without a due time.
    #[must_use]
    pub const fn reported(self) -> Self {
        match self {
            Self::Parked => Self::Pending,
            other => other,
        }
    }
}
