//! The perfect shuffle between two factors, as additive address steps: no table, no powers.

use core::iter::FusedIterator;

use super::error::{Error, check_length};

/// The shuffle P of `len` items into `groups` groups: item i goes to place σ(i), `(P x)[σ(i)] = x[i]`, with
/// `σ(i) = (i mod groups)·(len/groups) + ⌊i/groups⌋` (definition 5.2 in the *scatter* convention, that of its
/// proposition 1 and of its program; its prose describes the inverse). The items are dealt out like cards: the
/// first of each `groups` go to the first group, in order.
///
/// ```
/// use reparam::group_shuffle::Shuffle;
///
/// let shuffle = Shuffle::new(3, 12)?;
/// assert!(shuffle.targets().eq([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]));
/// assert_eq!(shuffle.inverse(), Shuffle::new(4, 12)?);
/// assert!(Shuffle::paired(2, 8)?.targets().eq([0, 1, 4, 5, 2, 3, 6, 7]));
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Shuffle {
    groups: usize,
    /// Size of a group, in runs.
    size: usize,
    /// Items that stay together.
    run: usize,
}

impl Shuffle {
    /// Shuffle of single items.
    ///
    /// # Errors
    /// [`Error::Groups`] unless `groups` divides `len`, both positive.
    pub const fn new(groups: usize, len: usize) -> Result<Self, Error> {
        Self::of_runs(groups, len, 1)
    }

    /// Shuffle of neighbouring pairs, `P ⊗ I₂` (appendix F): both items of a pair end up side by side, where
    /// activations that compare pairs need them.
    ///
    /// # Errors
    /// [`Error::Groups`] unless `2·groups` divides `len`, both positive.
    pub const fn paired(groups: usize, len: usize) -> Result<Self, Error> {
        Self::of_runs(groups, len, 2)
    }

    const fn of_runs(groups: usize, len: usize, run: usize) -> Result<Self, Error> {
        let error = Err(Error::Groups { groups, len });
        let Some(cards) = groups.checked_mul(run) else { return error };
        if cards == 0 || len == 0 || len % cards != 0 || len.checked_mul(2).is_none() {
            return error;
        }
        Ok(Self { groups, size: len / cards, run })
    }

    /// Number of items.
    #[inline(always)]
    pub const fn len(self) -> usize {
        self.groups * self.size * self.run
    }

    /// Never: a shuffle has at least one item.
    #[inline(always)]
    pub const fn is_empty(self) -> bool {
        false
    }

    /// Number of groups.
    #[inline(always)]
    pub const fn groups(self) -> usize {
        self.groups
    }

    /// σ(i): where item `i` goes; `i` itself for an item that does not exist.
    pub const fn target(self, i: usize) -> usize {
        if i >= self.len() || self.run == 0 || self.groups == 0 {
            return i;
        }
        let (run, within) = (i / self.run, i % self.run);
        ((run % self.groups) * self.size + run / self.groups) * self.run + within
    }

    /// The shuffle that takes this one back, `Pᵀ`: `len/groups` groups.
    #[inline(always)]
    pub const fn inverse(self) -> Self {
        Self { groups: self.size, size: self.groups, run: self.run }
    }

    /// σ(0), σ(1), …
    #[inline]
    pub fn targets(self) -> impl Iterator<Item = usize> + Clone {
        let run = self.run;
        Addresses::new(self.size, self.groups * self.size)
            .flat_map(move |target| (0..run).map(move |i| target * run + i))
    }

    /// `y[σ(i)] = x[i]`.
    ///
    /// # Errors
    /// [`Error::Length`] unless both have `len` items.
    pub fn apply<T: Copy>(self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        check_length(self.len(), x.len())?;
        check_length(self.len(), y.len())?;
        for (&x, target) in x.iter().zip(self.targets()) {
            if let Some(y) = y.get_mut(target) {
                *y = x;
            }
        }
        Ok(())
    }
}

/// The places 0, s, 2s, … of `len` items, modulo `len − 1`, and the last item at the end: an addition and a
/// comparison each. Made by [`Shape::addresses`](super::Shape::addresses).
#[derive(Clone, Debug)]
pub struct Addresses {
    next: usize,
    step: usize,
    wrap: usize,
    remaining: usize,
}

impl Addresses {
    /// `step` and `len − 1` have no common divisor, and `step <= len`.
    #[inline(always)]
    pub(super) const fn new(step: usize, len: usize) -> Self {
        Self { next: 0, step, wrap: len.saturating_sub(1), remaining: len }
    }
}

impl Iterator for Addresses {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        self.remaining = self.remaining.checked_sub(1)?;
        let address = self.next;
        self.next += self.step;
        // Only the last item may lie at `wrap`, and a multiple of the step meets it only there.
        if self.next > self.wrap {
            self.next -= self.wrap;
        }
        Some(address)
    }

    #[inline(always)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining, Some(self.remaining))
    }
}

impl ExactSizeIterator for Addresses {}
impl FusedIterator for Addresses {}
