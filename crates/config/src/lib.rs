//! The configuration language of ExaBGP: text in, model and diagnostics out.
