//! `reparam group-shuffle convert` against adapters and merged weights of an independent program in numpy that does
//! what PEFT does: `data/peft/make.py`.

mod command;

use std::path::{Path, PathBuf};

use command::{fails, json};
use reparam::group_shuffle::apply;
use reparam_harness::data::{npy, safetensors};
use reparam_harness::group_shuffle::butterfly;
use reparam_harness::group_shuffle::stored::Stored;
use serde_json::Value;

const MODULES: [&str; 2] = ["base_model.model.layers.0.q_proj", "base_model.model.layers.1.mlp.up"];

fn data(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/peft").join(case)
}

fn convert(folder: &Path, case: &str, more: &[&str]) -> Value {
    let input = data(case).display().to_string();
    let arguments = ["group-shuffle", "convert", &input, "-o", "out.safetensors", "--json"];
    json(folder, &[&arguments, more].concat())
}

/// The merged weights of all modules, by the core's kernel; `transposed` with each rotation taken the other way.
fn merged(path: &Path, transposed: bool) -> Vec<f64> {
    let stored = Stored::read(path).expect("a converted file");
    let weight = npy::read(&data("weight.npy")).expect("weight");
    let (outputs, inputs) = (weight.shape[0], weight.shape[1]);
    let mut all = Vec::new();
    for module in MODULES {
        let parts: Vec<_> = stored
            .matrices
            .iter()
            .filter(|(name, _)| name.split('#').next() == Some(module))
            .map(|(_, matrix)| (matrix, matrix.blocks().expect("blocks")))
            .collect();
        let scale = parts.iter().find_map(|(matrix, _)| matrix.scale.clone()).unwrap_or(vec![1.0; outputs]);
        for (row, scale) in weight.values.chunks_exact(inputs).zip(scale) {
            // Q w for the weights w of each output: the weight side.
            let mut w = row.to_vec();
            for (matrix, blocks) in &parts {
                let sources =
                    butterfly::sources(inputs, matrix.header.shape.block(), matrix.butterfly.unwrap_or(0));
                let sources = sources.expect("sources");
                let mut z = vec![0.0; inputs];
                sources.iter().zip(&w).for_each(|(&source, &x)| z[source] = x);
                let mut scratch = vec![0.0; apply::scratch_len(matrix.header.shape)];
                let map = if transposed { apply::apply_transpose } else { apply::apply };
                map(matrix.header.shape, blocks, &mut z, &mut scratch).expect("sizes");
                w = sources.iter().map(|&source| z[source]).collect();
            }
            all.extend(w.iter().map(|w| w * scale));
        }
    }
    all
}

fn distance(case: &str, found: &[f64]) -> f64 {
    let expected = npy::read(&data(case).join("expected.npy")).expect("expected").values;
    assert_eq!(expected.len(), found.len());
    expected.iter().zip(found).fold(0.0, |worst, (a, b)| worst.max((a - b).abs()))
}

#[test]
fn exact_adapters_become_the_same_weights() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.safetensors");
    let cases: [(&str, &[&str], usize); 6] = [
        ("oft_exact", &[], 36),
        ("oft_shared", &["--in-features", "24"], 36),
        ("oft_restrained", &[], 36),
        ("oft_squares", &[], 60 + 5),
        ("boft", &[], 72 + 5),
        ("boft_permutation", &[], 36 + 5),
    ];
    for (case, more, parameters) in cases {
        let report = convert(folder.path(), case, more);
        let error = distance(case, &merged(&out, false));
        assert!(error < 2e-6, "{case}: {error}");
        assert_eq!(report["modules"][1]["module"], MODULES[1]);
        assert_eq!(report["modules"][0]["parameters"], parameters, "{case}");
        assert!(report["modules"][0]["difference"].as_f64().unwrap() < 1e-6, "{report}");
    }
}

/// PEFT's exact map and its polynomial are near each other's transposes: which of them made the weights decides
/// which way they turn.
#[test]
fn the_polynomial_turns_the_other_way_and_is_converted_so() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.safetensors");
    for case in ["oft_exact", "oft_neumann", "oft_neumann_old"] {
        let report = convert(folder.path(), case, &[]);
        let (right, wrong) = (distance(case, &merged(&out, false)), distance(case, &merged(&out, true)));
        assert!(right < 0.05 && wrong > 0.5, "{case}: {right} {wrong}");
        let polynomial = case != "oft_exact";
        let difference = report["modules"][0]["difference"].as_f64().unwrap();
        assert_eq!(difference > 1e-6, polynomial, "{case}: {difference}");
        let notes = report["notes"].to_string();
        assert_eq!(notes.contains("use_cayley_neumann"), polynomial, "{notes}");
    }
    // The last term of 0.18 halves what is cut off.
    let difference = |case| convert(folder.path(), case, &[])["modules"][0]["difference"].as_f64().unwrap();
    assert_ne!(difference("oft_neumann"), difference("oft_neumann_old"));
}

#[test]
fn back_to_peft() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.safetensors");
    let tensors = |path: &Path| {
        let mut reader = safetensors::Reader::open(path).unwrap();
        let read = |name: String| (reader.read(&name).unwrap(), name);
        reader_names(path).into_iter().map(read).map(|(tensor, name)| (name, tensor)).collect::<Vec<_>>()
    };
    for (case, kind) in
        [("oft_exact", "OFT"), ("oft_neumann", "OFT"), ("oft_squares", "BOFT"), ("boft", "BOFT")]
    {
        convert(folder.path(), case, &[]);
        let first = Stored::read(&out).unwrap();
        let back = ["group-shuffle", "convert", "out.safetensors", "--to", "peft", "-o", "back", "--json"];
        let report = json(folder.path(), &back);
        assert_eq!(report["to"], kind);
        let config = std::fs::read_to_string(folder.path().join("back/adapter_config.json")).unwrap();
        let config: Value = serde_json::from_str(&config).unwrap();
        assert_eq!(config["peft_type"], kind);
        assert_eq!(config["target_modules"], serde_json::json!(["q_proj", "up"]), "kept from the original");
        let written = tensors(&folder.path().join("back/adapter_model.safetensors"));
        if case == "oft_exact" {
            assert_eq!(written, tensors(&data(case).join("adapter_model.safetensors")), "the same bits");
        }
        // And here again: the same matrices, whatever PEFT calls them.
        let again = ["group-shuffle", "convert", "back", "-o", "out.safetensors", "--json"];
        json(folder.path(), &again);
        assert_eq!(Stored::read(&out).unwrap().matrices, first.matrices, "{case}");
    }
}

fn reader_names(path: &Path) -> Vec<String> {
    safetensors::Reader::open(path).unwrap().names()
}

#[test]
fn other_tensors_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let report = convert(folder.path(), "oft_shared", &["--in-features", "24"]);
    assert!(report["notes"].to_string().contains("base_model.model.classifier.weight"));
    json(
        folder.path(),
        &["group-shuffle", "convert", "out.safetensors", "--to", "peft", "-o", "back", "--json"],
    );
    let names = reader_names(&folder.path().join("back/adapter_model.safetensors"));
    assert!(names.contains(&"base_model.model.classifier.weight".to_owned()), "{names:?}");
}

#[test]
fn what_cannot_be_converted_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let case = |name: &str| data(name).display().to_string();
    let refused = |input: &str, code, parts: &[&str]| {
        fails(folder.path(), code, &["group-shuffle", "convert", input, "-o", "o.safetensors"], parts);
    };
    refused(&case("oft_old"), 1, &["adapter_config.json", "0.13 or older", "oft_block_size"]);
    refused(&case("oft_shared"), 1, &["oft_R.weight", "block_share", "--in-features"]);
    refused("nowhere", 1, &["adapter_config.json", "cannot read"]);
    let write = |config: &str| std::fs::write(folder.path().join("adapter_config.json"), config).unwrap();
    write(r#"{"peft_type": "LORA"}"#);
    refused(".", 1, &["peft_type is \"LORA\"", "OFT and BOFT"]);
    write("{");
    refused(".", 1, &["adapter_config.json:1", "not the configuration"]);
    write(r#"{"peft_type": "OFT", "oft_block_size": 4}"#);
    std::fs::write(folder.path().join("adapter_model.bin"), "").unwrap();
    refused(".", 1, &["adapter_model.bin", "pickle"]);
    let original = data("oft_exact").join("adapter_model.safetensors");
    let bytes = std::fs::read(original).unwrap();
    let weights = folder.path().join("adapter_model.safetensors");
    std::fs::write(&weights, &bytes[..bytes.len() - 4]).unwrap();
    refused(".", 1, &["adapter_model.safetensors", "cut short"]);
    // Back: PEFT has nothing of two factors, and a PEFT file is not one of this program.
    std::fs::write(&weights, bytes).unwrap();
    let back = ["group-shuffle", "convert", "adapter_model.safetensors", "--to", "peft", "-o", "back"];
    fails(folder.path(), 1, &back, &["adapter_model.safetensors", "no matrix"]);
    assert!(!folder.path().join("o.safetensors").exists() && !folder.path().join("back").exists());
}
