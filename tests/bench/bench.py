#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the program against reference commands: bench.py BUILD_DIR WORK_DIR [ROW]...

Each row runs its sides by turns, so that other load hits all of them alike, and compares medians.
Prints TAP, then the table. A goal that is missed is "not ok". README.md explains the rows.
"""

import glob
import hashlib
import io
import json
import os
import platform
import random
import shutil
import statistics
import struct
import subprocess
import sys
import tarfile
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


def processors():
    """Seconds of processors that this process and those it waited for have used."""
    return sum(os.times()[:4])


def paired(turns, theirs, ours):
    """Medians of the ratios ours / theirs of each turn, of wall time and of processors', with their
    quartiles, and the median of ours in seconds; a side is (prepare, work)."""
    ratios, walls = ([], []), []
    for turn in range(turns + 1):
        spent = []
        for prepare, work in (theirs, ours):
            prepare()
            before = processors()
            wall = took(work)
            spent.append((wall, processors() - before))
        if turn > 0:  # the first one warms up
            walls.append(spent[1][0])
            for number, each in enumerate(ratios):
                each.append(spent[1][number] / max(spent[0][number], 1e-3))
    return [(statistics.median(each), *statistics.quantiles(each)[::2]) for each in ratios] + [
        statistics.median(walls)]


def spread(ratio):
    return f"{ratio[0]:.2f} ({ratio[1]:.2f} … {ratio[2]:.2f})"


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
              "+2.5 ms", more <= 2.5)
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


PAIRS = 12


def row_patch(bench):
    source, place, live = bench.tree(22), bench.path("reference"), bench.path("live")
    wall, used, spent = paired(
        PAIRS, (lambda: renew(place), lambda: reference_patch(source, place)),
        (lambda: bench.fresh(22), lambda: bench.ctl(live, "patch")))
    reference = "`cp -a`, digest, `bsdtar --zstd`, fsync"
    bench.row("the whole `patch`, four files, 88 MiB", reference,
              f"{spread(wall)}: {spent:.2f} s", "0.7", wall[0] <= 0.7)
    bench.row("… processors", reference, spread(used), "0.75", used[0] <= 0.75)


def row_minimal(bench):
    other = bench.path("other")
    wall, used, _ = paired(
        PAIRS, (lambda: bench.fresh(22, "other"), lambda: run(
            sys.executable, os.path.join(HERE, "minimal.py"), *targets(other))),
        (lambda: bench.fresh(22), lambda: bench.ctl(bench.path("live"), "patch")))
    bench.row("the whole `patch`, without any promise", "`minimal.py`", spread(wall), "2.6",
              wall[0] <= 2.6)
    bench.row("… processors", "`minimal.py`", spread(used), "", None)


def row_restore(bench):
    place, live = bench.path("reference"), bench.fresh(22)
    bench.ctl(live, "patch")
    kept = shutil.copy(archive_of(live), bench.path("kept.tar.zst"))

    def again():
        bench.ctl(live, "patch")
        os.sync()

    def reference():
        run("bsdtar", "-xf", kept, "-C", place)
        flush(*targets(place))

    wall, used, spent = paired(PAIRS, (lambda: renew(place), reference),
                               (again, lambda: bench.ctl(live, "restore")))
    bench.row("`restore`, four files, 88 MiB", "`bsdtar -xf`, fsync",
              f"{spread(wall)}: {spent:.2f} s", "1.0", wall[0] <= 1.0)
    bench.row("… processors", "`bsdtar -xf`, fsync", spread(used), "1.3", used[0] <= 1.3)


def archive_of(root):
    return glob.glob(f"{root}/var/lib/vmware-unlocker/originals/*")[0]


def row_verify(bench):
    place, live = bench.path("reference"), bench.fresh(22)
    bench.ctl(live, "patch")

    def reference():
        run("bsdtar", "-xf", archive_of(live), "-C", place)
        run("openssl", "dgst", "-sha256", *targets(place), *targets(live))

    wall, used, spent = paired(PAIRS, (lambda: renew(place), reference),
                               (nothing, lambda: bench.ctl(live, "verify")))
    reference_words = "`bsdtar -xf`, digest of archived and live files"
    bench.row("`verify`, four files, 88 MiB", reference_words, f"{spread(wall)}: {spent:.2f} s",
              "", None)
    bench.row("… processors", reference_words, spread(used), "1.15", used[0] <= 1.15)


def row_show(bench):
    live = bench.fresh(22)
    bench.ctl(live, "patch")
    for verb in ("status", "list"):
        wall, _, spent = paired(20, (nothing, lambda: bench.ctl(live, "patch")),
                                (nothing, lambda: bench.ctl(live, verb)))
        bench.row(f"`{verb}`, four targets", "nothing to do",
                  f"{spread(wall)}: {spent * 1e3:.1f} ms", "2", wall[0] <= 2)


STORE = "var/lib/vmware-unlocker"


def write_archive(root, number):
    """An archive of an older build with originals of 64 KiB, and their receipts."""
    names = [path.removeprefix(root + "/") for path in targets(root)]
    rng, originals, contents = random.Random(number), [], []
    nothing_digest = hashlib.sha256().hexdigest()
    for name in sorted(names):
        contents.append(rng.randbytes(64 * KIB))
        originals.append({"path": name, "role": "vmx", "size": 64 * KIB,
                          "sha256": hashlib.sha256(contents[-1]).hexdigest(),
                          "attributes_sha256": nothing_digest})
    build = {"product": "VMware Workstation", "version": "16.0", "build": str(number)}
    manifest = json.dumps({"format": 1, **build, "created": 1600000000 + number,
                           "serial": number + 2, "originals": originals}).encode()
    lines = "".join(f"{each['sha256']}  {each['path']}\n" for each in originals)
    digits = hashlib.sha256(lines.encode()).hexdigest()[:12]
    archive = f"older-{number}-{digits}.tar.gz"
    with tarfile.open(f"{root}/{STORE}/originals/{archive}", "w:gz", compresslevel=1) as tar:
        for name, content in zip([f"{STORE}/manifest.json", *sorted(names)], [manifest, *contents]):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    pattern = glob.glob(f"{root}/{STORE}/receipts/*.json")[0]
    for original in originals:
        after = hashlib.sha256(original["sha256"].encode()).hexdigest()
        with open(pattern, encoding="utf-8") as file:
            receipt = json.load(file)
        receipt.pop("sha256", None)
        receipt.update(build, sha256_before=original["sha256"], sha256_after=after, size=64 * KIB,
                       paths=[original["path"]], archive=archive)
        with open(f"{root}/{STORE}/receipts/{after}.json", "w", encoding="utf-8") as file:
            json.dump(receipt, file, indent=2)


def row_store(bench):
    """The same with many builds kept: what a run costs must not grow with them."""
    one, many = bench.fresh(5, "one"), bench.fresh(5, "many")
    for root in (one, many):
        for path in targets(root):
            os.utime(path, (1700000000, 1700000000))  # as installers unpack them
        bench.ctl(root, "patch")
    for number in range(999):
        write_archive(many, number)
    time.sleep(3)  # what changed in the last seconds is not in the index
    for root in (one, many):
        bench.ctl(root, "restore")
        bench.ctl(root, "patch")
    os.sync()

    def stock(root):
        for path, source in zip(targets(root), targets(bench.tree(5))):
            shutil.copy2(source, path)
        os.sync()

    rows = (("patch", lambda root: None, "nothing to do"), ("status", lambda root: None, ""),
            ("list", lambda root: None, ""), ("patch", stock, "all four"))
    for verb, prepare, what in rows:
        wall, used, spent = paired(
            10, (lambda: prepare(one), lambda: bench.ctl(one, verb)),
            (lambda: prepare(many), lambda: bench.ctl(many, verb)))
        bench.row(f"1,000 archives in the store: `{verb}`" + (f", {what}" if what else ""),
                  "one archive", f"{spread(wall)}: {spent * 1e3:.1f} ms", "2", wall[0] <= 2)


def row_memory(bench):
    for size in (22, 200):
        live = bench.fresh(size)
        largest = max(map(os.path.getsize, targets(live)))
        for verb in ("patch", "restore"):
            peak = usage_of(bench.program, f"--root={live}", verb).ru_maxrss * KIB
            more = (peak - largest) / MIB
            bench.row(f"peak memory of `{verb}`", f"largest target, {largest / MIB:.1f} MiB",
                      f"{more:+.1f} MiB", "+12 MiB", more <= 12)


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
        "memory": row_memory, "growth": row_growth,
        "minimal": row_minimal, "verify": row_verify, "show": row_show, "store": row_store}


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
