//! Line plots as SVG: no fonts embedded, no script, one file that a paper, a browser and a README can show.

use std::fmt::Write;

/// How values map to lengths along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences, equal lengths.
    Linear,
    /// Equal ratios, equal lengths; values that are not positive are left out.
    Log,
}

/// A named line. Points are (x, y); a point that is not finite interrupts it.
#[derive(Clone, Debug)]
pub struct Series {
    /// Text in the legend; a line without is not in it.
    pub name: String,
    /// The points, by ascending x.
    pub points: Vec<(f64, f64)>,
    /// Holds each value until the next point, as a best-so-far does.
    pub steps: bool,
    /// Dashed and grey: a reference, such as a known optimum.
    pub reference: bool,
    /// Thin and light: one of many.
    pub faint: bool,
}

/// A filled band around a line, such as the scatter of many runs.
#[derive(Clone, Debug)]
pub struct Band {
    /// Position of the line in [`Plot::series`], whose colour it takes.
    pub series: usize,
    /// (x, low, high), by ascending x; those that cannot be shown are left out.
    pub points: Vec<(f64, f64, f64)>,
}

/// A plot.
#[derive(Clone, Debug)]
pub struct Plot {
    /// Text above.
    pub title: String,
    /// Text below the horizontal axis.
    pub x_label: String,
    /// Text beside the vertical axis.
    pub y_label: String,
    /// Scale of the horizontal axis.
    pub x_scale: Scale,
    /// Scale of the vertical axis.
    pub y_scale: Scale,
    /// The lines, the first one at the bottom.
    pub series: Vec<Series>,
}

// Okabe and Ito's palette: told apart by colour-blind readers and in print.
const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 60.0;
const LEGEND_LINE: f64 = 19.0;

struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    ticks: Vec<f64>,
    minor: Vec<f64>,
}

impl Axis {
    fn new(scale: Scale, values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|&value| shown(scale, value)) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (1.0, 10.0);
        }
        match scale {
            Scale::Linear => Self::linear(low, high),
            Scale::Log => Self::log(low, high),
        }
    }

    fn linear(mut low: f64, mut high: f64) -> Self {
        if high - low <= 1e-12 * high.abs().max(low.abs()).max(1e-300) {
            let room = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
            (low, high) = (low - room, high + room);
        }
        let rough = (high - low) / 6.0;
        let power = 10f64.powf(rough.log10().floor());
        let step =
            [1.0, 2.0, 2.5, 5.0, 10.0].iter().map(|m| m * power).find(|&s| s >= rough).unwrap_or(rough);
        let (first, last) = ((low / step).floor() as i64, (high / step).ceil() as i64);
        let ticks: Vec<f64> = (first..=last).map(|k| k as f64 * step).collect();
        Self {
            scale: Scale::Linear,
            low: first as f64 * step,
            high: last as f64 * step,
            ticks,
            minor: vec![],
        }
    }

    fn log(low: f64, high: f64) -> Self {
        let (first, mut last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
        last = last.max(first + 1);
        let every = (last - first).div_euclid(8) + 1;
        let ticks = (first..=last).filter(|k| k % every == 0).map(|k| 10f64.powi(k)).collect();
        let minor = if every == 1 && last - first <= 6 {
            (first..last).flat_map(|k| (2..10).map(move |m| f64::from(m) * 10f64.powi(k))).collect()
        } else {
            (first..=last).map(|k| 10f64.powi(k)).collect()
        };
        Self { scale: Scale::Log, low: 10f64.powi(first), high: 10f64.powi(last), ticks, minor }
    }

    /// Position of a value along the axis, from 0 to 1.
    fn at(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (value / self.low).ln() / (self.high / self.low).ln(),
        }
    }

    fn label(&self, tick: f64) -> String {
        if self.scale == Scale::Log {
            let exponent = tick.log10().round() as i32;
            return match exponent {
                0 => "1".into(),
                1 => "10".into(),
                _ => format!("10{}", superscript(exponent)),
            };
        }
        let step = (self.high - self.low) / (self.ticks.len() - 1).max(1) as f64;
        let largest = self.low.abs().max(self.high.abs());
        let text = if largest >= 1e6 || step < 1e-5 {
            let digits = (largest / step).log10().ceil().clamp(0.0, 12.0) as usize;
            let text = format!("{tick:.digits$e}");
            match text.split_once('e') {
                _ if tick == 0.0 => "0".into(),
                Some((m, e)) if m.contains('.') => {
                    format!("{}e{e}", m.trim_end_matches('0').trim_end_matches('.'))
                }
                _ => text,
            }
        } else {
            let decimals = (0..8).find(|&d| {
                let scaled = step * 10f64.powi(d);
                (scaled - scaled.round()).abs() < 1e-6 * scaled
            });
            let text = format!("{tick:.*}", decimals.unwrap_or(8) as usize);
            if text.trim_matches(|c| "-0.".contains(c)).is_empty() { text.replace('-', "") } else { text }
        };
        text.replace('-', "−")
    }
}

/// Characters of their own: viewers place raised parts of a right-aligned text differently.
fn superscript(number: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raised = |c: char| c.to_digit(10).map_or('⁻', |digit| DIGITS[digit as usize]);
    number.to_string().chars().map(raised).collect()
}

fn shown(scale: Scale, value: f64) -> bool {
    value.is_finite() && (scale == Scale::Linear || value > 0.0)
}

/// Begin of a picture: its size, a white ground, the title from `left` on.
pub(super) fn head([width, height]: [f64; 2], left: f64, title: &str) -> String {
    let title = escape(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\" fill=\"#222\">\n\
         <title>{title}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"{left}\" y=\"26\" font-size=\"15\" font-weight=\"600\">{title}</text>\n"
    )
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Plot {
    /// The plot as an SVG document.
    pub fn to_svg(&self) -> String {
        self.to_svg_with_bands(&[])
    }

    /// The plot as an SVG document, with bands below the lines.
    pub fn to_svg_with_bands(&self, bands: &[Band]) -> String {
        let of_bands = || bands.iter().flat_map(|band| &band.points);
        let points = || {
            let ends = of_bands().flat_map(|&(x, low, high)| [(x, low), (x, high)]);
            self.series.iter().flat_map(|series| series.points.iter().copied()).chain(ends)
        };
        let visible = |&(x, y): &(f64, f64)| shown(self.x_scale, x) && shown(self.y_scale, y);
        let x_axis = Axis::new(self.x_scale, points().filter(visible).map(|p| p.0));
        let y_axis = Axis::new(self.y_scale, points().filter(visible).map(|p| p.1));
        let named = self.series.iter().filter(|series| !series.name.is_empty()).count();
        let legend = if named > 1 { named as f64 * LEGEND_LINE + 8.0 } else { 0.0 };
        let height = HEIGHT + legend;
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let x = |value: f64| LEFT + x_axis.at(value) * (right - LEFT);
        let y = |value: f64| bottom - y_axis.at(value) * (bottom - TOP);

        let mut svg = head([WIDTH, height], LEFT, &self.title);
        // Writing to a string cannot fail.
        let mut put = |text: std::fmt::Arguments<'_>| {
            let _ = svg.write_fmt(text);
            svg.push('\n');
        };
        for (axis, vertical) in [(&x_axis, true), (&y_axis, false)] {
            let rules =
                axis.minor.iter().map(|t| (t, "#f1f1f1")).chain(axis.ticks.iter().map(|t| (t, "#dcdcdc")));
            for (&tick, colour) in rules {
                let (x1, y1, x2, y2) =
                    if vertical { (x(tick), TOP, x(tick), bottom) } else { (LEFT, y(tick), right, y(tick)) };
                put(format_args!(
                    "<line x1=\"{x1:.2}\" y1=\"{y1:.2}\" x2=\"{x2:.2}\" y2=\"{y2:.2}\" stroke=\"{colour}\"/>"
                ));
            }
        }
        put(format_args!("<g fill=\"#444\">"));
        for &tick in &x_axis.ticks {
            put(format_args!(
                "<text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"middle\">{}</text>",
                x(tick),
                bottom + 18.0,
                x_axis.label(tick)
            ));
        }
        for &tick in &y_axis.ticks {
            put(format_args!(
                "<text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                y(tick) + 4.0,
                y_axis.label(tick)
            ));
        }
        put(format_args!("</g>"));
        put(format_args!(
            "<text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"middle\" font-size=\"13\">{}</text>",
            f64::midpoint(LEFT, right),
            HEIGHT - 18.0,
            escape(&self.x_label)
        ));
        put(format_args!(
            "<text transform=\"translate(22 {:.2}) rotate(-90)\" text-anchor=\"middle\" font-size=\"13\">{}</text>",
            f64::midpoint(TOP, bottom),
            escape(&self.y_label)
        ));
        let mut colours = COLOURS.iter().cycle();
        let styles: Vec<(&str, &str)> = self
            .series
            .iter()
            .map(|series| {
                if series.faint {
                    ("#b8c4cc", " stroke-width=\"1\"")
                } else if series.reference {
                    ("#777", " stroke-dasharray=\"6 4\" stroke-width=\"1.2\"")
                } else {
                    (*colours.next().unwrap_or(&COLOURS[0]), " stroke-width=\"1.8\"")
                }
            })
            .collect();
        for band in bands {
            let Some((colour, _)) = styles.get(band.series) else { continue };
            let ends =
                band.points.iter().filter(|&&(at, low, high)| visible(&(at, low)) && visible(&(at, high)));
            let mut outline: Vec<String> =
                ends.clone().map(|&(at, low, _)| format!("{:.2} {:.2}", x(at), y(low))).collect();
            outline.extend(ends.rev().map(|&(at, _, high)| format!("{:.2} {:.2}", x(at), y(high))));
            if !outline.is_empty() {
                put(format_args!(
                    "<path d=\"M{}Z\" fill=\"{colour}\" fill-opacity=\"0.18\"/>",
                    outline.join("L")
                ));
            }
        }
        for (series, (colour, style)) in self.series.iter().zip(&styles) {
            put(format_args!(
                "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\"{style} stroke-linejoin=\"round\"/>",
                self.path(series, &x, &y)
            ));
        }
        put(format_args!(
            "<path d=\"M{LEFT} {TOP}V{bottom}H{right}\" fill=\"none\" stroke=\"#444\" stroke-width=\"1.2\"/>"
        ));
        if legend > 0.0 {
            let named = self.series.iter().zip(&styles).filter(|(series, _)| !series.name.is_empty());
            // The last one drawn is on top, and on top of the legend.
            for (line, (series, (colour, style))) in named.rev().enumerate() {
                let y = HEIGHT + line as f64 * LEGEND_LINE + 4.0;
                put(format_args!(
                    "<line x1=\"{LEFT}\" y1=\"{y:.2}\" x2=\"{:.2}\" y2=\"{y:.2}\" stroke=\"{colour}\"{style}/>",
                    LEFT + 26.0
                ));
                put(format_args!(
                    "<text x=\"{:.2}\" y=\"{:.2}\">{}</text>",
                    LEFT + 34.0,
                    y + 4.0,
                    escape(&series.name)
                ));
            }
        }
        put(format_args!("</svg>"));
        svg
    }

    fn path(&self, series: &Series, x: &impl Fn(f64) -> f64, y: &impl Fn(f64) -> f64) -> String {
        let mut path = String::new();
        let mut drawing = false;
        for &(px, py) in &series.points {
            if !shown(self.x_scale, px) || !shown(self.y_scale, py) {
                drawing = false;
                continue;
            }
            let _ = if !drawing {
                write!(path, "M{:.2} {:.2}", x(px), y(py))
            } else if series.steps {
                write!(path, "H{:.2}V{:.2}", x(px), y(py))
            } else {
                write!(path, "L{:.2} {:.2}", x(px), y(py))
            };
            drawing = true;
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_cover_the_data() {
        let axis = Axis::new(Scale::Linear, [0.13, 0.87].into_iter());
        assert!(axis.low <= 0.13 && axis.high >= 0.87);
        assert_eq!(axis.label(axis.ticks[0]), "0.0");
        let constant = Axis::new(Scale::Linear, [3.0, 3.0].into_iter());
        assert!(constant.low < 3.0 && constant.high > 3.0);
        let log = Axis::new(Scale::Log, [2e-9, 40.0, f64::NAN, -1.0].into_iter());
        assert!(log.low <= 2e-9 && log.high >= 40.0);
        assert_eq!(log.label(log.ticks[0]), "10⁻⁸", "a multiple of the step, so that 1 is among the ticks");
        assert!(log.ticks.contains(&1.0));
        let empty = Axis::new(Scale::Log, std::iter::empty());
        assert!(empty.low < empty.high);
    }

    #[test]
    fn bands_are_seen_whole() {
        let series = Series {
            name: "mean".into(),
            points: vec![(0.0, 2.0), (1.0, 2.0)],
            steps: false,
            reference: false,
            faint: false,
        };
        let plot = Plot {
            title: "t".into(),
            x_label: "x".into(),
            y_label: "y".into(),
            x_scale: Scale::Linear,
            y_scale: Scale::Log,
            series: vec![series],
        };
        let band = |points| Band { series: 0, points };
        let svg = plot.to_svg_with_bands(&[band(vec![(0.0, 1.0, 400.0), (0.5, 0.0, 4.0), (1.0, 1.0, 4.0)])]);
        let line = svg.lines().find(|line| line.contains("fill-opacity")).unwrap();
        assert_eq!(line.matches('L').count(), 3, "a point that a logarithm cannot show is left out");
        assert!(svg.contains("10³") || svg.contains(">10²<"), "the axis reaches the band");
        assert!(!plot.to_svg_with_bands(&[band(vec![])]).contains("fill-opacity"));
    }

    #[test]
    fn text_is_escaped_and_gaps_interrupt_the_line() {
        let series = Series {
            name: "a<b & c".into(),
            points: vec![(1.0, 1.0), (2.0, f64::NAN), (3.0, 2.0), (4.0, 1.0)],
            steps: true,
            reference: false,
            faint: false,
        };
        let plot = Plot {
            title: "\"t\"".into(),
            x_label: "x".into(),
            y_label: "y".into(),
            x_scale: Scale::Linear,
            y_scale: Scale::Linear,
            series: vec![series.clone(), series],
        };
        let svg = plot.to_svg();
        assert!(svg.contains("a&lt;b &amp; c") && svg.contains("&quot;t&quot;") && !svg.contains("NaN"));
        let line = svg.lines().find(|line| line.contains("fill=\"none\"")).unwrap();
        assert_eq!(line.matches('M').count(), 2);
    }
}
