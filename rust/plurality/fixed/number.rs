//! Numbers of one or two float64.

/// What the sums of [`super::spread`] are carried in.
pub trait Number: Copy + Send + Sync {
    /// The nearest number.
    fn new(value: f64) -> Self;
    /// The nearest float64.
    fn value(self) -> f64;
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    /// Divided by a whole number of up to 53 bits.
    fn over(self, divisor: f64) -> Self;
}

impl Number for f64 {
    #[inline(always)]
    fn new(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn value(self) -> f64 {
        self
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self * other
    }

    #[inline(always)]
    fn over(self, divisor: f64) -> Self {
        self / divisor
    }
}

/// The sum of two float64, of which the second is what the first misses: 106 bits (Dekker's numbers).
#[derive(Clone, Copy)]
pub struct Double {
    high: f64,
    low: f64,
}

/// a + b and what rounding took, for |a| ≥ |b|.
#[inline(always)]
fn renormalised(a: f64, b: f64) -> Double {
    let high = a + b;
    Double {
        high,
        low: b - (high - a),
    }
}

impl Number for Double {
    #[inline(always)]
    fn new(value: f64) -> Self {
        Self {
            high: value,
            low: 0.0,
        }
    }

    #[inline(always)]
    fn value(self) -> f64 {
        self.high + self.low
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        let high = self.high + other.high;
        let part = high - self.high;
        let lost = (self.high - (high - part)) + (other.high - part);
        let low = self.low + other.low;
        let part = low - self.low;
        let lost_low = (self.low - (low - part)) + (other.low - part);
        let first = renormalised(high, lost + low);
        renormalised(first.high, first.low + lost_low)
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        let high = self.high * other.high;
        let lost = self.high.mul_add(other.high, -high);
        renormalised(
            high,
            lost + self.high.mul_add(other.low, self.low * other.high),
        )
    }

    #[inline(always)]
    fn over(self, divisor: f64) -> Self {
        let first = self.high / divisor;
        let rest = (-first).mul_add(divisor, self.high) + self.low;
        let second = rest / divisor;
        let rest = (-second).mul_add(divisor, rest);
        let sum = renormalised(first, second);
        renormalised(sum.high, sum.low + rest / divisor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_float64_hold_106_bits() {
        // 1/3 three times, and the difference from 1, which a float64 would not see.
        let third = Double::new(1.0).over(3.0);
        let one = third.plus(third).plus(third);
        assert!(one.plus(Double::new(-1.0)).value().abs() < 1e-31);
        // (1 + 2^-60)(1 - 2^-60) = 1 - 2^-120
        let tiny = 2.0_f64.powi(-60);
        let product = Double::new(1.0)
            .plus(Double::new(tiny))
            .times(Double::new(1.0).plus(Double::new(-tiny)));
        assert!(product.plus(Double::new(-1.0)).value().abs() < 1e-31);
        // 49 · 1/49, by products and sums of both signs
        let part = Double::new(1.0).over(49.0);
        let back = part.times(Double::new(49.0));
        assert!(back.plus(Double::new(-1.0)).value().abs() < 1e-31);
    }
}
