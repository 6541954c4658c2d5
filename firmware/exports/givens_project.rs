// Orthonormal frame of 13 x 2 as 23 angles (l1-pca).
// Written by `reparam deploy` 0.1.0 from wine_frame.json (seed 1). Make it anew rather than edit
// it.

/// Rows of the frame: numbers in a sample.
pub const ROWS: usize = 13;

/// Columns of the frame: coordinates of a sample.
pub const COLS: usize = 2;

/// Angles of the frame in radians, in the order of `reparam::givens::planes`.
#[rustfmt::skip]
#[allow(clippy::approx_constant)]
pub static ANGLES: [f32; 23] = [
    -2.4100926, -0.5570227, -3.5547368e-5, -0.466532, -0.05485335, 0.05819927, -0.09642725,
    -0.01665876, -0.5308264, 0.2873543, 0.20417124, -0.4039354, -3.061861, 0.73582214, -0.3358845,
    -0.774967, -0.64361435, 0.40385076, -0.387316, 0.06477411, -0.33847794, -0.36586758,
    -0.35087225,
];

/// Whether the frame is square with determinant -1.
pub const REFLECTED: bool = false;

/// Subtracted from a sample. Columns: alcohol, malic_acid, ash, alcalinity_of_ash, magnesium,
/// total_phenols, flavanoids, nonflavanoid_phenols, proanthocyanins, colour_intensity, hue,
/// od280_od315, proline.
#[rustfmt::skip]
#[allow(clippy::approx_constant)]
pub static CENTRE: [f32; 13] = [
    13.05, 1.88, 2.36, 19.5, 97.0, 2.3, 2.11, 0.34, 1.54, 4.8, 0.98, 2.75, 675.0,
];

/// Multiplies the centred sample.
#[rustfmt::skip]
#[allow(clippy::approx_constant)]
pub static INVERSE_SCALE: [f32; 13] = [
    1.2400006, 0.90292215, 3.7240236, 0.30083212, 0.07148945, 1.5630106, 0.9910682, 8.057544,
    1.7824391, 0.4491061, 4.3663316, 1.429432, 0.003079206,
];

/// Multiplies the scaled sample from the left; without rows if it was not whitened.
#[rustfmt::skip]
#[allow(clippy::approx_constant)]
pub static WHITENING: [[f32; 13]; 0] = [];
