//! The header of a stored matrix: what its numbers mean, as words beside them.
//!
//! The same numbers are another matrix under another sign of K, a factor 1/2, the other direction of the shuffle or
//! the other side of the weight; programs differ in all four. The header names each of them. It is plain data: a
//! host writes it as text, as in the metadata of a `.safetensors` file; firmware compares it with what it was built
//! for.
//!
//! | key | value |
//! |---|---|
//! | `group_shuffle.version` | `1` |
//! | `group_shuffle.dim` | length of the vectors, `block`·`blocks` |
//! | `group_shuffle.block` | side of a block |
//! | `group_shuffle.factors` | number of factors |
//! | `group_shuffle.layout` | [`Layout`]: `shuffle-return` or `shuffle` |
//! | `group_shuffle.permutation` | `scatter`: [`Shuffle`](super::Shuffle) |
//! | `group_shuffle.storage` | [`Storage`]: `parameters` or `blocks` |
//! | `group_shuffle.cayley_sign` | [`Sign`]: `plus` or `minus` |
//! | `group_shuffle.cayley_factor` | what K is multiplied by: `1` or `1/2` |
//! | `group_shuffle.side` | [`Side`]: `weight` or `input` |
//!
//! All keys are required. The numbers follow in the order of [`Shape`]: factor by factor, block by block, row by row.

use core::fmt;

use super::adapter::Side;
use super::error::{Error, Fault, check_length};
use super::shape::Shape;
use crate::Real;

/// Version of the format.
pub const VERSION: usize = 1;

/// Keys in the order of [`Header::entries`].
pub const KEYS: [&str; 10] = [
    "group_shuffle.version",
    "group_shuffle.dim",
    "group_shuffle.block",
    "group_shuffle.factors",
    "group_shuffle.layout",
    "group_shuffle.permutation",
    "group_shuffle.storage",
    "group_shuffle.cayley_sign",
    "group_shuffle.cayley_factor",
    "group_shuffle.side",
];

/// A choice that is written as a word.
macro_rules! words {
    ($(#[$attribute:meta])* $name:ident { $($(#[$variant_attribute:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub enum $name { $($(#[$variant_attribute])* $variant,)* }

        impl $name {
            /// The word that stands for it in a header.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// Whether the numbers return to their places after the last factor.
    Layout {
        /// `(Pᵀ)^{m−1} B_m P ⋯ P B_1`, with two factors `Pᵀ L P R`: what [`apply`](super::apply) computes.
        #[default]
        ShuffleReturn = "shuffle-return",
        /// `B_m P ⋯ P B_1`, with two factors `L P R`: read out with [`read_shuffled`](super::apply::read_shuffled).
        Shuffle = "shuffle",
    }
}

words! {
    /// What the numbers are.
    Storage {
        /// Strict upper triangles of K: [`Shape::parameter_len`] numbers.
        #[default]
        Parameters = "parameters",
        /// Whole blocks: [`Shape::block_len`] numbers.
        Blocks = "blocks",
    }
}

words! {
    /// Which of K and −K the Cayley map takes: each gives the transpose of the other's block.
    Sign {
        /// `(I + K)(I − K)⁻¹`, as [`cayley`](super::cayley).
        #[default]
        Plus = "plus",
        /// `(I − K)(I + K)⁻¹`.
        Minus = "minus",
    }
}

words! {
    /// What the stored triangle is multiplied by to give K.
    Factor {
        /// 1, as [`cayley`](super::cayley).
        #[default]
        One = "1",
        /// 1/2: programs that write `(I + A/2)(I − A/2)⁻¹`, or `K = (A − Aᵀ)/2` with the triangle of `A − Aᵀ` stored.
        Half = "1/2",
    }
}

impl Side {
    /// The word that stands for it in a header.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Weight => "weight",
            Self::Input => "input",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        match word {
            "weight" => Some(Self::Weight),
            "input" => Some(Self::Input),
            _ => None,
        }
    }
}

/// What a stored matrix is.
///
/// ```
/// use reparam::group_shuffle::format::{Header, Sign};
/// use reparam::group_shuffle::{Error, Shape};
///
/// let ours = Header::new(Shape::new(4, 4, 2)?);
/// let mut text = String::new();
/// for (key, value) in ours.entries() {
///     text += &format!("{key}={value}\n");
/// }
/// assert!(text.contains("group_shuffle.cayley_sign=plus\n"));
///
/// let theirs = text.replace("=plus", "=minus");
/// let header = Header::parse(theirs.lines().filter_map(|line| line.split_once('=')))?;
/// assert_eq!(header, Header { sign: Sign::Minus, ..ours });
/// let error = header.require(&ours).unwrap_err();
/// assert_eq!(error.to_string(), "header: `group_shuffle.cayley_sign` is not what is asked for");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Header {
    /// Sizes.
    pub shape: Shape,
    /// Whether the numbers return to their places.
    pub layout: Layout,
    /// Parameters or blocks.
    pub storage: Storage,
    /// Sign of K.
    pub sign: Sign,
    /// Factor of K.
    pub factor: Factor,
    /// What the matrix multiplies.
    pub side: Side,
}

/// A value of a header, to be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A size.
    Number(usize),
    /// A choice.
    Word(&'static str),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

impl Header {
    /// Parameters in this crate's convention, on the weight side, with return.
    pub const fn new(shape: Shape) -> Self {
        Self {
            shape,
            layout: Layout::ShuffleReturn,
            storage: Storage::Parameters,
            sign: Sign::Plus,
            factor: Factor::One,
            side: Side::Weight,
        }
    }

    /// Number of numbers that belong to the header.
    pub const fn len(&self) -> usize {
        match self.storage {
            Storage::Parameters => self.shape.parameter_len(),
            Storage::Blocks => self.shape.block_len(),
        }
    }

    /// Whether no numbers belong to the header: parameters of blocks of one number.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keys and values in the order of [`KEYS`].
    pub fn entries(&self) -> [(&'static str, Value); 10] {
        let [version, dim, block, factors, layout, permutation, storage, sign, factor, side] = KEYS;
        [
            (version, Value::Number(VERSION)),
            (dim, Value::Number(self.shape.dim())),
            (block, Value::Number(self.shape.block())),
            (factors, Value::Number(self.shape.factors())),
            (layout, Value::Word(self.layout.word())),
            (permutation, Value::Word("scatter")),
            (storage, Value::Word(self.storage.word())),
            (sign, Value::Word(self.sign.word())),
            (factor, Value::Word(self.factor.word())),
            (side, Value::Word(self.side.word())),
        ]
    }

    /// The header from its keys and values, in any order, among any others.
    ///
    /// # Errors
    /// [`Error::Header`] with the key that is missing, that comes twice, or that has a value of which this version
    /// knows nothing.
    pub fn parse<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Error> {
        let mut values = KEYS.map(|key| (key, None));
        for (key, value) in entries {
            if let Some((key, slot)) = values.iter_mut().find(|slot| slot.0 == key) {
                if slot.replace(value).is_some() {
                    return Err(Error::Header { key, fault: Fault::Repeated });
                }
            }
        }
        let [version, dim, block, factors, layout, permutation, storage, sign, factor, side] = values;
        // First the version: others may have other keys.
        value(version, |text| number(text).filter(|&version| version == VERSION))?;
        let block_size = value(block, |text| number(text).filter(|&block| block > 0))?;
        let factor_count = value(factors, number)?;
        let shape = value(dim, |text| {
            let dim = number(text)?;
            let blocks = dim.checked_div(block_size)?;
            let shape = Shape::new(block_size, blocks, factor_count).ok()?;
            (shape.dim() == dim).then_some(shape)
        })?;
        value(permutation, |text| (text == "scatter").then_some(()))?;
        Ok(Self {
            shape,
            layout: value(layout, Layout::from_word)?,
            storage: value(storage, Storage::from_word)?,
            sign: value(sign, Sign::from_word)?,
            factor: value(factor, Factor::from_word)?,
            side: value(side, Side::from_word)?,
        })
    }

    /// Whether this is the header that a program was built for.
    ///
    /// # Errors
    /// [`Error::Header`] with the first key whose value differs.
    pub fn require(&self, expected: &Self) -> Result<(), Error> {
        let pairs = self.entries().into_iter().zip(expected.entries());
        for ((key, found), (_, expected)) in pairs {
            if found != expected {
                return Err(Error::Header { key, fault: Fault::Differs });
            }
        }
        Ok(())
    }

    /// Brings stored parameters into this crate's convention, sign plus and factor 1, and returns the header that
    /// they have then. The matrix is the same. Blocks need nothing.
    ///
    /// # Errors
    /// [`Error::Length`] unless `values` has [`len`](Self::len) numbers.
    ///
    /// ```
    /// use reparam::group_shuffle::format::{Factor, Header, Sign};
    /// use reparam::group_shuffle::{Error, Shape};
    ///
    /// let ours = Header::new(Shape::new(2, 1, 1)?);
    /// let mut values = [0.5];
    /// let header = Header { sign: Sign::Minus, factor: Factor::Half, ..ours }.normalize(&mut values)?;
    /// assert_eq!((header, values), (ours, [-0.25]));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn normalize<T: Real>(self, values: &mut [T]) -> Result<Self, Error> {
        check_length(self.len(), values.len())?;
        if self.storage == Storage::Parameters && (self.sign, self.factor) != (Sign::Plus, Factor::One) {
            let factor = match self.factor {
                Factor::One => T::ONE,
                Factor::Half => T::HALF,
            };
            let factor = match self.sign {
                Sign::Plus => factor,
                Sign::Minus => -factor,
            };
            values.iter_mut().for_each(|x| *x *= factor);
        }
        Ok(Self { sign: Sign::Plus, factor: Factor::One, ..self })
    }
}

/// A value by its parser.
fn value<'a, V>(
    (key, text): (&'static str, Option<&'a str>),
    parse: impl FnOnce(&'a str) -> Option<V>,
) -> Result<V, Error> {
    let text = text.ok_or(Error::Header { key, fault: Fault::Missing })?;
    parse(text).ok_or(Error::Header { key, fault: Fault::Value })
}

/// Decimal digits without a sign or leading zeros: what [`Value`] prints, nothing else.
fn number(text: &str) -> Option<usize> {
    if text.is_empty() || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.bytes().try_fold(0_usize, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|&digit| digit < 10)?;
        number.checked_mul(10)?.checked_add(usize::from(digit))
    })
}
