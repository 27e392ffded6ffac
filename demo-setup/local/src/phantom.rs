//! Slices that a person takes for a CT: ellipses with the density of air, lung, tissue and bone, and noise.
//! Each is drawn over those before it. Values are stored with RescaleIntercept -1024: 0 is air.

use std::f32::consts::{FRAC_PI_6, PI};

/// Rows and columns of a slice.
pub const SIDE: u16 = 256;

/// Centre, half axes (from -1 to 1 across the image; y grows to the back of the body), and Hounsfield units.
struct Ellipse {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
    density: f32,
}

const fn ellipse(x: f32, y: f32, width: f32, height: f32, density: f32) -> Ellipse {
    Ellipse { x, y, width, height, density }
}

/// A chest between apex and diaphragm: lungs, heart, spine, ribs, and a nodule in the middle slices.
pub fn chest(slice: u16, slices: u16) -> Vec<u16> {
    let bulge = bulge(slice, slices);
    let mut shapes = vec![
        ellipse(0.0, 0.0, 0.90, 0.66, -90.0),
        ellipse(0.0, 0.0, 0.86, 0.62, 45.0),
        ellipse(-0.40, 0.02, 0.22 + 0.12 * bulge, 0.30 + 0.16 * bulge, -850.0),
        ellipse(0.40, 0.02, 0.22 + 0.12 * bulge, 0.30 + 0.16 * bulge, -850.0),
        ellipse(0.0, 0.0, 0.14, 0.50, 30.0),
        ellipse(0.12, -0.12, 0.10 + 0.16 * bulge, 0.10 + 0.14 * bulge, 60.0),
        ellipse(0.10, 0.24, 0.06, 0.06, 160.0),
        ellipse(0.0, 0.38, 0.11, 0.10, 420.0),
        ellipse(0.0, 0.37, 0.08, 0.07, 220.0),
        ellipse(0.0, 0.50, 0.04, 0.03, 20.0),
        ellipse(0.0, -0.55, 0.10, 0.03, 350.0),
        ellipse(-0.03, 0.10, 0.035, 0.035, -1000.0),
    ];
    for rib in 0..12_u8 {
        // They run downwards around the body, so that they move from slice to slice.
        let angle = f32::from(rib) * FRAC_PI_6 + f32::from(slice) * 0.06;
        shapes.push(ellipse(0.80 * angle.cos(), 0.56 * angle.sin(), 0.055, 0.035, 650.0));
    }
    for (x, y) in [(-0.32, -0.10), (-0.45, 0.18), (0.42, 0.12), (0.50, -0.05), (-0.55, 0.02), (0.33, 0.27)] {
        shapes.push(ellipse(x, y + 0.002 * f32::from(slice), 0.014, 0.014, -50.0));
    }
    if bulge > 0.7 {
        shapes.push(ellipse(-0.46, -0.12, 0.05, 0.05, 40.0));
    }
    draw(&shapes, slice)
}

/// A head: skull, brain, ventricles, and a dense spot on one side.
pub fn head(slice: u16, slices: u16) -> Vec<u16> {
    let bulge = bulge(slice, slices);
    let (width, height) = (0.52 + 0.10 * bulge, 0.66 + 0.10 * bulge);
    let mut shapes = vec![
        ellipse(0.0, 0.0, width + 0.05, height + 0.05, 20.0),
        ellipse(0.0, 0.0, width, height, 950.0),
        ellipse(0.0, 0.0, width - 0.06, height - 0.06, 12.0),
        ellipse(-0.27, 0.0, width * 0.42, height - 0.12, 36.0),
        ellipse(0.27, 0.0, width * 0.42, height - 0.12, 36.0),
        ellipse(-0.09, -0.14, 0.05 * bulge, 0.18 * bulge, 6.0),
        ellipse(0.09, -0.14, 0.05 * bulge, 0.18 * bulge, 6.0),
        ellipse(0.0, 0.34, 0.03, 0.10, 8.0),
    ];
    if bulge > 0.6 {
        shapes.push(ellipse(0.30, 0.10, 0.09, 0.07, 72.0));
    }
    draw(&shapes, slice)
}

/// From 0 at both ends of the series to 1 in its middle.
fn bulge(slice: u16, slices: u16) -> f32 {
    (f32::from(slice) / f32::from(slices + 1) * PI).sin()
}

fn draw(shapes: &[Ellipse], slice: u16) -> Vec<u16> {
    let at = |pixel: u16| (f32::from(pixel) + 0.5) / f32::from(SIDE) * 2.0 - 1.0;
    let mut values = Vec::with_capacity(usize::from(SIDE) * usize::from(SIDE));
    for row in 0..SIDE {
        let in_row = |shape: &&Ellipse| (at(row) - shape.y).abs() < shape.height + 0.01;
        let shapes: Vec<&Ellipse> = shapes.iter().filter(in_row).collect();
        for column in 0..SIDE {
            let mut density = -1000.0;
            for shape in &shapes {
                let (x, y) = ((at(column) - shape.x) / shape.width, (at(row) - shape.y) / shape.height);
                // The edge is as soft as a pixel is large, or it would look cut out.
                let edge = ((1.0 - (x * x + y * y).sqrt()) * shape.width * 128.0 + 0.5).clamp(0.0, 1.0);
                if edge > 0.0 {
                    density += (shape.density - density) * edge;
                }
            }
            values.push((density + noise(slice, row, column) + 1024.0).clamp(0.0, 4095.0) as u16);
        }
    }
    values
}

/// Up to 6 Hounsfield units either way: the same for the same pixel, so that files are the same each time.
fn noise(slice: u16, row: u16, column: u16) -> f32 {
    let seed = u32::from(slice) << 16 ^ u32::from(row) << 8 ^ u32::from(column);
    let mixed = seed.wrapping_mul(0x9e37_79b1).rotate_left(15).wrapping_mul(0x85eb_ca6b);
    ((mixed >> 16) % 13) as f32 - 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_show_air_around_tissue_and_bone() {
        for values in [chest(10, 20), head(10, 20)] {
            assert_eq!(values.len(), usize::from(SIDE) * usize::from(SIDE));
            assert!(values[0] < 100, "air in the corner");
            assert!(values.iter().any(|value| *value > 1500), "bone");
            let tissue = values.iter().filter(|value| (900..1150).contains(*value)).count();
            assert!(tissue > values.len() / 8, "tissue: {tissue}");
        }
    }

    #[test]
    fn the_slices_of_a_series_differ_and_are_the_same_each_time() {
        assert_ne!(chest(3, 20), chest(4, 20));
        assert_eq!(head(3, 20), head(3, 20));
    }
}
