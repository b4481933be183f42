#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs `unlockerctl` against an installer, and against itself, round after round.

    installer.py UNLOCKERCTL STOCK NEWER ROUNDS WORK KIND

KIND is lock or free (an installer that takes its lock, or does not), restore (patch against
restore), two or eight (runs at once). STOCK and NEWER are trees; the installer writes the targets
of one of them over a tree, in the order of VMware's own: unlink, a temporary name beside, write,
fsync, rename, chmod 0644; in a second pass 0755 or 04755. Everybody begins at a random time.

After each round: every target is complete, one of the two builds, stock or patched, with its mode;
what is not patched was said, and a following run patches it; no original in the vault is anything
but one of the two builds; no temporary file is left. Prints what breaks that; exit status 1 then.
"""

import fcntl
import hashlib
import os
import random
import shutil
import subprocess
import sys
import threading
import time

LOCK = "etc/vmware-installer/database.lck"
STORE = "var/lib/vmware-unlocker"
BUSY, DEGRADED = 5, 3


def read(path):
    with open(path, "rb") as file:
        return file.read()


def digest(content):
    return hashlib.sha256(content).hexdigest()


def targets(tree):
    """The targets' paths from the root, with the mode that each has to have."""
    found = {}
    for folder, _, names in os.walk(os.path.join(tree, "usr")):
        for name in names:
            path = os.path.join(folder, name)
            if name.startswith("vmware-vmx") or name.startswith("libvmwarebase"):
                found[os.path.relpath(path, tree)] = os.stat(path).st_mode & 0o7777
    return found


class Installer(threading.Thread):
    """Writes all targets of `source` over `tree`."""

    def __init__(self, source, tree, lock, delay):
        super().__init__()
        self.source, self.tree, self.lock, self.delay = source, tree, lock, delay

    def run(self):
        time.sleep(self.delay)
        path = os.path.join(self.tree, LOCK)
        if self.lock:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
            fcntl.flock(fd, fcntl.LOCK_EX)
        self.install()
        if self.lock:
            os.unlink(path)
            os.close(fd)

    def install(self):
        modes = targets(self.source)
        for name in modes:
            target = os.path.join(self.tree, name)
            content = read(os.path.join(self.source, name))
            if os.path.lexists(target):
                os.unlink(target)
            temporary = target + "." + "".join(random.choices("abcdefghXYZ0123", k=4))
            fd = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            half = random.randrange(len(content))
            os.write(fd, content[:half])
            self.pause()
            os.write(fd, content[half:])
            os.fsync(fd)
            os.close(fd)
            os.rename(temporary, target)
            self.pause()
            os.chmod(target, 0o644)
            self.pause()
        for name, mode in modes.items():
            os.chmod(os.path.join(self.tree, name), mode)
            self.pause()

    @staticmethod
    def pause():
        if random.random() < 0.5:
            time.sleep(random.random() * 0.004)


class Bench:
    """A tree, and what may be in it."""

    def __init__(self, program, stock, newer, work):
        self.program, self.sources, self.tree = program, [stock, newer], os.path.join(work, "tree")
        self.faults, self.rounds, self.patched = [], 0, 0
        self.alone = False  # nobody but our own runs was at work, and all of them were to patch
        self.originals, self.results = {}, {}
        self.proved = {}
        for source in self.sources:
            self.reset(source)
            self.ctl("patch")
            for name, mode in targets(source).items():
                content = read(os.path.join(source, name))
                self.originals[digest(content)] = mode
                self.results[digest(read(os.path.join(self.tree, name)))] = mode
        if set(self.originals) & set(self.results):
            raise SystemExit("the two builds were not patched")

    def reset(self, source):
        shutil.rmtree(self.tree, ignore_errors=True)
        subprocess.run(["cp", "-a", source, self.tree], check=True)

    def start(self, verb):
        return subprocess.Popen([self.program, "--root=" + self.tree, verb],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def end(self, run):
        said = run.communicate(timeout=120)[0]
        if run.returncode not in (0, 1, DEGRADED, BUSY, 4):
            self.fault(f"exit status {run.returncode}: {said}")
        return run.returncode, said

    def ctl(self, verb):
        return self.end(self.start(verb))

    def fault(self, text):
        self.faults.append(f"round {self.rounds}: {text}")

    def look(self, said, status, only_patched):
        """Every target after the round; whether all are patched."""
        all_patched = True
        for name in targets(self.sources[0]):
            path = os.path.join(self.tree, name)
            try:
                found, mode = digest(read(path)), os.stat(path).st_mode & 0o7777
            except OSError as error:
                self.fault(f"{name}: {error}")
                continue
            wanted = self.results.get(found, self.originals.get(found))
            if wanted is None:
                self.fault(f"{name}: neither a build nor its patched form")
            elif mode != wanted:
                self.fault(f"{name}: mode {mode:o}")
            if found not in self.results:
                all_patched = False
                if only_patched:
                    self.fault(f"{name}: not patched: exit status {status}: {said}")
        return all_patched

    def look_at_vault(self):
        folder = os.path.join(self.tree, STORE, "originals")
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            content = read(os.path.join(folder, name))
            key = digest(content)
            if key not in self.proved:
                self.proved[key] = self.vault_faults(os.path.join(folder, name))
            for text in self.proved[key]:
                self.fault(f"{name}: {text}")

    def vault_faults(self, path):
        tar = subprocess.run(["tar", "--zstd" if path.endswith("zst") else "-z", "-xf", path,
                              "--to-command=sha256sum", "usr"], capture_output=True,
                             text=True, check=False)
        found = [line.split()[0] for line in tar.stdout.splitlines()]
        wrong = [key for key in found if key not in self.originals]
        wrong = [f"holds what is no original: {key}" for key in wrong]
        return wrong if found and tar.returncode == 0 else wrong + [f"cannot be read: {tar}"]

    def look_for_leftovers(self):
        for folder, _, names in os.walk(self.tree):
            for name in names:
                if ".unlocker-" in name or (name[-5:-4] == "." and name[-5:] != ".json"):
                    self.fault(f"left: {os.path.join(folder, name)}")

    def settle(self, said, status):
        """What must hold when everybody is done."""
        if self.look(said, status, False):
            self.patched += 1
        elif self.alone:
            self.fault(f"not patched, and not said: {said}")
        self.look_at_vault()
        status, said = self.ctl("patch")
        self.look(said, status, True)
        if status != 0:
            self.fault(f"the following run: exit status {status}: {said}")
        self.look_at_vault()
        self.look_for_leftovers()


def installing(bench, lock):
    if random.random() < 0.25:
        bench.reset(random.choice(bench.sources))
    installer = Installer(random.choice(bench.sources), bench.tree, lock, random.random() * 0.05)
    installer.start()
    time.sleep(random.random() * 0.05)
    status, said = bench.ctl("patch")
    installer.join()
    return status, said


def running(bench, verbs):
    bench.reset(random.choice(bench.sources))
    runs = [bench.start(verb) for verb in verbs]
    ends = [bench.end(run) for run in runs]
    for status, said in ends:
        if status != 0 and "restore" not in verbs:
            bench.fault(f"exit status {status}: {said}")
    bench.alone = "restore" not in verbs
    return ends[-1]


KINDS = {
    "lock": lambda bench: installing(bench, True),
    "free": lambda bench: installing(bench, False),
    "restore": lambda bench: running(bench, random.sample(["patch", "restore"] * 2, 3)),
    "two": lambda bench: running(bench, ["patch"] * 2),
    "eight": lambda bench: running(bench, ["patch"] * 8),
}


def main():
    program, stock, newer, rounds, work, kind = sys.argv[1:]
    seed = int(os.environ.get("HOSTILE_SEED", random.randrange(1 << 32)))
    random.seed(seed)
    os.makedirs(work, exist_ok=True)
    bench = Bench(program, stock, newer, work)
    bench.reset(stock)
    for _ in range(int(rounds)):
        bench.rounds += 1
        status, said = KINDS[kind](bench)
        bench.settle(said, status)
        if len(bench.faults) > 10:
            break
    for text in bench.faults:
        print(text)
    print(f"{bench.rounds} rounds of {kind}, seed {seed}: patched at once in {bench.patched},"
          f" after the next run in all; {len(bench.proved)} archives looked into")
    return 1 if bench.faults else 0


sys.exit(main())
