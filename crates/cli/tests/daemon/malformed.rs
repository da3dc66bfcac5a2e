//! Malformed BGP: what each error is answered, and that nobody else notices.
