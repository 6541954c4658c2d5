use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::elf::Sizes;
use crate::{Error, Firmware, Level, Program, Report, elf};

/// A program that has not come to its end by then hangs.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a run on the target brings back.
#[derive(Clone, Debug)]
pub struct TargetRun {
    /// What the program reported.
    pub report: Report,
    /// Flash and static RAM of the whole program.
    pub sizes: Sizes,
}

impl Firmware {
    /// Builds a program for the Cortex-M4F and runs it in QEMU.
    pub fn run_target(&self, program: &Program, level: Level) -> Result<TargetRun, Error> {
        let file = self.build_target(program, level)?;
        Ok(TargetRun { report: run_elf(&file)?, sizes: elf::sizes(&file)? })
    }

    /// Builds a program for this machine and runs it.
    pub fn run_host(&self, program: &Program) -> Result<Report, Error> {
        let file = self.build_host(program)?;
        run(&mut Command::new(file), &format!("{} on the host", program.name()))
    }
}

/// Runs an ELF file on an emulated Cortex-M4F that counts one nanosecond an instruction.
pub fn run_elf(file: &Path) -> Result<Report, Error> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    run(qemu().arg(file), &format!("{name} on the target"))
}

/// `qemu-system-arm … -kernel`; the ELF file is its next argument.
pub fn qemu() -> Command {
    let mut qemu = Command::new("qemu-system-arm");
    qemu.args(["-M", "mps2-an386", "-cpu", "cortex-m4", "-icount", "shift=0"])
        .args(["-display", "none", "-monitor", "none", "-serial", "none"])
        .args(["-semihosting-config", "enable=on,target=native", "-kernel"]);
    qemu
}

fn run(command: &mut Command, program: &str) -> Result<Report, Error> {
    let (output, how) = run_text(command)?;
    if let Some(how) = how {
        return Err(Error::Failed { program: program.to_owned(), how, output });
    }
    let report = Report::parse(&output)?;
    if !report.ended {
        let how = "left before its end".to_owned();
        return Err(Error::Failed { program: program.to_owned(), how, output });
    }
    Ok(report)
}

/// What a command printed, and how it failed if it did. It may take five minutes.
pub fn run_text(command: &mut Command) -> Result<(String, Option<String>), Error> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |source| Error::Start { command: name.clone(), source };
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let mut stdout = child.stdout.take().expect("piped");
    let mut stderr = child.stderr.take().expect("piped");
    let stdout = thread::spawn(move || {
        let mut bytes = Vec::new();
        stdout.read_to_end(&mut bytes).map(|_| bytes)
    });
    let stderr = thread::spawn(move || {
        let mut bytes = Vec::new();
        stderr.read_to_end(&mut bytes).map(|_| bytes)
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break Some(status);
        }
        if start.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            break None;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let mut text = String::new();
    for stream in [stdout, stderr] {
        let bytes = stream.join().expect("reads only").map_err(failed)?;
        text.push_str(&String::from_utf8_lossy(&bytes));
    }
    let how = match status {
        Some(status) if status.success() => None,
        Some(status) => Some(format!("failed ({status})")),
        None => Some(format!("did not end within {} s", PATIENCE.as_secs())),
    };
    Ok((text, how))
}
