//! `reparam diagonal stability` as a user meets it.

mod command;

use command::{fails, json, reparam, text};

/// 1000 weights of which 100 are ±1, u·v = 1/4: γ < 1/(2·mean(u² + v²)) = 0.88999 by hand.
#[test]
fn growth_begins_at_the_threshold() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["diagonal", "stability", "--amplitude", "1", "--seeds", "6", "--time", "6"];
    for (parametrization, dim, factor) in [("difference", "1000", 1.0), ("product", "500", 2.0)] {
        let more = ["--parametrization", parametrization, "--dim", dim, "--json"];
        let report = json(folder.path(), &[&arguments[..], &more].concat());
        let number = |key: &str| report[key].as_f64().unwrap();
        assert!((number("predicted") / factor - 0.88999).abs() < 1e-5, "{report}");
        assert!((number("curvature") - 0.56180 * factor).abs() < 1e-4 * factor, "{report}");
        // Runs of a finite dimension differ from the Volterra equation by O(1/d); what the error says besides.
        let bound = |error: f64| 4.0 * error + 8.0 / dim.parse::<f64>().unwrap();
        let (measured, error) = (number("measured"), number("measured_error"));
        assert!((measured / number("volterra") - 1.0).abs() < bound(error / measured), "{report}");
        assert!((number("volterra") / number("predicted") - 1.0).abs() < 0.01, "the transient is over");
        for step in report["steps"].as_array().unwrap() {
            let of = |key: &str| step[key].as_f64().unwrap();
            assert!((of("measured") - of("volterra")).abs() < bound(of("error")), "{report}");
        }
        let growths: Vec<f64> =
            report["steps"].as_array().unwrap().iter().map(|s| s["measured"].as_f64().unwrap()).collect();
        assert!(growths[0] < -0.1 && growths[4] > 0.1, "{report}");
    }
}

#[test]
fn tables_and_refusals() {
    let folder = tempfile::tempdir().unwrap();
    let quick = ["diagonal", "stability", "--dim", "100", "--time", "2", "--seeds", "2"];
    let run = |more: &[&str]| reparam(folder.path(), &[&quick[..], more].concat());
    let table = text(&run(&["--covariance", "toeplitz"]).stdout);
    assert!(table.contains("measured") && !table.contains("Volterra equation"), "{table}");
    let refused =
        |more: &[&str], parts: &[&str]| fails(folder.path(), 2, &[&quick[..], more].concat(), parts);
    refused(&["--noise", "0.1"], &["--noise"]);
    refused(&["--factors", "1"], &["--factors"]);
    refused(&["--factors", "1,0.9"], &["ascending"]);
    fails(
        folder.path(),
        1,
        &["diagonal", "stability", "--dim", "100", "--time", "40", "--seeds", "2", "--factors", "4,9"],
        &["4 times", "--time"],
    );
}
