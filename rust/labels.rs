//! The one check of labels.

use crate::{Error, Result};

/// Checks that every label is within 0..`num_classes`.
///
/// # Errors
/// [`Error::Value`] naming `argument` and the first label that is not.
pub fn check(argument: &'static str, labels: &[i32], num_classes: usize) -> Result<()> {
    let outside = |label: &i32| usize::try_from(*label).map_or(true, |y| y >= num_classes);
    match labels.iter().position(outside) {
        Some(i) => Err(Error::value(
            argument,
            format!(
                "{} at position {i} is not one of {num_classes} classes",
                labels[i]
            ),
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_label_outside_is_named() {
        assert_eq!(check("y", &[0, 2, 1], 3), Ok(()));
        assert_eq!(check("y", &[], 0), Ok(()));
        for (labels, classes, position) in
            [(&[0, 3, -1], 3, 1), (&[0, -1, 3], 3, 1), (&[0, 0, 0], 0, 0)]
        {
            let message = check("y", labels, classes).unwrap_err().to_string();
            assert!(
                message.contains(&format!("at position {position} ")),
                "{message}"
            );
        }
    }
}
