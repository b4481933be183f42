#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the program against reference commands: bench.py BUILD_DIR WORK_DIR [ROW]...

Each row runs its sides by turns, so that other load hits all of them alike, and compares medians.
Prints TAP, then the table. A goal that is missed is "not ok". README.md explains the rows.
"""

import glob
import os
import platform
import random
import shutil
import statistics
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
STANDIN = os.path.join(HERE, "..", "standin")
MAKE_TREE = os.path.join(STANDIN, "make-tree.sh")
sys.path.insert(0, STANDIN)
import layout_file  # noqa: E402

MIB = 1 << 20
KIB = 1 << 10
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Bench:
    """The build, the working directory, and what was found so far."""

    def __init__(self, build, work):
        self.program = os.path.join(build, "unlockerctl")
        self.planner = os.path.join(build, "tests/bench/plan")
        self.work, self.rows, self.failed = work, [], False
        self.trees = {}

    def path(self, *names):
        return os.path.join(self.work, *names)

    def row(self, work, reference, ratio, goal, good):
        """`good` None: nothing to hold it against."""
        self.rows.append((work, reference, ratio, goal))
        number = len(self.rows)
        self.failed |= good is False
        print(f"{'not ok' if good is False else 'ok'} {number} - {work}: {ratio} (goal: {goal})",
              flush=True)

    def skip(self, work, why):
        self.rows.append((work, "", "not measured: " + why, ""))
        print(f"ok {len(self.rows)} - {work} # SKIP {why}", flush=True)

    def tree(self, mebibytes):
        """A stock stand-in of four files of that size, filled as executables are."""
        if mebibytes not in self.trees:
            pad, tree = self.path("pad.bin"), self.path(f"tree-{mebibytes}")
            fill(pad, mebibytes * MIB)
            subprocess.run(["sh", MAKE_TREE, f"--pad={pad}", tree], check=True)
            os.unlink(pad)
            self.trees[mebibytes] = tree
        return self.trees[mebibytes]

    def fresh(self, mebibytes, name="live"):
        """A copy of that tree, on the disk, so that nobody pays for writing it back."""
        live = self.path(name)
        shutil.rmtree(live, ignore_errors=True)
        subprocess.run(["cp", "-a", self.tree(mebibytes), live], check=True)
        os.sync()
        return live

    def ctl(self, root, *words):
        subprocess.run([self.program, f"--root={root}", *words], check=True, **QUIET)


def fill(path, size):
    """Programs and libraries of this machine, the same ones in each run, up to `size` bytes."""
    names = sorted(glob.glob("/usr/bin/*") + glob.glob("/usr/lib/x86_64-linux-gnu/*.so*"))
    seen, left = set(), size
    with open(path, "wb") as out:
        while left > 0:
            for name in names:
                real = os.path.realpath(name)
                if left <= 0:
                    break
                if real in seen or not os.path.isfile(real) or os.path.getsize(real) < 64 * KIB:
                    continue
                seen.add(real)
                with open(real, "rb") as file:
                    content = file.read(min(left, 4 * MIB))
                if content[:4] == b"\x7fELF":
                    left -= out.write(content)
            seen.clear()


def targets(root):
    return [f"{root}/usr/lib/vmware/bin/vmware-vmx{end}" for end in ("", "-debug", "-stats")] + [
        f"{root}/usr/lib/vmware/lib/libvmwarebase.so/libvmwarebase.so"]


def run(*command):
    subprocess.run(command, check=True, **QUIET)


def flush(*paths):
    for path in paths:
        fd = os.open(path, os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)


def took(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def usage_of(*command):
    """Resource usage of one run."""
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_WRONLY, 0) for fd in (1, 2)])
    _, status, usage = os.wait4(pid, 0)
    assert status == 0, (command, status)
    return usage


def by_turns(turns, *sides):
    """Medians, in seconds; each side is (prepare, work)."""
    times = [[] for _ in sides]
    for turn in range(turns + 1):
        for number, (prepare, work) in enumerate(sides):
            prepare()
            spent = took(work)
            if turn > 0:  # the first one warms up
                times[number].append(spent)
    return [statistics.median(each) for each in times]


def nothing():
    pass


def row_noop(bench):
    live = bench.fresh(22)
    bench.ctl(live, "patch")
    command = (bench.program, f"--root={live}", "patch")
    version = (shutil.which("bsdtar"), "--version")
    none, tar, ours, start = by_turns(
        40, (nothing, lambda: usage_of("/bin/true")), (nothing, lambda: usage_of(*version)),
        (nothing, lambda: usage_of(*command)),
        (nothing, lambda: usage_of(bench.program, "--version")))
    more = (ours - tar) * 1e3
    bench.row("nothing to do, four targets", f"`bsdtar --version`, {tar * 1e3:.1f} ms "
              f"(`/bin/true`: {none * 1e3:.1f} ms)", f"{ours * 1e3:.1f} ms: {more:+.1f} ms",
              "+10 ms", more <= 10)
    faults = (usage_of(*command).ru_minflt
              - usage_of(bench.program, "--version").ru_minflt) / 4
    bench.row("… page faults for each target", f"start-up alone, {start * 1e3:.1f} ms",
              f"{faults:.0f}", "30", faults <= 30)


def planned(bench, file, subject):
    """Times of a plan and of a pass, in ms of the processor, and the number of edits."""
    words = subprocess.run([bench.planner, file, subject], check=True, capture_output=True,
                           text=True).stdout.split()
    return float(words[0]) / 1e3, float(words[1]) / 1e3, int(words[2])


def row_plan(bench):
    for role, number, subject in (("vmx", 0, "smc"), ("libvmwarebase", 3, "gos")):
        plan, once, edits = planned(bench, targets(bench.tree(25))[number], subject)
        bench.row(f"find tables and plan, {role} of 25 MiB", f"`memmem`, {once:.2f} ms",
                  f"{plan / once:.2f} ({plan:.2f} ms)", "1.0", plan <= once and edits > 0)


def entry(flags, behind):
    return struct.pack("<III20xB", 0x10, 0x10, 1, flags) + b"\xaa" * behind


def hostile_contents():
    """What takes the finders longest: each as name, subject, content."""
    rng = random.Random(1)
    crowd = b"".join(entry(0x3E, 3 + 4 * rng.randrange(140)) for _ in range(3000))
    row = b"YEK#\x0423iu\x80" + bytes(62)
    return (("each byte like a key's", "smc", b"K" * 25 * MIB),
            ("300000 first rows alone", "smc", (row + bytes(24)) * 300000),
            ("3000 entries anywhere", "gos", crowd.ljust(25 * MIB, b"\xaa")))


def row_hostile(bench):
    """The bound is one of work, so it holds however long the file is."""
    for name, subject, content in hostile_contents():
        file = bench.path("hostile")
        made = layout_file.File("fixed", soname="libvmwarebase.so")
        made.add(0x10000, layout_file.R | layout_file.W, content)
        with open(file, "wb") as out:
            out.write(made.build(random.Random(1)))
        plan, once, edits = planned(bench, file, subject)
        bench.row(f"refuse a file that was made to be slow: {name}", f"`memmem`, {once:.2f} ms",
                  f"{plan / 1e3:.2f} s", "1 s", plan <= 1000 and edits == 0)


# Millions of instructions of one judgement, start-up not counted; they repeat almost exactly.
INSTRUCTIONS = {"smc": 9.5, "gos": 45}


def instructions(bench, file, subject):
    out = bench.path("callgrind.out")
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
         "--toggle-collect=verdict_of", bench.planner, "--once", file, subject],
        check=True, capture_output=True, text=True)
    counted = [line for line in done.stderr.splitlines() if "Collected" in line]
    return int(counted[0].split(":")[1])


def row_instructions(bench):
    for number, subject in ((0, "smc"), (3, "gos")):
        work = f"instructions to find and plan, {subject}, 25 MiB"
        if not shutil.which("valgrind"):
            bench.skip(work, "no valgrind")
            continue
        count = instructions(bench, targets(bench.tree(25))[number], subject) / 1e6
        limit = INSTRUCTIONS[subject]
        bench.row(work, "", f"{count:.2f} million", f"{limit} million", count <= limit)


def reference_patch(source, place):
    copy, archive = os.path.join(place, "copy"), os.path.join(place, "copy.tar.zst")
    run("cp", "-a", source, copy)
    run("openssl", "dgst", "-sha256", *targets(source))
    run("bsdtar", "-cf", archive, "--zstd", "-C", source, "usr")
    flush(archive, *targets(copy))


def renew(place):
    shutil.rmtree(place, ignore_errors=True)
    os.mkdir(place)
    os.sync()


def row_patch(bench):
    source, place, live = bench.tree(22), bench.path("reference"), bench.path("live")
    sequence, ours = by_turns(
        7, (lambda: renew(place), lambda: reference_patch(source, place)),
        (lambda: bench.fresh(22), lambda: bench.ctl(live, "patch")))
    bench.row("the whole `patch`, four files, 88 MiB",
              f"`cp -a`, digest, `bsdtar --zstd`, fsync: {sequence:.2f} s",
              f"{ours / sequence:.2f} ({ours:.2f} s)", "0.7", ours <= 0.7 * sequence)


def row_restore(bench):
    place, live = bench.path("reference"), bench.fresh(22)
    bench.ctl(live, "patch")
    archive = glob.glob(f"{live}/var/lib/vmware-unlocker/originals/*")[0]
    kept = shutil.copy(archive, bench.path("kept.tar.zst"))

    def again():
        bench.ctl(live, "patch")
        os.sync()

    def reference():
        run("bsdtar", "-xf", kept, "-C", place)
        flush(*targets(place))

    theirs, ours = by_turns(7, (lambda: renew(place), reference),
                            (again, lambda: bench.ctl(live, "restore")))
    bench.row("`restore`, four files, 88 MiB", f"`bsdtar -xf`, fsync: {theirs:.2f} s",
              f"{ours / theirs:.2f} ({ours:.2f} s)", "1.2", ours <= 1.2 * theirs)


def row_memory(bench):
    live = bench.fresh(22)
    largest = max(map(os.path.getsize, targets(live)))
    for verb in ("patch", "restore"):
        peak = usage_of(bench.program, f"--root={live}", verb).ru_maxrss * KIB
        more = (peak - largest) / MIB
        bench.row(f"peak memory of `{verb}`", f"largest target, {largest / MIB:.1f} MiB",
                  f"{more:+.1f} MiB", "+28 MiB", more <= 28)


def row_growth(bench):
    speeds = []
    for size in (5, 20, 100, 400):
        live = bench.path("live")
        spent, = by_turns(3, (lambda: bench.fresh(size), lambda: bench.ctl(live, "patch", "vmx")))
        speeds.append((size, spent / (4 * size)))
    shown = ", ".join(f"{size} MiB: {each * 1e3:.1f}" for size, each in speeds)
    growth = speeds[-1][1] / speeds[0][1]
    bench.row("growth with size: `patch vmx`, ms for each MiB that is kept", "linear",
              shown, "flat or falling", growth <= 1.25)
    counts = []
    for count in (1, 2, 4):
        roots = [bench.path(f"live{i}") for i in range(count)]

        def prepare():
            for i in range(count):
                bench.fresh(5, f"live{i}")

        spent, = by_turns(3, (prepare, lambda: run(
            bench.program, *(f"--root={root}" for root in roots), "patch")))
        counts.append((4 * count, spent / (4 * count)))
    shown = ", ".join(f"{count}: {each * 1e3:.1f}" for count, each in counts)
    bench.row("growth with number: ms for each of N targets of 5 MiB", "linear", shown,
              "flat or falling", counts[-1][1] <= 1.25 * counts[0][1])
    plans = []
    for size in (5, 20, 100, 400):
        plan = subprocess.run([bench.planner, targets(bench.tree(size))[0], "smc"], check=True,
                              capture_output=True, text=True).stdout.split()[0]
        plans.append((size, float(plan) / size))
    shown = ", ".join(f"{size} MiB: {each:.0f}" for size, each in plans)
    bench.row("growth of planning: vmx, µs for each MiB", "linear", shown, "flat or falling",
              plans[-1][1] <= 1.5 * plans[0][1])


ROWS = {"noop": row_noop, "plan": row_plan, "hostile": row_hostile,
        "instructions": row_instructions, "patch": row_patch, "restore": row_restore,
        "memory": row_memory, "growth": row_growth}


def machine(work):
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), platform.machine())
    system = subprocess.run(["stat", "-f", "-c", "%T", work], capture_output=True, text=True,
                            check=True).stdout.strip()
    return f"{os.cpu_count()} × {model}, Linux {platform.release()}, {system}"


def main():
    bench = Bench(*sys.argv[1:3])
    chosen = sys.argv[3:] or list(ROWS)
    for name in chosen:
        ROWS[name](bench)
    print(f"1..{len(bench.rows)}\n")
    print(machine(bench.work) + "\n")
    print("| work | reference | result | goal |\n|---|---|---|---|")
    for row in bench.rows:
        print("| " + " | ".join(row) + " |")
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
