// Orthonormal frame of 13 x 2 as 23 angles (pca).
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
    2.0840323, -0.008183387, 0.63639873, -0.36487484, -0.76647615, -0.6380543, 0.3946367,
    -0.38797534, 0.09156865, -0.34411308, -0.39619073, -0.29580158, -0.5678429, -0.015501876,
    -0.4186509, 0.0450263, 0.15020862, -0.11495346, -0.0075055533, -0.6523512, 0.313976, 0.14073336,
    -0.3836473,
];

/// Whether the frame is square with determinant -1.
pub const REFLECTED: bool = false;

/// Subtracted from a sample. Columns: alcohol, malic_acid, ash, alcalinity_of_ash, magnesium,
/// total_phenols, flavanoids, nonflavanoid_phenols, proanthocyanins, colour_intensity, hue,
/// od280_od315, proline.
#[rustfmt::skip]
#[allow(clippy::approx_constant)]
pub static CENTRE: [f32; 13] = [
    13.037343, 2.3347552, 2.3713286, 19.57972, 99.6014, 2.271049, 2.031049, 0.36958042, 1.5646154,
    5.084895, 0.9599021, 2.575944, 754.0979,
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
