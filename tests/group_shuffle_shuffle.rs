//! The shuffle against its definition.

use reparam::group_shuffle::{Error, Shape, Shuffle};

fn targets(groups: usize, len: usize) -> Vec<usize> {
    Shuffle::new(groups, len).unwrap().targets().collect()
}

/// Tables worked out by hand from σ(i) = (i mod k)·(n/k) + ⌊i/k⌋ with n = 12.
#[test]
fn tables() {
    assert_eq!(targets(2, 12), [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]);
    assert_eq!(targets(3, 12), [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
    assert_eq!(targets(4, 12), [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
    assert_eq!(targets(6, 12), [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
}

/// For all k | n, n < 200: the additive steps are the definition, the modular form holds, and P_(k,n)ᵀ = P_(n/k,n).
#[test]
fn all_below_200() {
    for n in 1..200 {
        for k in (1..=n).filter(|k| n % k == 0) {
            let shuffle = Shuffle::new(k, n).unwrap();
            let targets = targets(k, n);
            assert_eq!(targets.len(), n);
            for (i, &target) in targets.iter().enumerate() {
                assert_eq!(target, (i % k) * (n / k) + i / k, "P_({k},{n})");
                assert_eq!(target, shuffle.target(i));
                if i + 1 < n {
                    assert_eq!(target, i * (n / k) % (n - 1), "P_({k},{n})");
                }
                assert_eq!(shuffle.inverse().target(target), i);
            }
            assert_eq!(shuffle.inverse(), Shuffle::new(n / k, n).unwrap());
        }
    }
}

/// σ_paired(i) = (⌊i/2⌋ mod k)·n/k + 2⌊i/(2k)⌋ + (i mod 2).
#[test]
fn pairs() {
    for n in (2..200).step_by(2) {
        for k in (1..=n / 2).filter(|k| (n / 2) % k == 0) {
            let shuffle = Shuffle::paired(k, n).unwrap();
            for (i, target) in shuffle.targets().enumerate() {
                assert_eq!(target, (i / 2 % k) * (n / k) + 2 * (i / (2 * k)) + i % 2);
                assert_eq!(target, shuffle.target(i));
            }
            let x: Vec<_> = (0..n).collect();
            let mut y = vec![0; n];
            shuffle.apply(&x, &mut y).unwrap();
            assert!(y.chunks(2).all(|pair| pair[0] % 2 == 0 && pair[1] == pair[0] + 1));
        }
    }
}

/// Factor t of a product that moves nothing reads the t times shuffled vector: address(t, p) is the item that t shuffles
/// bring to place p.
#[test]
fn addresses_of_factors() {
    for (block, blocks) in [(1, 1), (1, 7), (7, 1), (2, 2), (3, 9), (4, 16), (4, 8), (6, 4), (5, 7), (2, 32)]
    {
        let shape = Shape::new(block, blocks, 6).unwrap();
        let shuffle = Shuffle::new(blocks, shape.dim()).unwrap();
        let mut items: Vec<_> = (0..shape.dim()).collect();
        for factor in 0..6 {
            assert!(shape.addresses(factor).eq(items.iter().copied()), "{block} x {blocks}, factor {factor}");
            let shuffled = items.clone();
            shuffle.apply(&shuffled, &mut items).unwrap();
        }
    }
}

#[test]
fn refused() {
    assert_eq!(Shuffle::new(0, 4), Err(Error::Groups { groups: 0, len: 4 }));
    assert_eq!(Shuffle::new(3, 4), Err(Error::Groups { groups: 3, len: 4 }));
    assert_eq!(Shuffle::new(1, 0), Err(Error::Groups { groups: 1, len: 0 }));
    assert_eq!(Shuffle::paired(2, 6), Err(Error::Groups { groups: 2, len: 6 }));
    assert_eq!(Shuffle::paired(usize::MAX, 6), Err(Error::Groups { groups: usize::MAX, len: 6 }));
    assert_eq!(Shape::new(0, 1, 1), Err(Error::Shape));
    assert_eq!(Shape::new(1, 0, 1), Err(Error::Shape));
    assert_eq!(Shape::new(1, 1, 0), Err(Error::Shape));
    assert_eq!(Shape::new(usize::MAX, 2, 1), Err(Error::Shape));
    let mut y = [0; 3];
    assert_eq!(
        Shuffle::new(2, 4).unwrap().apply(&[0; 4], &mut y),
        Err(Error::Length { expected: 4, found: 3 })
    );
}
