//! The ways to adapt a frozen network, at about equal numbers of parameters.

use super::layer::{Adapter, Layer};
use crate::group_shuffle::rotation::{Rotation, divisors};
use crate::{Error, Result};

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// No adaptation.
    Frozen,
    /// Full fine-tuning.
    Full,
    /// LoRA.
    LowRank,
    /// Block-diagonal rotation of the input.
    Oft,
    /// Block butterfly rotation of the input.
    Boft,
    /// GS rotation of the input.
    Gsoft,
    /// GS rotations of input and output.
    DoubleGsoft,
}

/// Factors of GS and butterfly matrices.
pub const FACTORS: usize = 2;

impl Method {
    /// Those that train something.
    pub const TRAINED: [Self; 6] =
        [Self::Full, Self::LowRank, Self::Oft, Self::Boft, Self::Gsoft, Self::DoubleGsoft];

    /// As it is called in print.
    pub fn name(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Full => "full fine-tuning",
            Self::LowRank => "LoRA",
            Self::Oft => "OFT",
            Self::Boft => "BOFT",
            Self::Gsoft => "GSOFT",
            Self::DoubleGsoft => "Double GSOFT",
        }
    }

    /// What it trains in a layer, and its sizes in words; `block` is that of GSOFT.
    pub fn adapter(self, layer: &Layer, block: usize) -> Result<(Adapter, String)> {
        let (inputs, outputs) = (layer.inputs(), layer.outputs());
        let gs = |dim, block| Rotation::group_shuffle(dim, block, FACTORS);
        let rotated = |input, output| Adapter::Rotated { input, output };
        Ok(match self {
            Self::Frozen => (Adapter::Frozen, String::new()),
            Self::Full => (Adapter::Full, String::new()),
            Self::LowRank => {
                let wanted = gs(inputs, block)?.parameter_len() + outputs;
                let rank = (wanted as f64 / (inputs + outputs) as f64).round() as usize;
                let rank = rank.clamp(1, inputs.min(outputs).max(1));
                (Adapter::LowRank { rank }, format!("rank {rank}"))
            }
            Self::Oft => {
                // d·(b' − 1)/2 parameters against d·(b − 1).
                let wanted = FACTORS * (block - 1) + 1;
                let block = nearest_divisor(inputs, wanted);
                (rotated(Rotation::group_shuffle(inputs, block, 1)?, None), format!("block {block}"))
            }
            Self::Boft => {
                (rotated(Rotation::butterfly(inputs, block, FACTORS)?, None), format!("block {block}"))
            }
            Self::Gsoft => (rotated(gs(inputs, block)?, None), format!("block {block}")),
            Self::DoubleGsoft => {
                let half = |dim| divisors(dim).rfind(|&divisor| divisor <= (block / 2).max(2)).unwrap_or(1);
                let (input, output) = (half(inputs), half(outputs));
                (
                    rotated(gs(inputs, input)?, Some(gs(outputs, output)?)),
                    format!("blocks {input} and {output}"),
                )
            }
        })
    }

    /// [`adapter`](Self::adapter) for all layers, or why there is none.
    pub fn sizes(self, layers: &[Layer], block: usize) -> Result<String> {
        let mut sizes =
            layers.iter().map(|layer| Ok(self.adapter(layer, block)?.1)).collect::<Result<Vec<_>>>()?;
        sizes.dedup();
        Ok(sizes.join("; "))
    }
}

fn nearest_divisor(n: usize, wanted: usize) -> usize {
    // Of two, the larger.
    divisors(n).rev().min_by_key(|divisor| divisor.abs_diff(wanted)).unwrap_or(1)
}

/// The block size that a user chose, or the one that fits all layers best: near the square root of the largest.
pub fn block(widths: &[usize], chosen: Option<usize>) -> Result<usize> {
    let inputs = &widths[..widths.len() - 1];
    let fits = |block: &usize| inputs.iter().all(|width| width.is_multiple_of(*block));
    let largest = inputs.iter().copied().max().unwrap_or(1);
    let fitting: Vec<usize> = divisors(largest).filter(|b| *b > 1 && fits(b)).collect();
    let remedy = || match fitting.len() {
        0 => "choose --hidden with a divisor in common with the length of a sample".to_owned(),
        _ => format!("choose --block among {fitting:?}"),
    };
    match chosen {
        Some(block) if fitting.contains(&block) => Ok(block),
        Some(block) => {
            let what =
                format!("--block {block}: blocks larger than one must divide the layers' inputs {inputs:?}");
            Err(Error::usage(what).remedy(remedy()))
        }
        None => fitting.iter().copied().min_by_key(|b| b.abs_diff(largest.isqrt())).ok_or_else(|| {
            Error::usage(format!("no block larger than one divides the layers' inputs {inputs:?}"))
                .remedy(remedy())
        }),
    }
}

#[cfg(test)]
mod tests {
    use reparam::random::SplitMix64;

    use super::*;

    #[test]
    fn parameters_are_about_equal() {
        let layer = Layer::random(64, 64, &mut SplitMix64::new(0));
        let count = |method: Method| {
            let (adapter, _) = method.adapter(&layer, 8).unwrap();
            layer.adapted(adapter, &mut SplitMix64::new(0)).parameters().len()
        };
        // 2 factors of 8 blocks of 28 and 64 scales; 4 blocks of 120; rank 4; 2 sides of 2 factors of 16 blocks of 6.
        assert_eq!(Method::TRAINED.map(count), [64 * 65, 4 * 128, 480 + 64, 448 + 64, 448 + 64, 384 + 64]);
        assert_eq!(block(&[64, 64, 10], None).unwrap(), 8);
        assert!(block(&[64, 15, 10], None).is_err());
        assert!(block(&[64, 32, 10], Some(3)).unwrap_err().to_string().contains("[2, 4, 8, 16, 32]"));
    }
}
