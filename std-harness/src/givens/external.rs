//! An external program as objective: persistent processes and a line protocol.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use reparam::givens::search::Move;

use super::evaluator::Evaluator;
use crate::{Error, Result, interrupt};

/// The protocol, for `--help`.
pub const PROTOCOL: &str = "\
Protocol of --evaluate: COMMAND is started once (N times with --processes N) through `sh -c`. For each evaluation \
it gets one line on its standard input, `ROWS COLS q11 q12 …`: the frame, row by row, as decimal numbers \
separated by spaces. It answers with one line on its standard output: the value to be minimised, and flushes; \
it must not wait for more input than that line (mawk: -W interactive). `inf` and `nan` are answers: such a frame is never accepted. Its standard input closes when the work is done; its \
standard error is shown if something goes wrong.";

const STDERR_LINES: usize = 20;
const PATIENCE: Duration = Duration::from_secs(15);
const WAITING: &str = "still waiting for the first answer of --evaluate: does it read its input line by line, \
                       and flush after each answer? (mawk: -W interactive, Python: flush=True)";
const POLL: Duration = Duration::from_millis(50);
const GRACE: Duration = Duration::from_secs(2);

/// Processes of one command that evaluate frames.
pub struct External {
    cols: usize,
    workers: Vec<Worker>,
    evaluations: u64,
}

impl External {
    /// Starts `processes` processes of `command`. An answer that takes longer than `timeout` is an error.
    pub fn start(
        command: &str,
        rows: usize,
        cols: usize,
        processes: usize,
        timeout: Option<Duration>,
    ) -> Result<Self> {
        let workers =
            (0..processes).map(|_| Worker::start(command, rows, cols, timeout)).collect::<Result<_>>()?;
        Ok(Self { cols, workers, evaluations: 0 })
    }

    fn ask(&mut self, frames: &[Vec<f64>], values: &mut Vec<f64>) -> Result<()> {
        let share = frames.len().div_ceil(self.workers.len());
        let shares: Vec<(&mut Worker, &[Vec<f64>])> =
            self.workers.iter_mut().zip(frames.chunks(share)).collect();
        let answers: Vec<(Vec<f64>, Option<Error>)> = if let [_] = shares[..] {
            shares.into_iter().map(|(worker, frames)| worker.evaluate(frames)).collect()
        } else {
            // Threads of its own: the workers wait, they do not compute.
            std::thread::scope(|scope| {
                let threads: Vec<_> = shares
                    .into_iter()
                    .map(|(worker, frames)| scope.spawn(move || worker.evaluate(frames)))
                    .collect();
                let lost = || (Vec::new(), Some(Error::failed("a thread that evaluates panicked")));
                threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| lost())).collect()
            })
        };
        for (answered, error) in answers {
            self.evaluations += answered.len() as u64;
            values.extend(answered);
            if let Some(error) = error {
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Evaluator for External {
    fn cols(&self) -> usize {
        self.cols
    }

    fn batch(&self) -> usize {
        // A few for each: enough to keep all busy, few enough to notice Ctrl-C and to save the state.
        if self.workers.len() == 1 { 1 } else { 4 * self.workers.len() }
    }

    fn is_stateless(&self) -> bool {
        true
    }

    fn value(&mut self, frame: &[f64]) -> Result<f64> {
        let mut values = Vec::new();
        self.ask(&[frame.to_vec()], &mut values)?;
        Ok(values[0])
    }

    fn rotated(&mut self, frame: &[f64], moves: &[Move<f64>], values: &mut Vec<f64>) -> Result<()> {
        let rotated = |one: &Move<f64>| {
            let mut frame = frame.to_vec();
            one.apply(self.cols, &mut frame);
            frame
        };
        let frames: Vec<Vec<f64>> = moves.iter().map(rotated).collect();
        self.ask(&frames, values)
    }

    fn accept(&mut self, _: &[f64], _: Move<f64>) {}
}

struct Worker {
    command: String,
    rows: usize,
    cols: usize,
    timeout: Option<Duration>,
    child: Child,
    stdin: Option<ChildStdin>,
    answers: Receiver<std::io::Result<String>>,
    complaints: Arc<Mutex<VecDeque<String>>>,
    readers: Vec<JoinHandle<()>>,
    answered: u64,
}

impl Worker {
    fn start(command: &str, rows: usize, cols: usize, timeout: Option<Duration>) -> Result<Self> {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(command);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        {
            // A group of its own: Ctrl-C reaches this program alone, which then stops in good order, and the
            // end reaches all that the command has started.
            use std::os::unix::process::CommandExt;
            shell.process_group(0);
        }
        let fail =
            |e: &dyn std::fmt::Display| Error::failed(format!("cannot start --evaluate {command:?}: {e}"));
        let mut child = shell.spawn().map_err(|e| fail(&e))?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(fail(&"no pipe"));
        };
        let (send, answers) = channel();
        let answer_reader = std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let failed = line.is_err();
                if send.send(line).is_err() || failed {
                    break;
                }
            }
        });
        let complaints = Arc::new(Mutex::new(VecDeque::new()));
        let kept = Arc::clone(&complaints);
        let complaint_reader = std::thread::spawn(move || {
            let mut reader = BufReader::new(stderr);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                line.clear();
                let Ok(mut kept) = kept.lock() else { break };
                if kept.len() == STDERR_LINES {
                    kept.pop_front();
                }
                kept.push_back(text);
            }
        });
        let readers = vec![answer_reader, complaint_reader];
        let command = command.to_owned();
        Ok(Self {
            command,
            rows,
            cols,
            timeout,
            child,
            stdin: Some(stdin),
            answers,
            complaints,
            readers,
            answered: 0,
        })
    }

    /// Values of the frames, up to the first that fails.
    fn evaluate(&mut self, frames: &[Vec<f64>]) -> (Vec<f64>, Option<Error>) {
        let mut values = Vec::with_capacity(frames.len());
        for frame in frames {
            match self.value(frame) {
                Ok(value) => values.push(value),
                Err(error) => return (values, Some(error)),
            }
        }
        (values, None)
    }

    fn value(&mut self, frame: &[f64]) -> Result<f64> {
        let mut line = format!("{} {}", self.rows, self.cols);
        for x in frame {
            // Writing to a string cannot fail. The shortest decimal that reads back to the same bits.
            let _ = write!(line, " {x}");
        }
        line.push('\n');
        let sent = match &mut self.stdin {
            Some(stdin) => stdin.write_all(line.as_bytes()).and_then(|()| stdin.flush()),
            None => Ok(()),
        };
        if sent.is_err() {
            return Err(self.ended("ended"));
        }
        let asked = Instant::now();
        let mut patient = self.answered > 0;
        let answer = loop {
            match self.answers.recv_timeout(POLL) {
                Ok(Ok(answer)) => break answer,
                Ok(Err(e)) => return Err(self.broken(&format!("its answer is unreadable ({e})"))),
                Err(RecvTimeoutError::Disconnected) => return Err(self.ended("ended without an answer")),
                Err(RecvTimeoutError::Timeout) => {
                    if interrupt::asked() {
                        return Err(Error::failed("interrupted"));
                    }
                    if !patient && asked.elapsed() > PATIENCE {
                        patient = true;
                        let _ = writeln!(std::io::stderr(), "{WAITING}");
                    }
                    if self.timeout.is_some_and(|timeout| asked.elapsed() > timeout) {
                        let seconds = self.timeout.unwrap_or_default().as_secs_f64();
                        return Err(self
                            .broken(&format!("no answer within {seconds} s"))
                            .remedy("give it more time with --evaluate-timeout"));
                    }
                }
            }
        };
        let Ok(value) = answer.trim().parse::<f64>() else {
            let shown: String = answer.chars().take(80).collect();
            return Err(self
                .broken(&format!("it answered {shown:?}, which is not a number"))
                .remedy("print one number and a line end for each line of input, and nothing else"));
        };
        self.answered += 1;
        Ok(value)
    }

    /// The process is gone: says how.
    fn ended(&mut self, how: &str) -> Error {
        let deadline = Instant::now() + GRACE;
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status.to_string(),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
                _ => break "it closed its standard output but runs on".into(),
            }
        };
        // Its last words may still be in the pipe.
        std::thread::sleep(Duration::from_millis(20));
        self.broken(&format!("it {how} ({status})"))
    }

    fn broken(&self, what: &str) -> Error {
        let mut text = format!("--evaluate {:?}: after {} evaluations {what}", self.command, self.answered);
        if let Ok(lines) = self.complaints.lock()
            && !lines.is_empty()
        {
            text += "\n  its standard error ends with:";
            lines.iter().for_each(|line| text += &format!("\n    {line}"));
        }
        Error::failed(text)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // A closed standard input asks it to end. One that does not listen is ended.
        self.stdin = None;
        let grace = if interrupt::asked() { GRACE / 10 } else { GRACE };
        let deadline = Instant::now() + grace;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
        #[cfg(unix)]
        {
            let group = rustix::process::Pid::from_child(&self.child);
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
    }
}
