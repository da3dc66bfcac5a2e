//! UPDATE (RFC 4271 section 4.3): decoding by RFC 7606, rendering, encoding.
