//! Values that a statement sets: once here, or by a template.

use yottabgp_wire::io::tokens::{Span, TextError};

use crate::diagnostic::Diagnostic;
use crate::problems::Problems;
use crate::secret::masked;
use crate::words::Words;

/// A value and the statement that it is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At<T> {
    /// The value.
    pub(crate) value: T,
    /// The statement.
    pub(crate) span: Span,
}

/// A value that a statement may set.
#[derive(Clone, Debug)]
pub(crate) struct Slot<T> {
    at: Option<At<T>>,
    inherited: bool,
    /// A statement was there, but its value was wrong, and reported.
    failed: bool,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { at: None, inherited: false, failed: false }
    }
}

/// What an inheritance is about, for its warnings.
#[derive(Debug)]
pub(crate) struct Inheritance<'a> {
    /// The name of the template.
    pub(crate) template: &'a str,
    /// The source, to quote from.
    pub(crate) source: &'a str,
    /// Where warnings go, when the neighbor's own value counting more is worth one.
    pub(crate) problems: Option<&'a mut Problems>,
}

impl<T> Slot<T> {
    /// Sets the value that `read` takes from the words; a second one wins, with a warning.
    pub(crate) fn read<'w, 'p>(
        &mut self,
        words: &mut Words<'w, 'p>,
        read: impl FnOnce(&mut Words<'w, 'p>) -> Result<T, TextError>,
    ) -> Result<(), TextError> {
        let value = read(words).inspect_err(|_| self.failed = true)?;
        self.set(value, words);
        Ok(())
    }

    /// Sets the value; a second one wins, with a warning.
    pub(crate) fn set(&mut self, value: T, words: &mut Words<'_, '_>) {
        let at = At { value, span: words.span() };
        if let Some(earlier) = self.at.replace(at)
            && !self.inherited
        {
            let message = format!("{} is set twice; the last one counts", words.keyword);
            let warning = Diagnostic::warning(words.span(), message);
            words.shared.problems.push(warning.related(earlier.span, "set here before"));
        }
        self.inherited = false;
    }

    /// The value.
    pub(crate) fn get(&self) -> Option<&T> {
        self.at.as_ref().map(|at| &at.value)
    }

    /// Whether no statement said anything, right or wrong.
    pub(crate) const fn is_missing(&self) -> bool {
        self.at.is_none() && !self.failed
    }

    /// The value with its place.
    pub(crate) const fn at(&self) -> Option<&At<T>> {
        self.at.as_ref()
    }

    /// The value, or another.
    pub(crate) fn or(&self, default: T) -> T
    where
        T: Clone,
    {
        self.get().cloned().unwrap_or(default)
    }
}

impl<T: Clone + PartialEq> Slot<T> {
    /// Takes the template's value, unless there is an own one. ExaBGP lets the template win, which nobody expects: where
    /// that matters there is a warning.
    pub(crate) fn inherit(&mut self, template: &Self, keyword: &str, about: &mut Inheritance<'_>) {
        self.failed |= template.failed;
        let Some(theirs) = &template.at else { return };
        match &self.at {
            Some(own) if !self.inherited => {
                if own.value != theirs.value
                    && let Some(problems) = &mut about.problems
                {
                    let quote =
                        |span: Span| masked(about.source.get(span.range()).unwrap_or(keyword));
                    let message = format!(
                        "'{}' is used and not the '{}' of the template '{}', which ExaBGP would use",
                        quote(own.span),
                        quote(theirs.span),
                        about.template
                    );
                    let warning = Diagnostic::warning(own.span, message)
                        .related(theirs.span, "the template's value")
                        .help("leave out the one that is not meant");
                    problems.push(warning);
                }
            }
            _ => {
                self.at = Some(theirs.clone());
                self.inherited = true;
            }
        }
    }
}

/// A struct of [`Slot`]s and lists that knows how to inherit from another of its kind.
macro_rules! draft {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$slot_meta:meta])* $slot:ident: $type:ty = $keyword:literal;)*
    } $(plain { $($(#[$plain_meta:meta])* $plain:ident: $plain_type:ty;)* })?) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default)]
        pub(crate) struct $name {
            $($(#[$slot_meta])* pub(crate) $slot: $crate::slot::Slot<$type>,)*
            $($($(#[$plain_meta])* pub(crate) $plain: $plain_type,)*)?
        }

        impl $name {
            /// Inherits every keyword that has one value.
            pub(crate) fn inherit_slots(&mut self, template: &Self, about: &mut $crate::slot::Inheritance<'_>) {
                $(self.$slot.inherit(&template.$slot, $keyword, about);)*
            }

            /// A value that is set after `place`.
            #[allow(dead_code, reason = "asked of some only")]
            pub(crate) fn set_after(&self, place: u32) -> Option<yottabgp_wire::io::tokens::Span> {
                $(if let Some(at) = self.$slot.at() && at.span.start > place {
                    return Some(at.span);
                })*
                None
            }
        }
    };
}
pub(crate) use draft;
