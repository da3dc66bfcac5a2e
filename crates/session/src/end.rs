//! Why a connection ends, and what the peer is told.

use std::borrow::Cow;

use yottabgp_wire::codes::{MessageType, error};
use yottabgp_wire::message::notification::Notification;

use crate::event::Ending;

/// The reason of a session that ends without a NOTIFICATION so that the peer keeps its routes, in ExaBGP's words.
pub(crate) const GRACEFUL: &str =
    "graceful restarted negotiated, closing without sending any notification";

/// The reason of a connection that loses a collision, in ExaBGP's words.
pub(crate) const COLLISION: &str =
    "closing outgoing connection as we have another incoming on with higher router-id";

/// Why a connection ends.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// We tell the peer why.
    Notify {
        /// What the peer is told.
        notification: Notification<'static>,
        /// The reason in events, where it is not just `notification sent (c,s)`.
        reason: Option<&'static str>,
        /// What is wrong, for people.
        explanation: Cow<'static, str>,
    },
    /// The peer told us why.
    Notified(Notification<'static>),
    /// Nobody is told anything, but TCP is closed.
    Silent(Cow<'static, str>),
    /// TCP was closed by the peer, or broke.
    Lost(String),
}

impl End {
    /// Ends with a NOTIFICATION and an explanation of it.
    pub(crate) fn notify(
        notification: Notification<'static>,
        explanation: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Notify { notification, reason: None, explanation: explanation.into() }
    }

    /// Ends because of what was received; the NOTIFICATION explains itself.
    pub(crate) fn malformed(notification: Notification<'static>) -> Self {
        let explanation = notification.to_string();
        Self::notify(notification, explanation)
    }

    /// Ends with Cease and no data.
    pub(crate) const fn cease(
        subcode: u8,
        reason: Option<&'static str>,
        explanation: &'static str,
    ) -> Self {
        Self::Notify {
            notification: Notification::new(error::CEASE, subcode),
            reason,
            explanation: Cow::Borrowed(explanation),
        }
    }

    /// The same as a hard reset (RFC 8538 section 3), after which the peer keeps no routes.
    pub(crate) fn hard(self) -> Self {
        match self {
            Self::Notify { notification, reason, explanation } => {
                Self::Notify { notification: notification.hard_reset(), reason, explanation }
            }
            other => other,
        }
    }

    /// A message came that has no place in this state (RFC 6608).
    pub(crate) fn unexpected(kind: MessageType, subcode: u8) -> Self {
        let name = kind.name().unwrap_or("message").to_ascii_uppercase();
        let notification = Notification::with_data(error::STATE_MACHINE, subcode, vec![kind.0]);
        let state = error::subcode_name(error::STATE_MACHINE, subcode)
            .and_then(|name| name.split(" in ").nth(1))
            .unwrap_or("this state");
        Self::notify(notification, format!("the peer sent {name} in {state}"))
    }

    /// The peer was silent for too long.
    pub(crate) fn hold_timer_expired(explanation: &'static str) -> Self {
        let notification = Notification::new(error::HOLD_TIMER_EXPIRED, error::UNSPECIFIC);
        Self::notify(notification, explanation)
    }

    /// What the `down` event says.
    pub(crate) fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::Notify { reason: Some(reason), .. } => Cow::Borrowed(reason),
            Self::Notify { notification: Notification { code, subcode, .. }, .. } => {
                format!("notification sent ({code},{subcode})").into()
            }
            Self::Notified(Notification { code, subcode, .. }) => {
                format!("notification received ({code},{subcode})").into()
            }
            Self::Silent(reason) => reason.clone(),
            Self::Lost(reason) => reason.clone().into(),
        }
    }

    /// Who ends it, and how.
    pub(crate) const fn ending(&self) -> Ending<'_> {
        match self {
            Self::Notify { notification, .. } => Ending::Notified(notification),
            Self::Notified(notification) => Ending::PeerNotified(notification),
            Self::Silent(_) => Ending::Silent,
            Self::Lost(_) => Ending::Lost,
        }
    }

    /// The reason for people.
    pub(crate) fn explanation(&self) -> String {
        match self {
            Self::Notify { notification, explanation, .. } => {
                let Notification { code, subcode, .. } = notification;
                format!("notification sent ({code},{subcode}): {explanation}")
            }
            Self::Notified(notification) => {
                let Notification { code, subcode, .. } = notification;
                format!("notification received ({code},{subcode}): {notification}")
            }
            Self::Silent(reason) => reason.to_string(),
            Self::Lost(reason) => reason.clone(),
        }
    }
}
