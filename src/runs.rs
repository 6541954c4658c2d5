//! Runs of one length, cut from either end.
//!
//! `chunks_exact` of the standard library divides by the length once it meets `zip`; where that is not inlined, nobody
//! knows that the length is not zero, and the division can panic. Here nothing is divided.

use core::mem::take;

/// `x` in runs of `len`, at least 1; what is left at the end is not visited.
#[inline(always)]
pub(crate) fn runs<T>(x: &[T], len: usize) -> Runs<'_, T> {
    Runs { rest: x, len: len.max(1) }
}

/// The same to be written.
#[inline(always)]
pub(crate) fn runs_mut<T>(x: &mut [T], len: usize) -> RunsMut<'_, T> {
    RunsMut { rest: x, len: len.max(1) }
}

/// See [`runs`]. From the end, whole runs only.
pub(crate) struct Runs<'a, T> {
    rest: &'a [T],
    len: usize,
}

/// See [`runs_mut`].
pub(crate) struct RunsMut<'a, T> {
    rest: &'a mut [T],
    len: usize,
}

impl<'a, T> Iterator for Runs<'a, T> {
    type Item = &'a [T];

    #[inline(always)]
    fn next(&mut self) -> Option<&'a [T]> {
        let (run, rest) = self.rest.split_at_checked(self.len)?;
        self.rest = rest;
        Some(run)
    }
}

impl<T> DoubleEndedIterator for Runs<'_, T> {
    #[inline(always)]
    fn next_back(&mut self) -> Option<Self::Item> {
        let (rest, run) = self.rest.split_at_checked(self.rest.len().checked_sub(self.len)?)?;
        self.rest = rest;
        Some(run)
    }
}

impl<'a, T> Iterator for RunsMut<'a, T> {
    type Item = &'a mut [T];

    #[inline(always)]
    fn next(&mut self) -> Option<&'a mut [T]> {
        if self.rest.len() < self.len {
            return None;
        }
        let (run, rest) = take(&mut self.rest).split_at_mut_checked(self.len)?;
        self.rest = rest;
        Some(run)
    }
}

impl<T> DoubleEndedIterator for RunsMut<'_, T> {
    #[inline(always)]
    fn next_back(&mut self) -> Option<Self::Item> {
        let start = self.rest.len().checked_sub(self.len)?;
        let (rest, run) = take(&mut self.rest).split_at_mut_checked(start)?;
        self.rest = rest;
        Some(run)
    }
}

/// Two iterators side by side, of equally many items: from the end too, for which `zip` would ask for their number.
pub(crate) struct Pairs<A, B>(pub(super) A, pub(super) B);

impl<A: Iterator, B: Iterator> Iterator for Pairs<A, B> {
    type Item = (A::Item, B::Item);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.1.next()?))
    }
}

impl<A: DoubleEndedIterator, B: DoubleEndedIterator> DoubleEndedIterator for Pairs<A, B> {
    #[inline(always)]
    fn next_back(&mut self) -> Option<Self::Item> {
        Some((self.0.next_back()?, self.1.next_back()?))
    }
}
