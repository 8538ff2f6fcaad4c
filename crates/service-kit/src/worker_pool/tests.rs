use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

use super::*;

type Task = Box<dyn FnOnce() + Send>;

/// Runs tasks, and counts how often it began, became idle and recovered.
#[derive(Clone, Default)]
struct Recording {
    begun: Arc<AtomicUsize>,
    idle: Arc<AtomicUsize>,
    recovered: Arc<AtomicUsize>,
}

impl Worker for Recording {
    type Jobs = Receiver<Task>;

    fn begin(&mut self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    fn run(&mut self, task: Task, _: &Receiver<Task>) {
        task();
    }

    fn become_idle(&mut self) {
        self.idle.fetch_add(1, Ordering::Relaxed);
    }

    fn recover(&mut self) {
        self.recovered.fetch_add(1, Ordering::Relaxed);
    }
}

fn pool(capacity: usize, threads: usize) -> (WorkerPool<BoundedQueue<Task>>, Recording) {
    let (worker, (queue, jobs)) = (Recording::default(), bounded(capacity));
    let workers = std::iter::repeat_n(worker.clone(), threads);
    (WorkerPool::start("test", queue, &jobs, workers).unwrap(), worker)
}

/// Submits a task, which must have a place.
fn submit(pool: &WorkerPool<BoundedQueue<Task>>, task: impl FnOnce() + Send + 'static) {
    assert!(pool.submit(Box::new(task)).is_ok(), "the queue is full");
}

/// Submits a task that holds its thread until the sender is dropped, and waits until it runs.
fn hold_thread(pool: &WorkerPool<BoundedQueue<Task>>) -> mpsc::Sender<()> {
    let ((release, released), (begin, begun)) = (mpsc::channel(), mpsc::channel());
    submit(pool, move || {
        begin.send(()).unwrap();
        let _ = released.recv();
    });
    begun.recv().unwrap();
    release
}

fn wait_until(condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(30), "the condition did not come true");
        thread::yield_now();
    }
}

#[test]
fn jobs_run_at_the_same_time_on_as_many_threads_as_there_are_workers() {
    let (pool, worker) = pool(4, 2);
    let held = [hold_thread(&pool), hold_thread(&pool)];
    assert_eq!((pool.counts().threads(), pool.counts().busy()), (2, 2));
    submit(&pool, || ());
    assert_eq!(pool.waiting(), 1);
    drop(held);
    wait_until(|| pool.waiting() == 0 && pool.counts().busy() == 0);
    assert_eq!(worker.begun.load(Ordering::Relaxed), 2);
}

#[test]
fn a_worker_is_told_that_it_becomes_idle_only_when_no_job_waits() {
    let (pool, worker) = pool(4, 1);
    let idle = || worker.idle.load(Ordering::Relaxed);
    let held = hold_thread(&pool);
    let before = idle();
    (0..3).for_each(|_| submit(&pool, || ()));
    drop(held);
    wait_until(|| pool.waiting() == 0 && pool.counts().busy() == 0 && idle() > before);
    assert_eq!(idle(), before + 1, "after the last job, not between them");
}

#[test]
fn a_full_queue_gives_the_job_back_at_once() {
    let (pool, _) = pool(1, 1);
    let held = hold_thread(&pool);
    submit(&pool, || ());
    assert!(pool.submit(Box::new(|| ())).is_err());
    drop(held);
}

#[test]
fn a_job_that_panics_ends_neither_its_thread_nor_the_count() {
    let (pool, worker) = pool(4, 1);
    for _ in 0..3 {
        submit(&pool, || panic!("in the middle"));
    }
    let (done, finished) = mpsc::channel();
    submit(&pool, move || done.send(()).unwrap());
    finished.recv().unwrap();
    wait_until(|| pool.counts().busy() == 0);
    assert_eq!(worker.recovered.load(Ordering::Relaxed), 3);
    assert_eq!(pool.counts().threads(), 1);
}

#[test]
fn the_threads_end_with_the_pool_after_the_jobs_that_wait() {
    let (pool, _) = pool(4, 2);
    let held = [hold_thread(&pool), hold_thread(&pool)];
    let (done, finished) = mpsc::channel();
    submit(&pool, move || done.send(()).unwrap());
    let counts = Arc::clone(pool.counts());
    drop(pool);
    assert_eq!(counts.threads(), 2, "both are at work");
    drop(held);
    finished.recv().unwrap();
    wait_until(|| counts.threads() == 0);
}
