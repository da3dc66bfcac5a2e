//! The helper API: commands in, events and answers out; strings only.
