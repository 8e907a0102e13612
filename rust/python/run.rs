//! The one way into a kernel: without the GIL, watched, and stopped by Ctrl-C.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use pyo3::exceptions::{PyKeyboardInterrupt, PyMemoryError, PyOSError, PyRuntimeError};
use pyo3::prelude::*;

use crate::{Control, Error, Result};

/// How often the waiting thread looks for signals and reports progress.
const POLL: Duration = Duration::from_millis(50);

/// Runs `kernel` in a rayon pool of its own with `threads` threads (0: one a core).
///
/// The pool is made anew for each call, so a forked child never waits for threads that it does not have.
/// The calling thread waits without the GIL and, between waits, lets Python handle signals and calls
/// `progress` with the work done so far; an exception from either stops the kernel.
pub fn run<T: Send>(
    py: Python<'_>,
    threads: usize,
    progress: Option<&Bound<'_, PyAny>>,
    kernel: impl FnOnce(&Control) -> Result<T> + Send,
) -> PyResult<T> {
    let progress = progress.map(|callable| callable.clone().unbind());
    let control = Control::default();
    let report = |py: Python<'_>| match &progress {
        Some(callable) => callable.call1(py, (control.done(),)).map(drop),
        None => Ok(()),
    };
    let mut stopped = None;
    let outcome = py.detach(|| {
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel::<()>(1);
            let control = &control;
            let worker = std::thread::Builder::new()
                .name("pynoise".into())
                .spawn_scoped(scope, move || {
                    let _sender = sender; // dropped at the end, however it comes
                    pool(threads)?.install(|| kernel(control))
                })
                .map_err(|error| Error::System(format!("cannot start a thread: {error}")));
            let worker = match worker {
                Ok(worker) => worker,
                Err(error) => return Ok(Err(error)),
            };
            while receiver.recv_timeout(POLL) == Err(RecvTimeoutError::Timeout) {
                let go_on = Python::attach(|py| py.check_signals().and_then(|()| report(py)));
                if let Err(error) = go_on {
                    stopped = Some(error);
                    control.cancel();
                    break;
                }
            }
            worker.join()
        })
    });
    if let Some(error) = stopped {
        return Err(error);
    }
    match outcome {
        Ok(result) => {
            let value = result.map_err(|error| to_python(py, error))?;
            report(py)?;
            Ok(value)
        }
        Err(_) => Err(PyRuntimeError::new_err(
            "a kernel failed; this is a fault of pynoise, please report it",
        )),
    }
}

fn pool(threads: usize) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| Error::System(format!("cannot start {threads} threads: {error}")))
}

/// The one place where errors of the crate become Python's.
pub fn to_python(py: Python<'_>, error: Error) -> PyErr {
    match error {
        Error::Value { argument, message } => value_error(py, argument, &message),
        Error::Memory(message) => PyMemoryError::new_err(message),
        Error::System(message) => PyOSError::new_err(message),
        // `run` raises what interrupted the kernel instead; this is for whoever calls without it.
        Error::Interrupted => PyKeyboardInterrupt::new_err(()),
    }
}

/// `pynoise.errors.InputValueError`, which is a `ValueError`.
pub fn value_error(py: Python<'_>, argument: &str, message: &str) -> PyErr {
    let made = py
        .import("pynoise.errors")
        .and_then(|module| module.getattr("InputValueError"))
        .and_then(|class| class.call1((argument, message)));
    match made {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}
