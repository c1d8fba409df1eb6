//! Shapes and how large they are.

mod circle;
mod square;

pub use circle::Circle;
pub use square::Square;

/// What has an area.
pub trait Shape {
    /// In square metres.
    fn size(&self) -> f64;
}

/// The area of all of them.
pub fn total(shapes: &[&dyn Shape]) -> f64 {
    shapes.iter().map(|shape| shape.size()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_add_up() {
        assert_eq!(total(&[&Square(2.0), &Square(3.0)]), 13.0);
        assert!(Circle(1.0).size() > 3.14);
    }
}
