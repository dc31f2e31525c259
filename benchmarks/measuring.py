"""Ratios that can be trusted on a machine that others use: contestants take turns, and medians are compared."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping


def seconds(work: Callable[[], object]) -> float:
    """By the clock: an engine with threads has to show what they gain."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def medians(contestants: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each, from rounds in which everyone has one turn."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, work in contestants.items():
            times[name].append(seconds(work))
    return {name: statistics.median(values) for name, values in times.items()}


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


def report(title: str, ours: str, peers: Mapping[str, float], times: Mapping[str, float]) -> None:
    """One line for each peer: our time, theirs, the ratio and what it should be at most."""
    for peer, target in peers.items():
        ratio = times[ours] / times[peer]
        mark = "ok" if ratio <= target else "MISSED"
        both = f"{title:44}{times[ours]:9.3f} s  {peer:20}{times[peer]:9.3f} s"
        print(f"{both}  ratio {ratio:6.3f} (at most {target:g}) {mark}", flush=True)
