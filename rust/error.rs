//! The one error of the crate.

use std::fmt;

/// What can go wrong in a kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// An argument has a value that the kernel cannot work with.
    Value {
        /// The argument's name.
        argument: &'static str,
        /// What it is, and what would do.
        message: String,
    },
    /// A result or a table that does not fit in memory.
    Memory(String),
    /// The system refused something, a thread for example.
    System(String),
    /// The caller asked the kernel to stop.
    Interrupted,
}

/// The result of a kernel.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn value(argument: &'static str, message: impl Into<String>) -> Self {
        Self::Value {
            argument,
            message: message.into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { argument, message } => write!(f, "{argument}: {message}"),
            Self::Memory(message) | Self::System(message) => f.write_str(message),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for Error {}
