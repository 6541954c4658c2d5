use crate::Error;

/// What a program reported, in its order. The protocol is described in the firmware's `src/lib.rs`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Values to compare.
    pub series: Vec<Series>,
    /// Instructions of one call, by kernel.
    pub instructions: Vec<(String, u64)>,
    /// Bytes of stack of one call, by kernel; `program` is the whole program.
    pub stack: Vec<(String, u64)>,
    /// `defmt` frames, not yet decoded.
    pub log: Vec<Vec<u8>>,
    /// Lines that are not of the protocol.
    pub text: Vec<String>,
    /// Whether the program came to its end.
    pub ended: bool,
}

/// Values under one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The name.
    pub name: String,
    /// How far host and target may be apart.
    pub tolerance: Tolerance,
    /// The values.
    pub words: Words,
}

/// How far host and target may be apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// Not a bit.
    Exact,
    /// By this much.
    Within(f64),
}

/// Values of one type.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Words {
    F32(Vec<f32>),
    F64(Vec<f64>),
    U32(Vec<u32>),
    U64(Vec<u64>),
}

impl PartialEq for Words {
    /// Bit by bit: a NaN equals itself and 0 differs from −0.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::F32(a), Self::F32(b)) => a.iter().map(|x| x.to_bits()).eq(b.iter().map(|x| x.to_bits())),
            (Self::F64(a), Self::F64(b)) => a.iter().map(|x| x.to_bits()).eq(b.iter().map(|x| x.to_bits())),
            (Self::U32(a), Self::U32(b)) => a == b,
            (Self::U64(a), Self::U64(b)) => a == b,
            _ => false,
        }
    }
}

impl Words {
    /// As `f64`: exactly, but for `u64` above 2⁵³.
    pub fn to_f64(&self) -> Vec<f64> {
        match self {
            Self::F32(values) => values.iter().map(|&x| x.into()).collect(),
            Self::F64(values) => values.clone(),
            Self::U32(values) => values.iter().map(|&x| x.into()).collect(),
            Self::U64(values) => values.iter().map(|&x| x as f64).collect(),
        }
    }
}

impl Report {
    /// Reads what a program printed.
    pub fn parse(output: &str) -> Result<Self, Error> {
        let mut report = Self::default();
        for line in output.lines() {
            match line.strip_prefix("reparam:") {
                Some(fact) => {
                    report.fact(fact).map_err(|why| Error::Report { line: line.to_owned(), why })?;
                }
                None => report.text.push(line.to_owned()),
            }
        }
        Ok(report)
    }

    /// The values under a name, as `f64`.
    pub fn values(&self, name: &str) -> Option<Vec<f64>> {
        self.series.iter().find(|series| series.name == name).map(|series| series.words.to_f64())
    }

    /// The stack of the whole program in bytes.
    pub fn program_stack(&self) -> Option<u64> {
        self.stack.iter().find(|(name, _)| name == "program").map(|&(_, bytes)| bytes)
    }

    fn fact(&mut self, fact: &str) -> Result<(), &'static str> {
        let mut fields = fact.split_ascii_whitespace();
        let kind = fields.next().ok_or("no fact")?;
        match kind {
            "end" => self.ended = true,
            "log" => self.log.push(bytes(fields.next().unwrap_or_default())?),
            "panic" => return Err("the program panicked"),
            "instructions" | "stack" => {
                let name = fields.next().ok_or("no name")?.to_owned();
                let count = fields.next().and_then(|n| n.parse().ok()).ok_or("no count")?;
                let list = if kind == "stack" { &mut self.stack } else { &mut self.instructions };
                list.push((name, count));
            }
            "f32" | "f64" | "u32" | "u64" => {
                let name = fields.next().ok_or("no name")?.to_owned();
                let tolerance = match fields.next().ok_or("no tolerance")? {
                    "exact" => Tolerance::Exact,
                    power => {
                        let exponent = power.strip_prefix("2^").and_then(|n| n.parse().ok());
                        Tolerance::Within(2.0f64.powi(exponent.ok_or("no tolerance")?))
                    }
                };
                let (digits, bits) = if kind.ends_with("32") { (8, 32) } else { (16, 64) };
                let words = fields
                    .map(|word| (word.len() == digits).then(|| u64::from_str_radix(word, 16).ok())?)
                    .collect::<Option<Vec<_>>>()
                    .ok_or(if bits == 32 { "a word is not 8 digits" } else { "a word is not 16 digits" })?;
                let words = words.into_iter();
                let words = match kind {
                    "f32" => Words::F32(words.map(|bits| f32::from_bits(bits as u32)).collect()),
                    "f64" => Words::F64(words.map(f64::from_bits).collect()),
                    "u32" => Words::U32(words.map(|bits| bits as u32).collect()),
                    _ => Words::U64(words.collect()),
                };
                self.series.push(Series { name, tolerance, words });
            }
            _ => return Err("no such fact"),
        }
        Ok(())
    }
}

fn bytes(hex: &str) -> Result<Vec<u8>, &'static str> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect::<Option<_>>()
        .ok_or("not hexadecimal")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_fact() {
        let report = Report::parse(
            "free text\n\
             reparam:f32 x exact 3f800000 80000000\n\
             reparam:f64 y 2^-3 bff0000000000000\n\
             reparam:u32 n exact 0000000a\n\
             reparam:u64 m exact\n\
             reparam:instructions sqrt/libm 53\n\
             reparam:stack program 1024\n\
             reparam:log 00ff\n\
             reparam:end\n",
        )
        .unwrap();
        assert_eq!(report.text, ["free text"]);
        assert_eq!(report.series[0].words, Words::F32(vec![1.0, -0.0]));
        assert_eq!(report.series[0].tolerance, Tolerance::Exact);
        assert_eq!(report.series[1].tolerance, Tolerance::Within(0.125));
        assert_eq!(report.values("y").unwrap(), [-1.0]);
        assert_eq!(report.values("n").unwrap(), [10.0]);
        assert_eq!(report.values("m").unwrap(), [0.0; 0]);
        assert_eq!(report.values("z"), None);
        assert_eq!(report.instructions, [("sqrt/libm".to_owned(), 53)]);
        assert_eq!(report.program_stack(), Some(1024));
        assert_eq!(report.log, [[0, 255]]);
        assert!(report.ended);
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        for line in [
            "reparam:",
            "reparam:f32",
            "reparam:f32 x",
            "reparam:f32 x 3f800000",
            "reparam:f32 x exact 3f8000",
            "reparam:f64 x exact 3f800000",
            "reparam:u32 x exact g0000000",
            "reparam:f32 x 2^a 3f800000",
            "reparam:stack x",
            "reparam:instructions x -1",
            "reparam:log 0g",
            "reparam:panic index out of bounds",
            "reparam:nonsense",
        ] {
            assert!(matches!(Report::parse(line), Err(Error::Report { .. })), "{line}");
        }
        assert!(!Report::parse("").unwrap().ended);
    }

    #[test]
    fn compares_bits() {
        assert_ne!(Words::F32(vec![0.0]), Words::F32(vec![-0.0]));
        assert_eq!(Words::F64(vec![f64::NAN]), Words::F64(vec![f64::NAN]));
        assert_ne!(Words::F64(vec![1.0]), Words::U64(vec![1.0f64.to_bits()]));
    }
}
