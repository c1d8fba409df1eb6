use crate::Shape;

/// By its radius.
pub struct Circle(pub f64);

impl Shape for Circle {
    fn size(&self) -> f64 {
        std::f64::consts::PI * self.0 * self.0
    }
}
