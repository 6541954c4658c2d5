//! Fill, closure and counts: against boolean products, the published tables, and each other.

mod matrices;

use matrices::*;
use reparam::group_shuffle::analysis::{self, Cost, butterfly_factors_for_density, factors_for_density};
use reparam::group_shuffle::{Class, Error, Shape, Shuffle, projection};

fn fill(block: usize, blocks: usize, factors: usize) -> f64 {
    let shape = Shape::new(block, blocks, factors).unwrap();
    let count = analysis::fill(shape, &mut vec![false; shape.dim()]).unwrap();
    count as f64 / (shape.dim() * shape.dim()) as f64
}

/// Rows reached from `column` when the numbers really move: blocks, then the shuffle (or its inverse), factor by factor.
fn reach(block: usize, blocks: usize, factors: usize, column: usize, inverse: bool) -> Vec<bool> {
    let dim = block * blocks;
    let shuffle = Shuffle::new(blocks, dim).unwrap();
    let shuffle = if inverse { shuffle.inverse() } else { shuffle };
    let mut reached = vec![false; dim];
    reached[column] = true;
    for factor in 0..factors {
        if factor > 0 {
            let mut moved = vec![false; dim];
            shuffle.apply(&reached, &mut moved).unwrap();
            reached = moved;
        }
        for run in reached.chunks_exact_mut(block) {
            let any = run.contains(&true);
            run.fill(any);
        }
    }
    reached
}

/// Theorem 2 for blocks of 2 to 9, 1 to 40 of them, and both conventions of the shuffle: 640 cases, each dense with the
/// factors of the formula and not with one fewer.
#[test]
fn density() {
    let mut cases = 0;
    for block in 2..=9 {
        for blocks in 1..=40 {
            let factors = factors_for_density(block, blocks).unwrap();
            for inverse in [false, true] {
                let dense = |factors| {
                    (0..blocks).all(|j| !reach(block, blocks, factors, j * block, inverse).contains(&false))
                };
                assert!(dense(factors) && (factors == 1 || !dense(factors - 1)), "{block}, {blocks}");
                cases += 1;
            }
            assert_eq!(fill(block, blocks, factors), 1.0);
            assert!(factors == 1 || fill(block, blocks, factors - 1) < 1.0);
        }
    }
    assert_eq!(cases, 640);
    // b, d: factors.
    for (block, dim, factors) in
        [(32, 1024, 2), (8, 1024, 4), (4, 1024, 5), (2, 1024, 10), (8, 768, 4), (8, 3072, 4)]
    {
        assert_eq!(factors_for_density(block, dim / block), Some(factors));
    }
    assert_eq!([(0, 1), (1, 0), (1, 2)].map(|(b, r)| factors_for_density(b, r)), [None; 3]);
    assert_eq!(factors_for_density(1, 1), Some(1));
    assert_eq!(factors_for_density(2, usize::MAX), Some(usize::BITS as usize + 1));
}

/// The pattern of the products that move nothing is the one of those that do, rows returned.
#[test]
fn patterns() {
    for (block, blocks, factors) in [(3, 4, 2), (4, 4, 2), (2, 6, 3), (5, 7, 2), (4, 2, 3)] {
        let shape = Shape::new(block, blocks, factors).unwrap();
        let mut reached = vec![true; shape.dim()];
        for column in 0..shape.dim() {
            analysis::pattern(shape, column, &mut reached).unwrap();
            let moved: Vec<bool> = shape.addresses(factors - 1).map(|address| reached[address]).collect();
            assert_eq!(moved, reach(block, blocks, factors, column, false), "{shape:?}, column {column}");
        }
    }
    let wrong = analysis::pattern(Shape::new(2, 2, 2).unwrap(), 0, &mut [false; 3]);
    assert_eq!(wrong, Err(Error::Length { expected: 4, found: 3 }));
}

/// Published fills, to their digits: min(1, b^m/d).
#[test]
fn fills() {
    for (block, blocks, fills) in
        [(4, 16, &[0.0625, 0.25, 1.0][..]), (5, 7, &[0.143, 0.714, 1.0]), (8, 64, &[0.0156, 0.125, 1.0])]
    {
        for (factors, &expected) in (1..).zip(fills) {
            assert!((fill(block, blocks, factors) - expected).abs() < 5e-4);
        }
    }
    // Two factors: blocks of 8 in 768 and in 3072, and 32 or 64 blocks in the widths of a diffusion model.
    for (dim, block, expected) in [
        (768, 8, 0.0833),
        (3072, 8, 0.0208),
        (320, 10, 0.3125),
        (640, 20, 0.625),
        (1280, 40, 1.0),
        (1024, 32, 1.0),
        (320, 5, 0.078125),
        (640, 10, 0.15625),
        (1280, 20, 0.3125),
    ] {
        assert!((fill(block, dim / block, 2) - expected).abs() < 5e-5, "{dim}, {block}");
    }
}

/// Factors that a block butterfly needs, counted on its pattern: those of BOFT's permutations.
#[test]
fn butterflies() {
    for (dim, block, needed) in
        [(64, 8, 4), (64, 4, 5), (64, 16, 3), (128, 8, 5), (256, 16, 5), (1024, 32, 6)]
    {
        let blocks = dim / block;
        assert_eq!(butterfly_factors_for_density(blocks), Some(needed));
        let mut reached = vec![false; dim];
        reached[dim / 2] = true;
        for factor in 0..needed {
            assert!(reached.contains(&false));
            let places = analysis::butterfly_places(block, blocks, factor).unwrap();
            let mut sorted: Vec<usize> = places.clone().collect();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..dim), "every place once");
            analysis::spread(block, places, &mut reached);
            let count = reached.iter().filter(|&&reached| reached).count();
            assert_eq!(count, block << factor);
        }
    }
    let refused = |b, r, f| analysis::butterfly_places(b, r, f).map(|_| ()).unwrap_err();
    assert_eq!(refused(3, 4, 0), Error::Setting { name: "block" });
    assert_eq!(refused(4, 3, 0), Error::Setting { name: "blocks" });
    assert_eq!(refused(4, 4, 3), Error::Setting { name: "factor" });
    assert_eq!(refused(4, 0, 0), Error::Shape);
}

/// Closed parts of Pᵀ L P R.
#[test]
fn closure() {
    for (dim, block, parts, size) in [
        (768, 8, 12, 64),
        (3072, 8, 48, 64),
        (768, 16, 3, 256),
        (64, 4, 4, 16),
        (16, 2, 4, 4),
        (768, 32, 1, 768),
        (96, 8, 1, 96),
        (320, 10, 1, 320),
        (640, 20, 1, 640),
        (320, 5, 1, 320),
        (640, 10, 1, 640),
        (1280, 20, 1, 1280),
        (1280, 40, 1, 1280),
        (30, 5, 1, 30),
    ] {
        let shape = Shape::new(block, dim / block, 2).unwrap();
        let (mut part, mut sizes) = (vec![7; dim], vec![7; dim]);
        let count = analysis::components(shape, &mut part, &mut sizes).unwrap();
        assert_eq!(count, parts, "{dim}, {block}");
        assert!(sizes[..count].iter().all(|&s| s == size) && sizes[count..].iter().all(|&s| s == 0));
        // Stacking them never leaves a part: 20 factors, P and Pᵀ by turns.
        let mut reached = vec![false; dim];
        reached[0] = true;
        for _ in 0..10 {
            analysis::spread(block, shape.addresses(0), &mut reached);
            analysis::spread(block, shape.addresses(1), &mut reached);
        }
        assert!((0..dim).all(|i| reached[i] == (part[i] == part[0])));
    }
    for (block, blocks) in [(4, 16), (2, 8)] {
        let dim = block * blocks;
        let shape = Shape::new(block, blocks, 1 + factors_for_density(block, blocks).unwrap()).unwrap();
        let count = analysis::components(shape, &mut vec![0; dim], &mut vec![0; dim]).unwrap();
        assert_eq!(count, 1, "the same shuffle between all factors leaves no parts");
    }
}

/// Blocks of an orthogonal member are partial isometries; one changed entry is noticed.
#[test]
fn partial_isometry() {
    let shape = Shape::new(6, 4, 2).unwrap();
    let class = Class::shuffle_return(shape).unwrap();
    let (l, r) = (haar_blocks(1, 6, 4), haar_blocks(2, 6, 4));
    let mut a = vec![0.0; 24 * 24];
    projection::product(class, &l, &r, &mut a).unwrap();
    let mut scratch = vec![0.0; projection::block_scratch_len(class.left(), class.right())];
    let mut worst = |a: &[f64]| {
        let errors =
            (0..16).map(|k| analysis::partial_isometry_error(class, k / 4, k % 4, a, &mut scratch).unwrap());
        errors.fold(0.0, f64::max)
    };
    assert!(worst(&a) < 1e-13);
    a[5] += 0.01;
    assert!(worst(&a) > 1e-4);
}

/// Published numbers of parameters: full blocks of both factors, and a scale for every output.
#[test]
fn published_counts() {
    let gs = |inputs: usize, block: usize| {
        Cost::group_shuffle(Shape::new(block, inputs / block, 2).unwrap()).stored
    };
    // RoBERTa-base, blocks of 8: six layers in each of twelve, (inputs, outputs), and the pooler.
    let layers = [(768, 768), (768, 768), (768, 768), (768, 768), (768, 3072), (3072, 768)];
    let rotations: usize = 12 * layers.iter().map(|&(inputs, _)| gs(inputs, 8)).sum::<usize>();
    let scales: usize = 12 * layers.iter().map(|&(_, outputs)| outputs).sum::<usize>();
    assert_eq!((rotations, scales, gs(768, 8) + 768), (1_327_104, 82_944, 13_056));
    assert_eq!(rotations + scales + gs(768, 8) + 768, 1_423_104);
    let triangles = |inputs: usize| Cost::group_shuffle(Shape::new(8, inputs / 8, 2).unwrap()).parameters;
    let all: usize = 12 * layers.iter().map(|&(inputs, _)| triangles(inputs)).sum::<usize>();
    assert_eq!(all, 580_608);
    // OFT of blocks of 16: as many as two factors of 8 without the pooler's second half.
    let oft = |inputs: usize| Cost::block_diagonal(16, inputs / 16).unwrap().stored;
    let all: usize = 12 * layers.iter().map(|&(inputs, _)| oft(inputs)).sum::<usize>();
    assert_eq!(all + scales, 1_410_048);

    // Stable Diffusion 2: (width, transformer blocks); q, k, v, out of self attention, q and out of cross attention turn
    // the width, k and v of cross attention the 1024 of the text; scales of eight outputs.
    let widths = [(320, 5), (640, 5), (1280, 6)];
    for (blocks, expected) in [(32, 6_843_392), (16, 13_586_944), (8, 27_074_048)] {
        let per = |width: usize| 6 * gs(width, width / blocks) + 2 * gs(1024, 1024 / blocks) + 8 * width;
        assert_eq!(widths.iter().map(|&(width, count)| count * per(width)).sum::<usize>(), expected);
    }
    // BOFT of the same: (blocks of 32, 4 factors) is 13.59 M, (32, 6) 20.33 M, (16, 5) 33.82 M.
    for (blocks, factors, expected) in [(32, 4, 13.59), (32, 6, 20.33), (16, 5, 33.82)] {
        let boft = |width: usize| Cost::butterfly(width / blocks, blocks, factors).unwrap().stored;
        let per = |width: usize| 6 * boft(width) + 2 * boft(1024) + 8 * width;
        let all: usize = widths.iter().map(|&(width, count)| count * per(width)).sum();
        assert!((all as f64 / 1e6 - expected).abs() < 0.006, "{blocks}, {factors}: {all}");
    }
    // Two-sided: a rotation on the outputs as well; with scales 6.57, 13.04, 25.98 M, without 6.47, 12.94, 25.88 M.
    for (blocks, with, without) in [(64, 6.57, 6.47), (32, 13.04, 12.94), (16, 25.98, 25.88)] {
        let per = |width: usize| {
            6 * gs(width, width / blocks) + 2 * gs(1024, 1024 / blocks) + 8 * gs(width, width / blocks)
        };
        let all: usize = widths.iter().map(|&(width, count)| count * per(width)).sum();
        let scales: usize = widths.iter().map(|&(width, count)| count * 8 * width).sum();
        assert!((all as f64 / 1e6 - without).abs() < 0.006, "{blocks}: {all}");
        assert!(((all + scales) as f64 / 1e6 - with).abs() < 0.006);
    }
    // 1024 in blocks of 32, dense: 2 factors against 6 of a butterfly, and one full matrix.
    assert_eq!(gs(1024, 32), 65_536);
    assert_eq!(Cost::butterfly(32, 32, 6).unwrap().stored, 196_608);
    let dense = Cost { stored: 1 << 20, parameters: 1024 * 1023 / 2, multiply_adds: 1 << 20 };
    assert_eq!(Cost::dense(1024).unwrap(), dense);
    assert_eq!(Cost::dense(0), Err(Error::Shape));
}

/// LipConvnet-15 of 100 classes. A grouped convolution of c channels holds one c/groups × c/groups kernel for each group;
/// a layer of stride 2 works on the four times as many channels of its space-to-depth.
#[test]
fn published_convolutions() {
    let grouped = |channels: usize, kernel: usize, groups: usize| {
        let group = channels / groups;
        groups * group * group * kernel * kernel
    };
    let network = |first: usize, second: Option<usize>| {
        let (mut channels, mut count) = (3, 0);
        for level in 0..5 {
            let planes = if level == 0 { 32 } else { channels };
            for layer in 0..3 {
                let stride = if layer == 2 { 2 } else { 1 };
                let kernel = if level == 4 && layer == 2 { 1 } else { 3 };
                let outputs = planes * stride;
                count += grouped((channels * stride * stride).max(outputs), kernel, first) + outputs;
                if let Some(groups) = second {
                    count += grouped(outputs, 1, groups) + outputs;
                }
                channels = outputs;
            }
        }
        count + channels * channels + 100
    };
    assert_eq!(network(1, None), 24_066_020);
    assert_eq!(network(4, None), 6_805_988);
    assert_eq!(network(4, Some(1)), 8_905_060);
    assert_eq!(network(4, Some(2)), 7_857_508);
    assert_eq!(network(4, Some(4)), 7_333_732);
}

/// The Hadamard matrix of order b^m is the product of m factors with Hadamard blocks.
#[test]
fn hadamard() {
    let hadamard = |n: usize| -> Vec<f64> {
        let sign = |i: usize, j: usize| if (i & j).count_ones() % 2 == 0 { 1.0 } else { -1.0 };
        (0..n * n).map(|k| sign(k / n, k % n) / (n as f64).sqrt()).collect()
    };
    for (block, blocks) in [(8, 8), (16, 16), (4, 4)] {
        let class = Class::shuffle_return(Shape::new(block, blocks, 2).unwrap()).unwrap();
        let parts = hadamard(block).repeat(blocks);
        let dim = block * blocks;
        let mut h = vec![0.0; dim * dim];
        projection::product(class, &parts, &parts, &mut h).unwrap();
        assert!(h.iter().zip(hadamard(dim)).all(|(x, y)| (x - y).abs() < 1e-14), "{dim}");
    }
}

/// The paired shuffle is P_(k, n/2) ⊗ I₂: pairs stay together, in order.
#[test]
fn pairs() {
    for half in 1..60 {
        for groups in (1..=half).filter(|groups| half % groups == 0) {
            let single = Shuffle::new(groups, half).unwrap();
            let paired = Shuffle::paired(groups, 2 * half).unwrap();
            let expected = single.targets().flat_map(|target| [2 * target, 2 * target + 1]);
            assert!(paired.targets().eq(expected));
        }
    }
}
