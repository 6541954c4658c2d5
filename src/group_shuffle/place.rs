//! The places of a block's inputs, block by block: what every pass through a factor walks along.

use super::shape::Shape;

/// What is done with each block of a factor.
pub(super) trait Visit<B> {
    /// Called once for each block, in order.
    fn block(&mut self, block: B, places: impl Places);
}

/// Where the inputs of one block lie.
pub(super) trait Places: Copy {
    /// Visits the places of `x` from number `first` of the block on, each with an item.
    fn zip<T, I: Iterator>(self, x: &mut [T], first: usize, items: I, visit: impl FnMut(&mut T, I::Item));

    /// Copies what lies there.
    #[inline(always)]
    fn load<T: Copy>(self, x: &mut [T], copy: &mut [T]) {
        self.zip(x, 0, copy.iter_mut(), |x, copy| *copy = *x);
    }
}

/// Walks through all factors, each given as its blocks, in the order in which they act.
#[inline(always)]
pub(super) fn forward<B, F: Iterator<Item = B>>(
    shape: Shape,
    factors: impl Iterator<Item = F>,
    visit: &mut impl Visit<B>,
) {
    let mut factors = factors;
    if let Some(blocks) = factors.next() {
        first(shape, blocks, visit);
    }
    if let Some(blocks) = factors.next() {
        second(shape, blocks, visit);
    }
    for (t, blocks) in factors.enumerate() {
        later(shape, shape.step(t + 2), blocks, visit);
    }
}

/// Walks back through all factors. Within a factor in order.
#[inline(always)]
pub(super) fn backward<B, F: Iterator<Item = B>>(
    shape: Shape,
    factors: impl DoubleEndedIterator<Item = F>,
    visit: &mut impl Visit<B>,
) {
    let mut factors = factors;
    let leading = [factors.next(), factors.next()];
    let mut t = shape.factors();
    while let Some(blocks) = factors.next_back() {
        t = t.saturating_sub(1);
        later(shape, shape.step(t), blocks, visit);
    }
    let [front, behind] = leading;
    if let Some(blocks) = behind {
        second(shape, blocks, visit);
    }
    if let Some(blocks) = front {
        first(shape, blocks, visit);
    }
}

/// The blocks of the first factor lie side by side.
#[inline(always)]
fn first<B>(shape: Shape, blocks: impl Iterator<Item = B>, visit: &mut impl Visit<B>) {
    for (j, block) in blocks.enumerate() {
        visit.block(block, Contiguous { start: j * shape.block(), len: shape.block() });
    }
}

/// In the second factor a block begins at each of the first places, and nothing wraps: if the compiler knows the sizes,
/// it sees that nothing lies outside.
#[inline(always)]
fn second<B>(shape: Shape, blocks: impl Iterator<Item = B>, visit: &mut impl Visit<B>) {
    for (start, block) in blocks.enumerate() {
        visit.block(block, Strided { start, step: shape.blocks() });
    }
}

/// In later factors the inputs lie `step` apart, modulo `dim − 1`.
#[inline(always)]
fn later<B>(shape: Shape, step: usize, blocks: impl Iterator<Item = B>, visit: &mut impl Visit<B>) {
    let wrap = shape.dim().saturating_sub(1).max(1);
    // In 1..=wrap, as the addresses themselves.
    let block_step = (shape.block() * step).saturating_sub(1) % wrap + 1;
    let mut start = 0;
    for block in blocks {
        visit.block(block, Wrapped { start, step, wrap });
        start += block_step;
        if start > wrap {
            start -= wrap;
        }
    }
}

#[derive(Clone, Copy)]
struct Contiguous {
    start: usize,
    len: usize,
}

impl Places for Contiguous {
    #[inline(always)]
    fn zip<T, I: Iterator>(
        self,
        x: &mut [T],
        first: usize,
        items: I,
        mut visit: impl FnMut(&mut T, I::Item),
    ) {
        let places = x.get_mut(self.start + first..self.start + self.len).unwrap_or_default();
        places.iter_mut().zip(items).for_each(|(place, item)| visit(place, item));
    }
}

#[derive(Clone, Copy)]
struct Strided {
    start: usize,
    step: usize,
}

impl Places for Strided {
    #[inline(always)]
    fn zip<T, I: Iterator>(
        self,
        x: &mut [T],
        first: usize,
        items: I,
        mut visit: impl FnMut(&mut T, I::Item),
    ) {
        for (k, item) in items.enumerate() {
            // Indices, not `step_by`: the compiler sees through the check if it knows the sizes.
            if let Some(place) = x.get_mut(self.start + (first + k) * self.step) {
                visit(place, item);
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Wrapped {
    start: usize,
    step: usize,
    wrap: usize,
}

impl Wrapped {
    #[inline(always)]
    fn next(self, place: usize) -> usize {
        let next = place + self.step;
        if next > self.wrap { next - self.wrap } else { next }
    }
}

impl Places for Wrapped {
    #[inline(always)]
    fn zip<T, I: Iterator>(
        self,
        x: &mut [T],
        first: usize,
        items: I,
        mut visit: impl FnMut(&mut T, I::Item),
    ) {
        let mut place = (0..first).fold(self.start, |place, _| self.next(place));
        for item in items {
            if let Some(x) = x.get_mut(place) {
                visit(x, item);
            }
            place = self.next(place);
        }
    }
}
