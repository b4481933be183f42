# SPDX-License-Identifier: MIT
"""The kinds of layouts, and the steps away from what was seen."""

import layout_gos
import layout_smc
import layout_vmkctl

# Kind: options, what they mean, the maker.
KINDS = {
    "smc": (layout_smc.OPTIONS, layout_smc.HELP, layout_smc.smc_layout),
    "gos": (layout_gos.OPTIONS, layout_gos.HELP, layout_gos.gos_layout),
    "vmkctl": (layout_vmkctl.OPTIONS, layout_vmkctl.HELP, layout_vmkctl.vmkctl_layout),
}


def make(kind, options, rng):
    return KINDS[kind][2](options, rng)


def steps(kind):
    """Every single step: an option and the value that was not seen."""
    return [(name, value) for name, values in KINDS[kind][0].items() for value in values[1:]]


def at_random(kind, rng):
    """A few steps, or many."""
    share, chosen = rng.choice((0.1, 0.25, 0.5, 0.9)), {}
    for name, values in KINDS[kind][0].items():
        if rng.random() < (0.05 if name == "against" else share):
            chosen[name] = rng.choice(values)
    return chosen


def described(options):
    return " ".join(f"--{name}={value}" for name, value in options.items())
