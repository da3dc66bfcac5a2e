//! Events: what happened, as processes read it.
//!
//! A [`Feed`] is what one peer tells its processes: it knows who asked for what ([`Subscription`]), numbers the events and
//! renders each once for every form that was asked for. An [`Encoder`] writes one event in one form, [`layout`]
//! knows the forms; `decode` uses it alone.

mod encoder;
mod feed;
mod label;
mod layout;
mod sink;
mod subscription;

pub use self::encoder::{Encoder, Encoders, Moment, Raw, Source, Way};
pub use self::feed::{Feed, ProcessId, Subscriber};
pub use self::label::Label;
pub use self::layout::{Agreed, Format};
pub use self::sink::Sink;
pub use self::subscription::{Form, MessageFlags, Subscription, Wants};
