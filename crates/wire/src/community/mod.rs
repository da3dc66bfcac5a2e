//! Communities: standard (RFC 1997), large (RFC 8092) and extended (RFC 4360, RFC 5701).
