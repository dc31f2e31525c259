"""Ratios that can be trusted on a machine that others use: contestants take turns, and medians are compared."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Seconds:
    """By the clock, and of all processors together: the second one does not depend on who else is at work."""

    clock: float
    processor: float


def seconds(work: Callable[[], object]) -> Seconds:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return Seconds(time.perf_counter() - clock, time.process_time() - processor)


def medians(contestants: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Seconds]:
    """Medians of each, from rounds in which everyone has one turn."""
    times: dict[str, list[Seconds]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, work in contestants.items():
            times[name].append(seconds(work))
    return {
        name: Seconds(statistics.median(t.clock for t in each), statistics.median(t.processor for t in each))
        for name, each in times.items()
    }


def machine() -> str:
    """What was measured on, and how busy it was."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load}"


def peak_mb(pid: int | None = None) -> float:
    """Most memory that a process ever had, in MB; of this one without `pid` (another one: Linux only)."""
    if pid is None:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (1e6 if sys.platform == "darwin" else 1e3)
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) / 1e3 for line in status if line.startswith("VmHWM"))


def processor_of(pid: int) -> float:
    """Processor seconds that a process has used until now (Linux only)."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(title: str, ours: str, peers: Mapping[str, float], times: Mapping[str, Seconds]) -> None:
    """One line for each peer: our time, theirs, the ratio and what it should be at most."""
    for peer, target in peers.items():
        mine, theirs = times[ours], times[peer]
        ratio, work = mine.clock / theirs.clock, mine.processor / theirs.processor
        mark = "ok" if ratio <= target else "MISSED"
        print(
            f"{title:44}{mine.clock:8.3f} s {peer:>18}{theirs.clock:8.3f} s  ratio {ratio:5.3f}"
            f" (at most {target:g}) {mark}; processor {mine.processor:.3f}, {theirs.processor:.3f} s: {work:.3f}",
            flush=True,
        )
