"""belljar beside what a user would pick instead: the work, the subjects, the clock and the table.

`workloads` says what is done and what must come out; `subject` what a runtime has to offer; `ours` and `peers` are the
runtimes; `measure` is the clock for work in this process, `throughput` for threads and worker processes, `children`
for fresh processes; `rows` is the table of figures and targets; `phases` takes our own time apart; `report` writes
Markdown and JSON. `catalogue` measures search and prompts over 1,000 tools, by itself. Everything but `peers` works
where no peer is installed.

Run it from the root of the repository: `python -m benchmarks`.
"""
