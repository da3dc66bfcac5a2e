//! Sets of flags that have keywords.

/// Makes a set of flags of a table: each has the number of its bit and its keyword.
macro_rules! flags {
    ($(#[$attribute:meta])* $type:ident($repr:ty) { $($(#[$doc:meta])* $constant:ident = $bit:literal, $name:literal;)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $type(pub $repr);

        impl $type {
            $($(#[$doc])* pub const $constant: Self = Self(1 << $bit);)*

            /// Every flag with its keyword.
            pub const NAMED: &'static [(&'static str, Self)] = &[$(($name, Self::$constant)),*];

            /// Whether all flags of `other` are set.
            pub const fn has(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Sets or clears the flags of `other`.
            pub const fn set(&mut self, other: Self, on: bool) {
                if on {
                    self.0 |= other.0;
                } else {
                    self.0 &= !other.0;
                }
            }

            /// Whether no flag is set.
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// The keywords of those that are set.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                Self::NAMED.iter().filter(move |(_, one)| self.has(*one)).map(|(name, _)| *name)
            }
        }
    };
}

pub(crate) use flags;
