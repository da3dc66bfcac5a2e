//! Reading bytes, writing text and JSON, reading tokens: what every codec of this crate is made of.

pub mod address;
pub mod json;
pub mod reader;
pub mod text;
pub mod tokens;
