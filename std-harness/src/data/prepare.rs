//! Centring, scaling and whitening of a table before a fit.

use clap::{Args, ValueEnum};
use nalgebra::{DMatrix, SymmetricEigen};
use serde::Serialize;

use super::Table;
use crate::{Error, Result};

/// What is subtracted from each column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Centre {
    /// Nothing
    None,
    /// The mean
    Mean,
    /// The median: outliers do not move it
    Median,
}

/// Options that change the data before the fit.
#[derive(Args, Clone, Debug, Serialize)]
pub struct PrepareOptions {
    /// What to subtract from each column. Without it: the mean for pca and ica, the median for l1-pca, nothing for
    /// the others
    #[arg(long = "center", alias = "centre", value_enum)]
    pub centre: Option<Centre>,
    /// Divide each column by its standard deviation
    #[arg(long, conflicts_with = "whiten")]
    pub standardize: bool,
    /// Make the columns uncorrelated with variance 1, by the symmetric square root. ica always does
    #[arg(long)]
    pub whiten: bool,
}

/// What was done to the columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// The values, row-major.
    pub values: Vec<f64>,
    /// Subtracted from each column.
    pub centre: Vec<f64>,
    /// Divides each column after that.
    pub scale: Vec<f64>,
    /// Symmetric matrix, row-major, that multiplies each row after that.
    pub whitening: Option<Vec<f64>>,
}

/// Beyond this, sums of squares are no longer finite.
const LARGEST: f64 = 1e150;

/// Prepares a table: `default` is the centre if the options name none.
pub fn prepare(table: &Table, options: &PrepareOptions, default: Centre) -> Result<Prepared> {
    let (rows, cols) = (table.rows(), table.cols());
    if let Some(flat) = table.values.iter().position(|x| x.abs() > LARGEST) {
        let what = format!(
            "row {} of column {:?} is {:e}: squares of such numbers overflow",
            flat / cols + 1,
            table.columns[flat % cols],
            table.values[flat]
        );
        return Err(Error::failed(what).remedy("use a larger unit, or leave the column out with --columns"));
    }
    let mut values = table.values.clone();
    let column = |values: &[f64], c: usize| values.iter().skip(c).step_by(cols).copied().collect::<Vec<_>>();
    let centre: Vec<f64> = (0..cols)
        .map(|c| match options.centre.unwrap_or(default) {
            Centre::None => 0.0,
            Centre::Mean => mean(&column(&values, c)),
            Centre::Median => median(column(&values, c)),
        })
        .collect();
    subtract(&mut values, &centre);

    let mut scale = vec![1.0; cols];
    if options.standardize {
        for (c, scale) in scale.iter_mut().enumerate() {
            *scale = deviation(&column(&values, c));
            if *scale <= 1e-12 * centre[c].abs() || *scale == 0.0 {
                let what = format!("column {:?} is constant and cannot be standardized", table.columns[c]);
                return Err(Error::failed(what).remedy("leave it out with --columns"));
            }
        }
        values.chunks_exact_mut(cols).for_each(|row| row.iter_mut().zip(&scale).for_each(|(x, s)| *x /= s));
    }

    let mut whitening = None;
    if options.whiten {
        if rows <= cols {
            let what =
                format!("{rows} rows are too few to whiten {cols} columns: their covariance is singular");
            return Err(Error::failed(what).remedy("choose fewer columns with --columns, or give more rows"));
        }
        let covariance = DMatrix::from_row_slice(cols, cols, &covariance(&values, cols));
        let eigen = SymmetricEigen::new(covariance);
        let largest = eigen.eigenvalues.max();
        if eigen.eigenvalues.min() <= largest * 1e-12 {
            return Err(Error::failed("the columns are linearly dependent and cannot be whitened")
                .remedy("leave the redundant ones out with --columns"));
        }
        let roots = DMatrix::from_diagonal(&eigen.eigenvalues.map(|lambda| lambda.sqrt().recip()));
        let root = &eigen.eigenvectors * roots * eigen.eigenvectors.transpose();
        // Symmetric to the last bit, so that rows and columns mean the same to every reader.
        let root = DMatrix::from_fn(cols, cols, |r, c| f64::midpoint(root[(r, c)], root[(c, r)]));
        let whitened = DMatrix::from_row_slice(rows, cols, &values) * &root;
        values = whitened.transpose().as_slice().to_vec();
        whitening = Some(root.as_slice().to_vec());
    }
    Ok(Prepared { values, centre, scale, whitening })
}

/// Covariance of row-major data with `cols` columns whose mean is taken as zero: `XᵀX/n`.
pub fn covariance(values: &[f64], cols: usize) -> Vec<f64> {
    let data = DMatrix::from_row_slice(values.len() / cols, cols, values);
    let product = data.tr_mul(&data) / (values.len() / cols) as f64;
    let symmetric = |r, c| f64::midpoint(product[(r, c)], product[(c, r)]);
    (0..cols * cols).map(|k| symmetric(k / cols, k % cols)).collect()
}

/// Row-major `rows × cols` to row-major `cols × rows`.
pub fn transpose(values: &[f64], cols: usize) -> Vec<f64> {
    (0..cols).flat_map(|c| values.iter().skip(c).step_by(cols).copied()).collect()
}

fn subtract(values: &mut [f64], centre: &[f64]) {
    values
        .chunks_exact_mut(centre.len())
        .for_each(|row| row.iter_mut().zip(centre).for_each(|(x, c)| *x -= c));
}

/// Arithmetic mean.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Median; the mean of the two middle values of an even number.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half] } else { f64::midpoint(values[half - 1], values[half]) }
}

/// Standard deviation of a sample; 0 for one value.
pub fn sample_deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let mean = mean(values);
    (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt()
}

fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / values.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let values = vec![1.0, 10.0, 2.0, 30.0, 3.0, 20.0, 4.0, 60.0, 100.0, 50.0];
        Table { columns: vec!["a".into(), "b".into()], values }
    }

    fn options(centre: Option<Centre>, standardize: bool, whiten: bool) -> PrepareOptions {
        PrepareOptions { centre, standardize, whiten }
    }

    #[test]
    fn whitened_columns_have_unit_covariance() {
        let prepared = prepare(&table(), &options(None, false, true), Centre::Mean).unwrap();
        let covariance = covariance(&prepared.values, 2);
        assert!(covariance.iter().zip([1.0, 0.0, 0.0, 1.0]).all(|(x, y)| (x - y).abs() < 1e-12));
        let w = prepared.whitening.unwrap();
        assert_eq!(w[1], w[2]);
        // The same by hand, for the second row.
        let x = [2.0 - prepared.centre[0], 30.0 - prepared.centre[1]];
        assert!((w[0] * x[0] + w[1] * x[1] - prepared.values[2]).abs() < 1e-12);
        assert!((w[2] * x[0] + w[3] * x[1] - prepared.values[3]).abs() < 1e-12);
    }

    #[test]
    fn centres_and_scales() {
        let robust = prepare(&table(), &options(None, false, false), Centre::Median).unwrap();
        assert_eq!((robust.centre.as_slice(), robust.values[1]), (&[3.0, 30.0][..], -20.0));
        let scaled = prepare(&table(), &options(Some(Centre::Mean), true, false), Centre::None).unwrap();
        let b: Vec<f64> = scaled.values.iter().skip(1).step_by(2).copied().collect();
        assert!((deviation(&b) - 1.0).abs() < 1e-15 && mean(&b).abs() < 1e-15);
        let constant = Table { columns: vec!["c".into()], values: vec![2.0; 4] };
        let error = prepare(&constant, &options(None, true, false), Centre::Mean).unwrap_err();
        assert!(error.to_string().contains("\"c\" is constant"), "{error}");
        assert_eq!(transpose(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }
}
