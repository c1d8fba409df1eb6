use crate::Shape;

/// By its side.
pub struct Square(pub f64);

impl Shape for Square {
    fn size(&self) -> f64 {
        self.0 * self.0
    }
}
