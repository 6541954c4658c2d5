//! Products by tiles of 4 × 4 elements in registers: half a load per multiply-add, where a row at a time needs
//! one.
//!
//! A tile of C = A B is the sum over k of (column k of four rows of A) · (row k of four columns of B). Both come
//! as [`Strip`]s, two k at a time: the body of the loop is then as large as 32 registers allow.

use core::hint::black_box;

use crate::Real;

const SIDE: usize = 4;

/// Loops over fewer k are unrolled by LLVM unless that is prevented.
pub(super) const SHORT: usize = 12;

/// Four elements for each of two successive k.
type Pair<T> = [[T; SIDE]; 2];

/// What a tile needs of one factor: the pairs of k, and the last k if their number is odd.
pub(super) struct Strip<T, I> {
    pairs: I,
    last: Option<[T; SIDE]>,
}

/// The strip of four successive rows, k running along them. `rows` starts with these four, each `len` long.
#[inline(always)]
pub(super) fn rows<T: Real>(rows: &[T], len: usize) -> Strip<T, impl Iterator<Item = Pair<T>>> {
    let mut chunks = rows.chunks_exact(len.max(1));
    let rows = [(); SIDE].map(|()| chunks.next().unwrap_or_default());
    let last =
        if len % 2 == 0 { None } else { Some(rows.map(|row| row.last().copied().unwrap_or_default())) };
    let [a, b, c, d] = rows;
    let pairs = a.chunks_exact(2).zip(b.chunks_exact(2)).zip(c.chunks_exact(2)).zip(d.chunks_exact(2));
    let pairs = pairs.map(|(((a, b), c), d)| {
        let [a, b, c, d] = [a, b, c, d].map(|pair| pair.first_chunk::<2>().copied().unwrap_or_default());
        [[a[0], b[0], c[0], d[0]], [a[1], b[1], c[1], d[1]]]
    });
    Strip { pairs, last }
}

/// As [`rows`] for constant lengths below [`SHORT`]: for these LLVM does better without `Zip`.
#[inline(always)]
pub(super) fn short_rows<T: Real>(rows: &[T], len: usize) -> Strip<T, impl Iterator<Item = Pair<T>>> {
    let Strip { last, .. } = self::rows(rows, len);
    let mut chunks = rows.chunks_exact(len.max(1));
    let rows = [(); SIDE].map(|()| chunks.next().unwrap_or_default());
    Strip { pairs: RowPairs(rows), last }
}

/// Pairs of k from four rows of one length.
struct RowPairs<'a, T>([&'a [T]; SIDE]);

impl<T: Real> Iterator for RowPairs<'_, T> {
    type Item = Pair<T>;

    #[inline(always)]
    fn next(&mut self) -> Option<Pair<T>> {
        let mut pair = [[T::ZERO; SIDE]; 2];
        let [first, second] = &mut pair;
        for ((row, first), second) in self.0.iter_mut().zip(first).zip(second) {
            let (&[x, y], rest) = row.split_first_chunk()?;
            (*first, *second, *row) = (x, y, rest);
        }
        Some(pair)
    }
}

/// The strip of four successive columns from `start`, k running along the rows of length `stride`.
#[inline(always)]
pub(super) fn columns<T: Real>(
    a: &[T],
    stride: usize,
    start: usize,
) -> Strip<T, impl Iterator<Item = Pair<T>>> {
    let four = move |row: &[T]| row.get(start..).and_then(<[T]>::first_chunk).copied().unwrap_or_default();
    let pairs = a.chunks_exact((2 * stride).max(1));
    let last = pairs.remainder();
    let last = if last.is_empty() { None } else { Some(four(last)) };
    let pairs = pairs.map(move |pair| {
        let (first, second) = pair.split_at_checked(stride).unwrap_or_default();
        [four(first), four(second)]
    });
    Strip { pairs, last }
}

/// C from tiles. `c` has rows of length `cols`; `a(i)` and `b(j)` are the strips of the tile at (i, j), `inner`
/// is the number of k. `edge(i, j, row)` computes the elements of row i from column j that no tile covers.
#[inline(always)]
pub(super) fn product<T: Real, A, B>(
    inner: usize,
    cols: usize,
    c: &mut [T],
    a: impl Fn(usize) -> Strip<T, A>,
    b: impl Fn(usize) -> Strip<T, B>,
    edge: impl Fn(usize, usize, &mut [T]),
) where
    A: Iterator<Item = Pair<T>>,
    B: Iterator<Item = Pair<T>>,
{
    // Callers refuse a dimension of zero; not every optimization level sees that.
    let cols = cols.max(1);
    // LLVM unrolls short loops of known length completely, and then runs out of registers: hide the length.
    let pairs = if inner < SHORT { black_box(inner / 2) } else { inner / 2 };
    let covered = cols - cols % SIDE;
    let mut panels = c.chunks_exact_mut((SIDE * cols).max(1));
    let mut i = 0;
    for panel in panels.by_ref() {
        for j in (0..covered).step_by(SIDE) {
            store(&sum(pairs, a(i), b(j)), panel, cols, j);
        }
        if covered < cols {
            for (row, i) in panel.chunks_exact_mut(cols).zip(i..) {
                edge(i, covered, row.get_mut(covered..).unwrap_or_default());
            }
        }
        i += SIDE;
    }
    for (row, i) in panels.into_remainder().chunks_exact_mut(cols).zip(i..) {
        edge(i, 0, row);
    }
}

/// The tile that two strips give.
#[inline(always)]
fn sum<T: Real>(
    pairs: usize,
    a: Strip<T, impl Iterator<Item = Pair<T>>>,
    b: Strip<T, impl Iterator<Item = Pair<T>>>,
) -> [[T; SIDE]; SIDE] {
    let mut steps = a.pairs.zip(b.pairs).take(pairs);
    let mut sums = match steps.next() {
        Some(([a0, a1], [b0, b1])) => {
            let mut sums = a0.map(|a| b0.map(|b| a * b));
            add_product(&mut sums, a1, b1);
            sums
        }
        None => [[T::ZERO; SIDE]; SIDE],
    };
    for ([a0, a1], [b0, b1]) in steps {
        add_product(&mut sums, a0, b0);
        add_product(&mut sums, a1, b1);
    }
    if let (Some(a), Some(b)) = (a.last, b.last) {
        add_product(&mut sums, a, b);
    }
    sums
}

#[inline(always)]
fn add_product<T: Real>(sums: &mut [[T; SIDE]; SIDE], a: [T; SIDE], b: [T; SIDE]) {
    for (sums, a) in sums.iter_mut().zip(a) {
        sums.iter_mut().zip(b).for_each(|(sum, b)| *sum = sum.mac(a, b));
    }
}

#[inline(always)]
fn store<T: Real>(tile: &[[T; SIDE]; SIDE], panel: &mut [T], cols: usize, j: usize) {
    for (row, values) in panel.chunks_exact_mut(cols.max(1)).zip(tile) {
        if let Some(place) = row.get_mut(j..).and_then(<[T]>::first_chunk_mut) {
            *place = *values;
        }
    }
}
