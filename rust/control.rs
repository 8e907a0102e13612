//! Watching and stopping a kernel from outside.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::{Error, Result};

/// Shared between a running kernel and the thread that waits for it.
///
/// The kernel calls [`Control::advance`] after each block of work, at least every 50 ms or so; it
/// learns there whether to go on.
#[derive(Debug, Default)]
pub struct Control {
    cancelled: AtomicBool,
    done: AtomicU64,
}

impl Control {
    /// Ask the kernel to stop at the end of the block in hand.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// The units of work done so far; each kernel says what its unit is.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Is the kernel to go on? Cheaper than [`Control::advance`], where little is done between two looks.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once [`Control::cancel`] has been called.
    pub fn go_on(&self) -> Result<()> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        Ok(())
    }

    /// Count `units` of work as done.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once [`Control::cancel`] has been called.
    pub fn advance(&self, units: u64) -> Result<()> {
        self.done.fetch_add(units, Ordering::Relaxed);
        self.go_on()
    }
}
