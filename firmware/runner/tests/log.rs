//! Messages of a program built with the feature `defmt`, decoded with the names in its ELF file. Without QEMU or
//! the target: `cargo xtask setup`.

use defmt_decoder::Table;
use reparam_runner::{Firmware, Level, Program, run_elf};

#[test]
fn messages_of_the_target_are_decoded() {
    let program = Program::example("givens_align").feature("defmt");
    let file = Firmware::of_checkout().build_target(&program, Level::Speed).unwrap();
    let report = run_elf(&file).unwrap();
    let elf = std::fs::read(&file).unwrap();
    let table = Table::parse(&elf).unwrap().expect("the program has messages");
    let mut decoder = table.new_stream_decoder();
    let mut messages = Vec::new();
    for bytes in &report.log {
        decoder.received(bytes);
        messages.push(decoder.decode().expect("a whole message a line").display_message().to_string());
    }
    let samples = report.values("samples").unwrap()[0];
    assert_eq!(messages[0], format!("kept {samples} of 478 samples"));
    let evaluations = report.values("evaluations").unwrap()[0];
    let end = format!("degrees from the closed form after {evaluations} evaluations");
    assert!(messages[1].starts_with("plane_search: 0.") && messages[1].ends_with(&end), "{messages:?}");
    assert!(messages[2].starts_with("pattern_search: 0."), "{messages:?}");
    assert_eq!(messages.len(), 3);
}
