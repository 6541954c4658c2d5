//! The permutations of block butterfly matrices, the products that GS matrices are compared with.

/// Which place each entry of a vector is read from before factor `factor` of a block butterfly matrix acts (and
/// goes back to afterwards): its factor is `P B Pᵀ` with `(P z)[i] = z[source(i)]`. Half blocks at a distance of
/// `2^factor` meet (Liu et al., *Parameter-Efficient Orthogonal Finetuning via Butterfly Factorization*, 2023, as
/// its public program orders them). `None` unless halves exist and `2^(factor)` blocks divide the dimension.
pub fn sources(dim: usize, block: usize, factor: usize) -> Option<Vec<usize>> {
    if factor == 0 {
        return (block > 0 && dim.is_multiple_of(block)).then(|| (0..dim).collect());
    }
    let stride = 1usize.checked_shl(factor.try_into().ok()?)?;
    let half = block / 2;
    let group = block.checked_mul(stride)?;
    if half == 0 || !block.is_multiple_of(2) || !dim.is_multiple_of(group) {
        return None;
    }
    let source = |place: usize| {
        let (start, within) = (place - place % group, place % group);
        let (part, offset) = (within / half, within % half);
        // Even parts come first, then the odd ones.
        let from = if part < stride { 2 * part } else { 2 * (part - stride) + 1 };
        start + from * half + offset
    };
    Some((0..dim).map(source).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Boolean pattern of the product of `factors` factors: how much of it is not zero.
    fn fill(dim: usize, block: usize, factors: usize) -> f64 {
        let mut reached: Vec<Vec<bool>> = (0..dim).map(|i| (0..dim).map(|j| i == j).collect()).collect();
        for factor in 0..factors {
            let source = sources(dim, block, factor).unwrap();
            let mut place = vec![0; dim];
            source.iter().enumerate().for_each(|(to, &from)| place[from] = to);
            let old = reached.clone();
            for i in 0..dim {
                let first = source[i] / block * block;
                for j in 0..dim {
                    reached[i][j] = (first..first + block).any(|z| old[place[z]][j]);
                }
            }
        }
        reached.iter().flatten().filter(|&&x| x).count() as f64 / (dim * dim) as f64
    }

    #[test]
    fn half_blocks_meet_at_doubling_distances() {
        assert_eq!(sources(8, 4, 0).unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(sources(8, 4, 1).unwrap(), [0, 1, 4, 5, 2, 3, 6, 7]);
        assert_eq!(sources(8, 2, 2).unwrap(), [0, 2, 4, 6, 1, 3, 5, 7]);
        for (dim, block, factor) in [(12, 4, 2), (9, 3, 1), (8, 8, 1), (8, 0, 0), (8, 4, 70)] {
            assert_eq!(sources(dim, block, factor), None);
        }
    }

    #[test]
    fn dense_after_as_many_factors_as_published() {
        for (dim, block, factors) in [(64, 8, 4), (64, 4, 5), (64, 16, 3)] {
            assert_eq!(fill(dim, block, factors), 1.0);
            assert!(fill(dim, block, factors - 1) < 1.0);
        }
    }
}
