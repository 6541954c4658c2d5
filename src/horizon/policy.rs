//! Which action, at each stage and state.

use super::error::Error;

/// A policy: any function of stage and state, a table of bytes, or [`Packed`].
pub trait Policy {
    /// The action at a stage in a state. What it returns outside its stages and states does not matter.
    fn action(&self, stage: usize, state: usize) -> usize;
}

impl<F: Fn(usize, usize) -> usize> Policy for F {
    #[inline(always)]
    fn action(&self, stage: usize, state: usize) -> usize {
        self(stage, state)
    }
}

/// A policy in as few bits as its actions need: 24 stages of 36 states with four actions are 216 bytes.
///
/// ```
/// use reparam::horizon::{Packed, Policy, policy};
///
/// let mut words = [0; policy::words(24, 36, 4)];
/// let mut policy = Packed::new(24, 36, 4, &mut words)?;
/// policy.set(23, 35, 3);
/// assert_eq!(policy.action(23, 35), 3);
/// assert_eq!(policy.action(23, 34), 0);
/// # Ok::<(), reparam::horizon::Error>(())
/// ```
#[derive(Debug)]
pub struct Packed<W> {
    states: usize,
    bits: u32,
    words: W,
}

/// Bits of an action: 1, 2, 4, 8 or 16, so that none straddles two words.
const fn bits(actions: usize) -> u32 {
    match actions {
        0..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        17..=256 => 8,
        _ => 16,
    }
}

/// Number of 32-bit words of a [`Packed`] policy.
pub const fn words(stages: usize, states: usize, actions: usize) -> usize {
    stages.saturating_mul(states).div_ceil(32 / bits(actions) as usize)
}

impl<W: AsRef<[u32]>> Packed<W> {
    /// Over words that hold a policy already, or zeros: action 0 everywhere.
    ///
    /// # Errors
    /// [`Error::Length`] unless there are [`words`] words, [`Error::Size`] for more than 65,536 actions.
    pub fn new(stages: usize, states: usize, actions: usize, words: W) -> Result<Self, Error> {
        if actions > 65_536 {
            return Err(Error::Size);
        }
        super::error::check_length(self::words(stages, states, actions), words.as_ref().len())?;
        Ok(Self { states, bits: bits(actions), words })
    }

    /// Word and shift of an action.
    #[inline(always)]
    fn place(&self, stage: usize, state: usize) -> (usize, u32) {
        let bit = (stage.wrapping_mul(self.states).wrapping_add(state)).wrapping_mul(self.bits as usize);
        (bit / 32, (bit % 32) as u32)
    }

    /// The bits of one action.
    #[inline(always)]
    fn mask(&self) -> u32 {
        (1 << (self.bits & 31)) - 1
    }
}

impl<W: AsRef<[u32]>> Policy for Packed<W> {
    #[inline(always)]
    fn action(&self, stage: usize, state: usize) -> usize {
        let (word, shift) = self.place(stage, state);
        (self.words.as_ref().get(word).map_or(0, |w| w >> shift) & self.mask()) as usize
    }
}

impl<W: AsRef<[u32]> + AsMut<[u32]>> Packed<W> {
    /// Sets the action at a stage in a state; nothing outside the table.
    #[inline(always)]
    pub fn set(&mut self, stage: usize, state: usize, action: usize) {
        let ((word, shift), mask) = (self.place(stage, state), self.mask());
        if let Some(word) = self.words.as_mut().get_mut(word) {
            *word = (*word & !(mask << shift)) | ((action as u32 & mask) << shift);
        }
    }
}
