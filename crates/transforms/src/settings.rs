//! Bounds of settings that several transforms share.

use forewarn_core::{Error, Result};

/// `value` is at least 1.
pub(crate) fn at_least_one(component: &str, name: &str, value: usize) -> Result<()> {
    if value == 0 {
        return Err(Error::config(component, format!("`{name}` is 0; it starts at 1")));
    }
    Ok(())
}

/// `value` is a number above 0.
pub(crate) fn positive(component: &str, name: &str, value: f64) -> Result<()> {
    if !(value > 0.0 && value.is_finite()) {
        return Err(Error::config(component, format!("`{name}` is {value}; it must be a number above 0")));
    }
    Ok(())
}

/// `value` is a finite number.
pub(crate) fn finite(component: &str, name: &str, value: f64) -> Result<()> {
    if !value.is_finite() {
        return Err(Error::config(component, format!("`{name}` is {value}; it must be a finite number")));
    }
    Ok(())
}

/// Rings of neighbours and the power their weight falls with.
pub(crate) fn rings(component: &str, inner: usize, width: usize, power: f64) -> Result<()> {
    at_least_one(component, "inner", inner)?;
    at_least_one(component, "width", width)?;
    let outer = inner.saturating_add(width) - 1;
    if outer > 180 {
        let reason =
            format!("`inner` {inner} and `width` {width} reach to ring {outer}; the last one is 180");
        return Err(Error::config(component, reason));
    }
    if !(power >= 0.0 && power.is_finite()) {
        return Err(Error::config(component, format!("`power` is {power}; it must be a number from 0 on")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_name_the_setting_and_the_value() {
        let message = |r: Result<()>| r.unwrap_err().to_string();
        assert_eq!(message(at_least_one("x", "periods", 0)), "x: `periods` is 0; it starts at 1");
        assert!(message(positive("x", "half-life", -1.0)).contains("`half-life` is -1"));
        assert!(message(finite("x", "with", f64::NAN)).contains("`with` is NaN"));
        assert!(message(rings("x", 2, 180, 0.0)).contains("ring 181"));
        assert!(message(rings("x", 1, 1, -1.0)).contains("`power` is -1"));
        assert!(rings("x", 1, 180, 2.0).is_ok() && positive("x", "y", 0.1).is_ok());
    }
}
