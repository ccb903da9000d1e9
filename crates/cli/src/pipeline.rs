//! The stages of `eval` at once: one thread reads, many answer, the calling one writes.
//!
//! ```text
//! reader --batches--> workers, each with a state of its own --answers--> writer, in the order of the lines
//!    ^                                                                     |
//!    +------------------------- memory, to be filled again ----------------+
//! ```
//!
//! Batches are numbered, and one that is answered before its turn waits. Their number is fixed, so memory is bounded whichever stage is slow: a reader that is
//! ahead waits for memory. With one thread there is no other: it reads, answers and writes in turn. The answers are the same bytes either way.
//!
//! The threads are never waited for at the end. One may stand in a read of a pipe that brings nothing more; if the writer cannot go on, the process must not wait for that.

use crate::decide::{Decider, Render, State, Tally};
use crate::failure::Failure;
use crate::input::Input;
use crate::lines::{Batch, Lines};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Batches for each thread: one to work on, one that is read meanwhile, one that is written.
const BATCHES_PER_THREAD: usize = 3;

/// How the records of a stream are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Renders {
    /// How many are written in another way, and in which.
    pub(crate) first: (u64, Render),
    pub(crate) others: Render,
}

impl Renders {
    fn of(self, number: u64) -> Render {
        let (count, render) = self.first;
        if number <= count { render } else { self.others }
    }
}

/// A batch of lines and the answers to them.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    number: u64,
    lines: Batch,
    /// The records, in order.
    pub(crate) answers: Vec<u8>,
    pub(crate) tally: Tally,
}

impl Piece {
    /// Bytes of the lines.
    pub(crate) fn size(&self) -> usize {
        self.lines.size()
    }

    fn answer<'d>(&mut self, decider: &'d Decider, state: &mut State<'d>, renders: Renders) {
        self.answers.clear();
        self.tally = Tally::default();
        for index in 0..self.lines.len() {
            let number = self.lines.first + index as u64;
            self.tally.add(decider.answer(state, self.lines.line(index), number, renders.of(number), &mut self.answers));
        }
    }
}

/// What the writer hears of.
enum Event {
    Answered(Piece),
    /// No piece has this number or a later one: the end of the stream, or an error.
    End(u64, io::Result<()>),
    /// A thread is gone and with it a piece.
    Panicked,
}

/// Answers every line and hands the pieces over in their order.
///
/// # Errors
/// Those of reading and of `write`. What was answered before is written.
pub(crate) fn answer_all(
    lines: Lines<Input>,
    path: &Path,
    decider: Arc<Decider>,
    renders: Renders,
    threads: usize,
    mut write: impl FnMut(&Piece) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if threads < 2 {
        return answer_in_turn(lines, path, &decider, renders, write);
    }
    let (spare, spares) = channel();
    let (work, works) = channel();
    let (event, events) = channel();
    for _ in 0..threads.saturating_mul(BATCHES_PER_THREAD) {
        // The reader is not there yet, but its end of the channel is.
        let _ = spare.send(Piece::default());
    }
    let to_read = event.clone();
    start("reader", &event, move || read(lines, &spares, &work, &to_read))?;
    let works = Arc::new(Mutex::new(works));
    for _ in 0..threads {
        let (works, decider, event) = (Arc::clone(&works), Arc::clone(&decider), event.clone());
        start("worker", &event.clone(), move || answer(&works, &decider, renders, &event))?;
    }
    drop(event);
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    let mut end = None;
    loop {
        match events.recv() {
            Ok(Event::Answered(piece)) => {
                waiting.insert(piece.number, piece);
            }
            Ok(Event::End(number, result)) => end = Some((number, result)),
            Ok(Event::Panicked) | Err(_) => return Err(Failure::new("io", "a thread ended before its work was done")),
        }
        while let Some(piece) = waiting.remove(&next) {
            write(&piece)?;
            next += 1;
            // Nobody reads on at the end of the stream.
            let _ = spare.send(piece);
        }
        if end.as_ref().is_some_and(|(number, _)| *number == next) {
            let result = end.map_or(Ok(()), |(_, result)| result);
            return result.map_err(|error| Failure::io("read", path, &error));
        }
    }
}

fn answer_in_turn(
    mut lines: Lines<Input>,
    path: &Path,
    decider: &Decider,
    renders: Renders,
    mut write: impl FnMut(&Piece) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut state = decider.state();
    let mut piece = Piece::default();
    while lines.fill(&mut piece.lines).map_err(|error| Failure::io("read", path, &error))? {
        piece.answer(decider, &mut state, renders);
        write(&piece)?;
    }
    Ok(())
}

/// Starts a thread. If it panics, the writer hears of it.
fn start(name: &str, event: &Sender<Event>, work: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    struct Alarm(Sender<Event>);
    impl Drop for Alarm {
        fn drop(&mut self) {
            if thread::panicking() {
                // Without a writer there is nobody to tell.
                let _ = self.0.send(Event::Panicked);
            }
        }
    }
    let alarm = Alarm(event.clone());
    let started = thread::Builder::new().name(name.to_owned()).spawn(move || {
        let _alarm = alarm;
        work();
    });
    started.map(drop).map_err(|error| Failure::new("io", format!("cannot start a thread: {error}")))
}

/// Fills pieces as long as there is memory for them, and somebody to answer them.
fn read(mut lines: Lines<Input>, spares: &Receiver<Piece>, work: &Sender<Piece>, event: &Sender<Event>) {
    let mut number = 0;
    while let Ok(mut piece) = spares.recv() {
        let filled = lines.fill(&mut piece.lines);
        if !matches!(filled, Ok(true)) {
            let _ = event.send(Event::End(number, filled.map(drop)));
            return;
        }
        piece.number = number;
        number += 1;
        if work.send(piece).is_err() {
            return;
        }
    }
}

/// Answers pieces until the reader is done.
fn answer(works: &Mutex<Receiver<Piece>>, decider: &Decider, renders: Renders, event: &Sender<Event>) {
    let mut state = decider.state();
    loop {
        // Only one waits for the channel, the others for the lock. A receiver is whole whoever panicked beside it.
        let received = works.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut piece) = received else { return };
        piece.answer(decider, &mut state, renders);
        if event.send(Event::Answered(piece)).is_err() {
            return;
        }
    }
}
