//! NOTIFICATION error codes and subcodes (IANA "BGP Error (Notification) Codes" and the subcode registries below it).

/// Message Header Error.
pub const MESSAGE_HEADER: u8 = 1;
/// OPEN Message Error.
pub const OPEN: u8 = 2;
/// UPDATE Message Error.
pub const UPDATE: u8 = 3;
/// Hold Timer Expired.
pub const HOLD_TIMER_EXPIRED: u8 = 4;
/// Finite State Machine Error.
pub const STATE_MACHINE: u8 = 5;
/// Cease.
pub const CEASE: u8 = 6;
/// ROUTE-REFRESH Message Error (RFC 7313).
pub const ROUTE_REFRESH: u8 = 7;
/// Send Hold Timer Expired (RFC 9687).
pub const SEND_HOLD_TIMER_EXPIRED: u8 = 8;

/// The subcode of every code that says nothing more.
pub const UNSPECIFIC: u8 = 0;

/// Subcodes of Message Header Error (RFC 4271 section 6.1).
pub mod message_header {
    /// Connection Not Synchronized: the marker is wrong.
    pub const NOT_SYNCHRONIZED: u8 = 1;
    /// Bad Message Length; data: the Length field.
    pub const BAD_LENGTH: u8 = 2;
    /// Bad Message Type; data: the Type field.
    pub const BAD_TYPE: u8 = 3;
}

/// Subcodes of OPEN Message Error (RFC 4271 section 6.2).
pub mod open {
    /// Unsupported Version Number; data: the version that is supported, in two octets.
    pub const UNSUPPORTED_VERSION: u8 = 1;
    /// Bad Peer AS.
    pub const BAD_PEER_AS: u8 = 2;
    /// Bad BGP Identifier.
    pub const BAD_BGP_IDENTIFIER: u8 = 3;
    /// Unsupported Optional Parameter.
    pub const UNSUPPORTED_OPTIONAL_PARAMETER: u8 = 4;
    /// Authentication Failure (deprecated by RFC 4271).
    pub const AUTHENTICATION: u8 = 5;
    /// Unacceptable Hold Time.
    pub const UNACCEPTABLE_HOLD_TIME: u8 = 6;
    /// Unsupported Capability (RFC 5492); data: the capabilities that are missing.
    pub const UNSUPPORTED_CAPABILITY: u8 = 7;
    /// Grouping Conflict (draft-ietf-idr-bgp-multisession).
    pub const GROUPING_CONFLICT: u8 = 8;
    /// Grouping Required (draft-ietf-idr-bgp-multisession).
    pub const GROUPING_REQUIRED: u8 = 9;
    /// Role Mismatch (RFC 9234).
    pub const ROLE_MISMATCH: u8 = 11;
}

/// Subcodes of UPDATE Message Error (RFC 4271 section 6.3).
pub mod update {
    /// Malformed Attribute List.
    pub const MALFORMED_ATTRIBUTE_LIST: u8 = 1;
    /// Unrecognized Well-known Attribute; data: the attribute.
    pub const UNRECOGNIZED_WELL_KNOWN: u8 = 2;
    /// Missing Well-known Attribute; data: its type code.
    pub const MISSING_WELL_KNOWN: u8 = 3;
    /// Attribute Flags Error; data: the attribute.
    pub const ATTRIBUTE_FLAGS: u8 = 4;
    /// Attribute Length Error; data: the attribute.
    pub const ATTRIBUTE_LENGTH: u8 = 5;
    /// Invalid ORIGIN Attribute; data: the attribute.
    pub const INVALID_ORIGIN: u8 = 6;
    /// AS Routing Loop (deprecated by RFC 4271).
    pub const AS_LOOP: u8 = 7;
    /// Invalid NEXT_HOP Attribute; data: the attribute.
    pub const INVALID_NEXT_HOP: u8 = 8;
    /// Optional Attribute Error; data: the attribute.
    pub const OPTIONAL_ATTRIBUTE: u8 = 9;
    /// Invalid Network Field.
    pub const INVALID_NETWORK_FIELD: u8 = 10;
    /// Malformed AS_PATH.
    pub const MALFORMED_AS_PATH: u8 = 11;
}

/// Subcodes of Finite State Machine Error (RFC 6608); data: the type of the unexpected message.
pub mod state_machine {
    /// Receive Unexpected Message in OpenSent State.
    pub const IN_OPEN_SENT: u8 = 1;
    /// Receive Unexpected Message in OpenConfirm State.
    pub const IN_OPEN_CONFIRM: u8 = 2;
    /// Receive Unexpected Message in Established State.
    pub const IN_ESTABLISHED: u8 = 3;
}

/// Subcodes of Cease (RFC 4486 and later).
pub mod cease {
    /// Maximum Number of Prefixes Reached.
    pub const MAXIMUM_PREFIXES: u8 = 1;
    /// Administrative Shutdown; data: a shutdown communication (RFC 9003).
    pub const ADMINISTRATIVE_SHUTDOWN: u8 = 2;
    /// Peer De-configured.
    pub const PEER_DECONFIGURED: u8 = 3;
    /// Administrative Reset; data: a shutdown communication (RFC 9003).
    pub const ADMINISTRATIVE_RESET: u8 = 4;
    /// Connection Rejected.
    pub const CONNECTION_REJECTED: u8 = 5;
    /// Other Configuration Change.
    pub const CONFIGURATION_CHANGE: u8 = 6;
    /// Connection Collision Resolution.
    pub const CONNECTION_COLLISION: u8 = 7;
    /// Out of Resources.
    pub const OUT_OF_RESOURCES: u8 = 8;
    /// Hard Reset (RFC 8538); data: the code, subcode and data that it stands for.
    pub const HARD_RESET: u8 = 9;
    /// BFD Down (RFC 9384).
    pub const BFD_DOWN: u8 = 10;
}

/// Subcodes of ROUTE-REFRESH Message Error (RFC 7313 section 5).
pub mod route_refresh {
    /// Invalid Message Length; data: the whole message.
    pub const INVALID_LENGTH: u8 = 1;
}

/// A code, its name, and its subcodes with their names.
type Row = (u8, &'static str, &'static [(u8, &'static str)]);

/// The codes, with their subcodes.
const TABLE: &[Row] = &[
    (
        MESSAGE_HEADER,
        "Message header error",
        &[
            (0, "Unspecific"),
            (1, "Connection Not Synchronized"),
            (2, "Bad Message Length"),
            (3, "Bad Message Type"),
        ],
    ),
    (
        OPEN,
        "OPEN message error",
        &[
            (0, "Unspecific"),
            (1, "Unsupported Version Number"),
            (2, "Bad Peer AS"),
            (3, "Bad BGP Identifier"),
            (4, "Unsupported Optional Parameter"),
            (5, "Authentication Notification (Deprecated)"),
            (6, "Unacceptable Hold Time"),
            (7, "Unsupported Capability"),
            (8, "Grouping Conflict"),
            (9, "Grouping Required"),
            (10, "Capability Value Mismatch"),
            (11, "Role Mismatch"),
        ],
    ),
    (
        UPDATE,
        "UPDATE message error",
        &[
            (0, "Unspecific"),
            (1, "Malformed Attribute List"),
            (2, "Unrecognized Well-known Attribute"),
            (3, "Missing Well-known Attribute"),
            (4, "Attribute Flags Error"),
            (5, "Attribute Length Error"),
            (6, "Invalid ORIGIN Attribute"),
            (7, "AS Routing Loop"),
            (8, "Invalid NEXT_HOP Attribute"),
            (9, "Optional Attribute Error"),
            (10, "Invalid Network Field"),
            (11, "Malformed AS_PATH"),
        ],
    ),
    (HOLD_TIMER_EXPIRED, "Hold timer expired", &[(0, "Unspecific")]),
    (
        STATE_MACHINE,
        "State machine error",
        &[
            (0, "Unspecific"),
            (1, "Receive Unexpected Message in OpenSent State"),
            (2, "Receive Unexpected Message in OpenConfirm State"),
            (3, "Receive Unexpected Message in Established State"),
        ],
    ),
    (
        CEASE,
        "Cease",
        &[
            (0, "Unspecific"),
            (1, "Maximum Number of Prefixes Reached"),
            (2, "Administrative Shutdown"),
            (3, "Peer De-configured"),
            (4, "Administrative Reset"),
            (5, "Connection Rejected"),
            (6, "Other Configuration Change"),
            (7, "Connection Collision Resolution"),
            (8, "Out of Resources"),
            (9, "Hard Reset"),
            (10, "BFD Down"),
        ],
    ),
    (
        ROUTE_REFRESH,
        "ROUTE-REFRESH message error",
        &[(0, "Unspecific"), (1, "Invalid Message Length"), (2, "Malformed Message Subtype")],
    ),
    (SEND_HOLD_TIMER_EXPIRED, "Send hold timer expired", &[(0, "Unspecific")]),
];

/// The name of a code: `Cease`.
pub fn code_name(code: u8) -> Option<&'static str> {
    TABLE.iter().find(|row| row.0 == code).map(|row| row.1)
}

/// The name of a subcode of a code: `Administrative Reset`.
pub fn subcode_name(code: u8, subcode: u8) -> Option<&'static str> {
    let (_, _, subcodes) = TABLE.iter().find(|row| row.0 == code)?;
    subcodes.iter().find(|row| row.0 == subcode).map(|row| row.1)
}
