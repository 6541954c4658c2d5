//! Fields in the plane as SVG: rows and columns of squares with a colour for each cell.

use std::fmt::Write;

use super::plot::{escape, head};
use super::table::number;

/// How values become colours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Colours {
    /// From dark to light between two values.
    Between([f64; 2]),
    /// Blue below zero, white at zero, orange above, full at this size.
    Around(f64),
}

/// A field.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Cells, the first row at the bottom. Those that are not finite stay grey.
    pub values: Vec<f64>,
    /// Their colours.
    pub colours: Colours,
}

/// Fields of one shape.
#[derive(Clone, Debug)]
pub struct Heat {
    /// Text above.
    pub title: String,
    /// Names of the horizontal and of the vertical coordinate.
    pub labels: [String; 2],
    /// From where to where each of them goes.
    pub span: [[f64; 2]; 2],
    /// Cells along the vertical and along the horizontal coordinate.
    pub shape: [usize; 2],
    /// Heads of the columns.
    pub columns: Vec<String>,
    /// Rows with their names.
    pub rows: Vec<(String, Vec<Panel>)>,
}

const SIDE: f64 = 190.0;
const GAP: f64 = 14.0;
const LEFT: f64 = 96.0;
const TOP: f64 = 66.0;
const BOTTOM: f64 = 70.0;
/// Colours that are told apart: an odd number, so that zero is white.
const LEVELS: usize = 49;
const DARK_TO_LIGHT: [[f64; 3]; 5] =
    [[68.0, 1.0, 84.0], [59.0, 82.0, 139.0], [33.0, 145.0, 140.0], [94.0, 201.0, 98.0], [253.0, 231.0, 37.0]];
const BLUE_TO_ORANGE: [[f64; 3]; 3] = [[0.0, 114.0, 178.0], [255.0; 3], [213.0, 94.0, 0.0]];

impl Colours {
    fn ends(self) -> [f64; 2] {
        match self {
            Self::Between(ends) => ends,
            Self::Around(size) => [-size, size],
        }
    }

    fn level(self, value: f64) -> Option<usize> {
        let [low, high] = self.ends();
        let place = if high > low { (value - low) / (high - low) } else { 0.5 };
        place.is_finite().then(|| ((place * LEVELS as f64).max(0.0) as usize).min(LEVELS - 1))
    }

    fn colour(self, level: usize) -> String {
        let stops: &[[f64; 3]] = match self {
            Self::Between(_) => &DARK_TO_LIGHT,
            Self::Around(_) => &BLUE_TO_ORANGE,
        };
        let place = level as f64 / (LEVELS - 1) as f64 * (stops.len() - 1) as f64;
        let first = (place as usize).min(stops.len() - 2);
        let part = place - first as f64;
        let mix = |k: usize| (stops[first][k] + part * (stops[first + 1][k] - stops[first][k])).round() as u8;
        format!("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2))
    }
}

impl Heat {
    /// The picture as an SVG document.
    pub fn to_svg(&self) -> String {
        let width = LEFT + self.columns.len() as f64 * (SIDE + GAP) + GAP;
        let height = TOP + self.rows.len() as f64 * (SIDE + GAP) + BOTTOM;
        let mut svg = head([width, height], GAP, &self.title);
        // Writing to a string cannot fail.
        let mut put = |text: std::fmt::Arguments<'_>| {
            let _ = svg.write_fmt(text);
            svg.push('\n');
        };
        let x = |column: usize| LEFT + column as f64 * (SIDE + GAP);
        let y = |row: usize| TOP + row as f64 * (SIDE + GAP);
        for (column, head) in self.columns.iter().enumerate() {
            let middle = x(column) + SIDE / 2.0;
            put(format_args!("<text x=\"{middle}\" y=\"56\" text-anchor=\"middle\">{}</text>", escape(head)));
        }
        for (row, (name, panels)) in self.rows.iter().enumerate() {
            let middle = y(row) + SIDE / 2.0;
            let (left, name) = (GAP, escape(name));
            put(format_args!("<text x=\"{left}\" y=\"{middle}\">{name}</text>"));
            for (column, panel) in panels.iter().enumerate() {
                let (left, top) = (x(column), y(row));
                put(format_args!("<g transform=\"translate({left} {top})\">{}</g>", self.cells(panel)));
            }
        }
        let bottom = y(self.rows.len()) - GAP;
        for column in 0..self.columns.len() {
            for (k, anchor) in ["start", "end"].into_iter().enumerate() {
                let (at, value) = (x(column) + k as f64 * SIDE, signed(self.span[0][k]));
                put(format_args!(
                    "<text x=\"{at}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"#444\">{value}</text>",
                    bottom + 16.0
                ));
            }
            put(format_args!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444\">{}</text>",
                x(column) + SIDE / 2.0,
                bottom + 16.0,
                escape(&self.labels[0])
            ));
        }
        for row in 0..self.rows.len() {
            let ends = [(SIDE, signed(self.span[1][0])), (10.0, signed(self.span[1][1]))];
            let middle = (SIDE / 2.0 - 20.0, escape(&self.labels[1]));
            for (below, text) in ends.into_iter().chain([middle]) {
                put(format_args!(
                    "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#444\">{text}</text>",
                    LEFT - 6.0,
                    y(row) + below
                ));
            }
        }
        let mut bars: Vec<(usize, Colours)> = Vec::new();
        for (column, panel) in self.rows.iter().flat_map(|(_, panels)| panels.iter().enumerate()) {
            if !bars.iter().any(|(_, colours)| *colours == panel.colours) {
                bars.push((column, panel.colours));
            }
        }
        for (column, colours) in bars {
            let (left, top) = (x(column), bottom + 36.0);
            let cell = SIDE / LEVELS as f64;
            for level in 0..LEVELS {
                put(format_args!(
                    "<rect x=\"{:.2}\" y=\"{top}\" width=\"{:.2}\" height=\"12\" fill=\"{}\"/>",
                    left + level as f64 * cell,
                    cell + 0.5,
                    colours.colour(level)
                ));
            }
            let [low, high] = colours.ends();
            // What is nothing beside the other end is 0.
            let low = if low.abs() < 1e-9 * high.abs() { 0.0 } else { low };
            for (k, (anchor, end)) in ["start", "end"].into_iter().zip([low, high]).enumerate() {
                let text = number(end, 2).replace('-', "−");
                put(format_args!(
                    "<text x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\" fill=\"#444\">{text}</text>",
                    left + k as f64 * SIDE,
                    top + 27.0
                ));
            }
        }
        put(format_args!("</svg>"));
        svg
    }

    /// Runs of cells of equal colour, a path for each colour.
    fn cells(&self, panel: &Panel) -> String {
        let [ny, nx] = self.shape;
        let mut paths = vec![String::new(); LEVELS];
        for (row, values) in panel.values.chunks(nx).enumerate() {
            let levels: Vec<Option<usize>> = values.iter().map(|&value| panel.colours.level(value)).collect();
            let mut column = 0;
            for run in levels.chunk_by(|a, b| a == b) {
                if let Some(level) = run[0] {
                    let length = run.len();
                    let _ = write!(paths[level], "M{column} {}h{length}v1h-{length}z", ny - 1 - row);
                }
                column += run.len();
            }
        }
        let mut svg = format!(
            "<rect width=\"{SIDE}\" height=\"{SIDE}\" fill=\"#ccc\"/><g transform=\"scale({} {})\" \
             shape-rendering=\"crispEdges\">",
            SIDE / nx as f64,
            SIDE / ny as f64
        );
        for (level, path) in paths.iter().enumerate().filter(|(_, path)| !path.is_empty()) {
            let _ = write!(svg, "<path fill=\"{}\" d=\"{path}\"/>", panel.colours.colour(level));
        }
        svg + "</g>"
    }
}

fn signed(value: f64) -> String {
    value.to_string().replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_lie_where_they_belong() {
        let panel = |values: &[f64], colours| Panel { values: values.to_vec(), colours };
        let heat = Heat {
            title: "a<b".into(),
            labels: ["x".into(), "y".into()],
            span: [[-1.0, 1.0]; 2],
            shape: [2, 3],
            columns: vec!["u".into(), "difference".into()],
            rows: vec![(
                "time 0".into(),
                vec![
                    panel(&[0.0, 0.0, 1.0, 1.0, f64::NAN, 0.0], Colours::Between([0.0, 1.0])),
                    panel(&[0.0; 6], Colours::Around(0.5)),
                ],
            )],
        };
        let svg = heat.to_svg();
        // The first row is at the bottom; the cell that is no number is left out.
        assert!(svg.contains("<path fill=\"#440154\" d=\"M0 1h2v1h-2zM2 0h1v1h-1z\"/>"), "{svg}");
        assert!(svg.contains("<path fill=\"#fde725\" d=\"M2 1h1v1h-1zM0 0h1v1h-1z\"/>"));
        assert!(svg.contains("a&lt;b") && svg.contains("−0.5") && !svg.contains("NaN"));
    }

    #[test]
    fn colours_are_white_at_zero_and_full_at_the_ends() {
        let around = Colours::Around(2.0);
        let grey = |level: usize| {
            let colour = around.colour(level);
            [1, 3, 5].map(|k| i32::from_str_radix(&colour[k..k + 2], 16).unwrap())
        };
        assert!(grey(around.level(1e-9).unwrap()).iter().all(|&part| part > 245));
        assert_eq!(around.colour(around.level(-5.0).unwrap()), "#0072b2");
        assert_eq!(around.colour(around.level(2.0).unwrap()), "#d55e00");
        assert_eq!(around.level(f64::NAN), None);
    }
}
