//! Everything BGP says, as bytes, as values, as text and as JSON.
//!
//! This crate has no clock, no socket, no runtime and no allocation that a caller did not ask for: what arrives stays a
//! view over the received bytes ([`nlri::Nlri`], [`attribute::Attribute`], [`message::update::Update`]), and is rendered
//! or copied only when somebody wants it.
//!
//! Each NLRI type, path attribute, extended community and capability is one file and one line of its registry:
//! [`nlri::registry`], [`attribute::registry`], [`community::registry`], [`capability::registry`]. Nothing outside of
//! this crate knows them one by one.

pub mod asn;
pub mod attribute;
pub mod capability;
pub mod codes;
pub mod community;
pub mod io;
pub mod layout;
pub mod message;
pub mod negotiated;
pub mod next_hop;
pub mod nlri;
pub mod prefix;
pub mod route;
