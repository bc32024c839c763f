"""The claims of sweeps/*/found.md: pieces of the texts with holes, and what fills them.

What fills a hole is computed from the published results. Where a claim rests on more than its
numbers (who leads, what is undecided), it fills nothing once that no longer holds, and fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from engine.sweep.contest import UNDECIDED, WON
from tests.found_told import (
    AT_ONCE,
    COUNT,
    GATHER,
    GATHER_OWN,
    HOOK,
    MOVED_OR_WHOLE,
    ON_FAILURE,
    OWN_TYPE,
    PASS,
    PINNED,
    PREVENT,
    UNMOVABLE,
    WITH_WORK,
    Told,
    cost_of_pinning,
    falls,
    gain_of_failure,
    messages,
    of_all_seeds,
    pass_leads,
    range_of,
    seeds,
    shares,
    standing,
    stands,
    told,
    took_less,
    who_falls,
    whole,
)

Claim = tuple[str, Callable[[Told], Iterable[Any]]]

CLAIMS: dict[str, list[Claim]] = {
    "balloon_when": [
        ("A {} MiB guest", lambda t: [t.grid.guests[0].size_mib]),
        ("`cycles`), {} to {} % taken",
         lambda t: [t.across[0].strip("%"), t.across[-1].strip("%")]),
        ("around it. {} seeds.", lambda t: [seeds(t).capitalize()]),
        ("all {} designs are level at {}, {} and {} %, with {}, {} and {} huge pages, and none is "
         "beaten at {} %, where the best have {}.",
         lambda t: [COUNT[len(t.grid.designs)], 5, 10, 30,
                    *(whole(t.best(x, "after a compaction")) for x in ("5%", "10%", "30%")),
                    20, whole(t.best("20%", "after a compaction"))]
         if all(t.is_level(t.grid.designs, x, "after a compaction") for x in ("5%", "10%", "30%"))
         and t.is_open(t.grid.designs, "20%", "after a compaction") else []),
        ("Now {} of the {} runs of this course end {} to {} huge pages below the best of their "
         "seed, all of them with the hook; of fresh seeds it is {}.",
         lambda t: [*falls(t), falls(told("balloon_when_again"))[0]]
         if who_falls(t) == {HOOK} else []),
        ("{} to {} of them at {} %, {} at {} % taken before the programs go on, {} to {} at {} % "
         "amid and after it, {} to {} at {} %, but {} to {} at {} %, where",
         lambda t: [*cost_of_pinning(t, ["30%"], AT_ONCE), 30,
                    cost_of_pinning(t, ["20%"], ["before"])[0], 20,
                    *cost_of_pinning(t, ["20%"], ["amid", "after"]), 20,
                    *cost_of_pinning(t, ["5%"], AT_ONCE), 5,
                    *cost_of_pinning(t, ["10%"], AT_ONCE), 10]
         if all(PINNED in t.leaders("10%", y) for y in ("before", "amid")) else []),
        ("made at {} and {} % in every course at once. In four parts pinned is beaten at {} % "
         "only: what a balloon in parts leaves at {} and {} %",
         lambda t: [20, 30, 10, 20, 30]
         if not any(PINNED in t.leaders(x, y) for x in ("20%", "30%") for y in AT_ONCE)
         and [x for x in t.across if PINNED not in t.leaders(x, "in four parts")] == ["10%"]
         else []),
        ("With {} and {} % taken at once the separate pass has the highest mean in all {} cells**, "
         "alone in one ({} % amid: {} against {} for the hook), undecided with the hook in the "
         "others. At {} % the hook has it, by {} to {}.",
         lambda t: [5, 20, pass_leads(t), 5,
                    *(whole(t.mean(key, "5%", "amid")) for key in (PASS, HOOK)),
                    10, *range_of(t.lead(HOOK, PASS, "10%", y) for y in AT_ONCE)]),
        ("at {} and {} % before and amid the work {} to {} in each of {} runs, where the hook has "
         "{} to {}.",
         lambda t: [5, 10, *of_all_seeds(t, PASS), 4 * len(t.grid.seeds), *of_all_seeds(t, HOOK)]),
        ("suffices holds here up to {} % taken at once: within one huge page",
         lambda t: [20] if all(
             abs(whole(t.mean(PASS, x, y) - t.mean(PASS, x, "after a compaction"))) <= 1
             for x in ("5%", "10%", "20%") for y in AT_ONCE) else []),
        ("**It fails at {} %.** It ends with {} to {} where the hook has {}",
         lambda t: [30, *range_of(t.mean(PASS, "30%", y) for y in WITH_WORK),
                    *{whole(t.mean(HOOK, "30%", y)) for y in WITH_WORK}]),
        ("in four parts from {} % up** ({}, {} and {} against {}, {} and {} for the hook)",
         lambda t: [10, *(whole(t.mean(key, x, "in four parts")) for key in (PASS, HOOK)
                          for x in ("10%", "20%", "30%"))]
         if not any(PASS in t.leaders(x, "in four parts") for x in ("10%", "20%", "30%"))
         else []),
        ("The hook wins at {} % in four parts and at {} % taken last; fresh seeds confirm the "
         "latter, and have it win the former, too",
         lambda t: [10, 30] if [at for at, cell in t.cells.items() if cell["state"] == WON
                                and cell["leaders"] == [HOOK]]
         == [("10%", "in four parts"), ("30%", "after")] and stands("balloon_when", "30%", "after")
         and told("balloon_when_again").leaders("10%", "in four parts") == {HOOK} else []),
        ("At {} % they are level with the hook where the balloon comes before the work ({} and "
         "{}); amid it they have {} in the mean, but {} under the worst seed: undecided.",
         lambda t: [30, *(whole(t.mean(key, "30%", "before")) for key in (PREVENT, HOOK)),
                    whole(t.mean(PREVENT, "30%", "amid")),
                    t.cells["30%", "amid"]["designs"][PREVENT]["low"]]
         if t.is_level({HOOK, PREVENT}, "30%", "before")
         and t.is_open({HOOK, PREVENT}, "30%", "amid") else []),
        ("At {} % taken before, amid or after the work they are among the undecided, {} to {} "
         "behind the pass. They are beaten at {} % where the balloon comes last, when the programs "
         "have used up the free blocks, and at {} % taken at once, where they lie between {} "
         "behind pinned and {} ahead",
         lambda t: [20, *range_of(t.lead(PASS, PREVENT, "20%", y) for y in AT_ONCE), 30, 5,
                    max(whole(t.lead(PINNED, PREVENT, "5%", y)) for y in AT_ONCE),
                    max(whole(t.lead(PREVENT, PINNED, "5%", y)) for y in AT_ONCE)]
         if all(t.is_open({HOOK, PASS, PREVENT}, "20%", y) for y in AT_ONCE)
         and not any(PREVENT in t.leaders("5%", y) for y in AT_ONCE)
         and PREVENT not in t.leaders("30%", "after") else []),
        ("captured, {} MiB from", lambda t: [told("captured").across[2]]),
        ("as {} % taken before the work does here",
         lambda t: [20] if all(
             min(one.mean(key, *at) for key in (HOOK, PASS, PREVENT))
             > 5 * max(one.mean(key, *at) for key in (PINNED, GATHER))
             for one, at in ((t, ("20%", "before")), (told("captured"), (200, "cycles")),
                             (told("captured"), (200, "runs")))) else []),
        ("Undecided are {} of the {} cells",
         lambda t: [sum(cell["state"] == UNDECIDED for cell in t.cells.values()), len(t.cells)]),
        ("the next map has {}", lambda t: [COUNT[len(told("size_fragmentation").down)]]),
    ],
    "captured": [
        ("{} captured 1 GiB guests, {} to {} MiB taken",
         lambda t: [COUNT[len(t.down)].capitalize(), t.across[0], t.across[-1]]),
        ("{} seeds draw", lambda t: [seeds(t).capitalize()]),
        ("All {} are level at every size",
         lambda t: {COUNT[len(t.leaders(x, "roomy"))] for x in t.across}),
        ("from {} MiB up the hook pays {} to {} messages",
         lambda t: [t.across[1], *messages(t, HOOK, ["roomy"], 1)]),
        ("leave {} to {} huge pages from {} MiB up, moving them leaves {} to {}.",
         lambda t: [*range_of(t.mean(PINNED, x, y) for x in (200, 256) for y in ("runs", "cycles")),
                    200, *range_of(t.mean(key, x, y) for key in (HOOK, PASS)
                                   for x in (200, 256) for y in ("runs", "cycles"))]),
        ("With {} MiB in `cycles` all {} lie between {} and {}, undecided.",
         lambda t: [64, COUNT[len(t.grid.designs)], *range_of(
             t.mean(key, 64, "cycles") for key in t.grid.designs)]
         if t.is_open(t.grid.designs, 64, "cycles") else []),
        ("within {} huge pages in all {} cells, with {} to {} messages to the host where the hook "
         "sends up to {}.",
         lambda t: [whole(max(abs(t.lead(HOOK, PASS, *at)) for at in t.cells)),
                    COUNT[len(t.cells)], *messages(t, PASS, t.down), messages(t, HOOK, t.down)[1]]),
        ("in the mean never end above the hook, and above pinned only with {} MiB in `runs` ({} "
         "against {}) and in `cycles` ({} against {};",
         lambda t: [128, *(whole(t.mean(key, 128, y)) for y in ("runs", "cycles")
                           for key in (GATHER, PINNED))]
         if {at for at in t.cells if t.lead(GATHER, PINNED, *at) > 0}
         == {(128, "runs"), (128, "cycles")}
         and all(t.lead(GATHER, HOOK, *at) <= 0 for at in t.cells) else []),
        ("{} of the {} fresh seeds still do).",  # end with nothing
         lambda t: [COUNT[sum(
             row["huge_best"] == 0 for row in told("captured_again").rows
             if (row["design"], row["balloon"], row["guest"]) == (GATHER, 128, "cycles"))],
                    seeds(told("captured_again"))]),
        ("win `runs` from {} MiB up, by {} to {} huge pages, and `cycles` at {} MiB by {},",
         lambda t: [t.across[1], *range_of(t.cells[x, "runs"]["margin"] for x in t.across[1:]), 128,
                    whole(t.cells[128, "cycles"]["margin"])]
         if all(t.cells[at]["state"] == WON and t.leaders(*at) == {PREVENT}
                for at in ((128, "runs"), (200, "runs"), (256, "runs"), (128, "cycles"))) else []),
        ("from {} MiB up {} to {} times what the hook copies", lambda t: [200, *shares(t)]),
        ("With {} MiB in `runs` they are ahead of the hook by {}, undecided here and under fresh "
         "seeds;",
         lambda t: [64, whole(t.lead(PREVENT, HOOK, 64, "runs"))]
         if all(one.cells[64, "runs"]["leaders"] == [PREVENT, HOOK]
                and one.is_open({PREVENT, HOOK}, 64, "runs")
                for one in (t, told("captured_again"))) else []),
        ("and for `runs` at {} MiB the recorded kernel", lambda t: [t.across[2]]),
        ("It wins at {} MiB ({} against {} for the hook and {} for whole blocks)",
         lambda t: [64, *(whole(t.mean(key, 64, "tight")) for key in (PINNED, HOOK, PREVENT))]),
        ("and at {} and {} MiB ({} and {} against {} and {});",
         lambda t: [*(x for x in t.across[1:] if t.cells[x, "tight"]["state"] == "won"),
                    *(whole(t.mean(key, x, "tight")) for key in (PINNED, PREVENT)
                      for x in t.across[2:])]),
        ("at {} MiB whole blocks taken first do as well.",
         lambda t: [x for x in t.across if t.cells[x, "tight"]["state"] == "level"
                    and t.leaders(x, "tight") == {PINNED, PREVENT}]),
        ("the column of {} MiB", lambda t: [t.across[2]]),
        ("Fresh seeds come to the same in all {} cells, and confirm {} of the {} claims",
         lambda t: [COUNT[len(t.cells)], sum(standing("captured").values()),
                    len(standing("captured"))]
         if all(told("captured_again").leaders(*at) == set(cell["leaders"])
                and told("captured_again").cells[at]["state"] == cell["state"]
                for at, cell in t.cells.items()) else []),
        ("whole blocks, the hook and the pass level in `cycles` at {} MiB, which is undecided now.",
         lambda t: [x for (x, y), held in standing("captured").items() if not held
                    and y == "cycles" and t.is_open({HOOK, PASS, PREVENT}, x, y)]),
    ],
    "churn_toggles": [
        ("with {} to {} % of the guest's pages",
         lambda t: [t.across[0].strip("%"), t.across[-1].strip("%")]),
        ("{} designs and variants, {} guests of {} MiB, {} seeds.",
         lambda t: [COUNT[len(t.grid.designs)].capitalize(), COUNT[len(t.down)],
                    t.grid.guests[0].size_mib, seeds(t)]),
        ("**Up to {} % of churn, blocks of their own lead where page cache fills the guest; where "
         "holes are small they lose nothing up to {} %.**",
         lambda t: [max(int(x.strip("%")) for x in t.across
                        if t.cells[x, y]["leaders"][0] in (PREVENT, OWN_TYPE))
                    for y in ("tight", "cycles")]),
        ("leave {} huge pages in `tight` without any churn, where pinned leaves {} and the hook "
         "{}, level with",
         lambda t: [*(whole(t.mean(key, "0%", "tight")) for key in (PREVENT, PINNED, HOOK))]
         if t.is_level({PREVENT, OWN_TYPE}, "0%", "tight") else []),
        ("At {} % they have {}, against {} and {}, undecided with that variant only; at {} % {}, "
         "against {} and {}, undecided with it and with a pass of unmovable pages ({}).",
         lambda t: [10, *(whole(t.mean(key, "10%", "tight")) for key in (PREVENT, PINNED, HOOK)),
                    50, *(whole(t.mean(key, "50%", "tight"))
                          for key in (PREVENT, PINNED, HOOK, UNMOVABLE))]
         if t.is_open({PREVENT, OWN_TYPE}, "10%", "tight")
         and t.is_open({PREVENT, OWN_TYPE, UNMOVABLE}, "50%", "tight") else []),
        ("In `cycles` they have {} at {} %, where the hook has {}: undecided.",
         lambda t: [whole(t.mean(PREVENT, "10%", "cycles")), 10,
                    whole(t.mean(HOOK, "10%", "cycles"))]
         if t.cells["10%", "cycles"]["state"] == UNDECIDED
         and {PREVENT, HOOK} <= t.leaders("10%", "cycles") else []),
        ("now {} to {} without churn, {} to {} at {} %.",
         lambda t: [*(t.cells[x, "tight"]["designs"][PREVENT][end] for x in ("0%", "10%")
                      for end in ("low", "high")), 10]),
        ("more than the seeds leave open in one cell (`cycles` without churn, {} against {}), has "
         "the lower mean in the seven others, and nowhere the higher one",
         lambda t: [*(whole(t.mean(key, "0%", "cycles")) for key in (GATHER, PINNED))]
         if [at for at in t.cells if (one := t.paired(GATHER, PINNED, *at)).mean > (one.half or 0)]
         == [("0%", "cycles")] and sum(t.lead(GATHER, PINNED, *at) < 0 for at in t.cells) == 7
         and not any(t.lead(GATHER, PREVENT, *at) > 0 for at in t.cells) else []),
        ("the hook has the highest mean at {} and {} %, {} and {} against {} and {} for "
         "prevention, undecided with prevention with a type of its own ({} and {}) and at {} % "
         "with the pass that also runs after a failure ({});",
         lambda t: [50, 200, *(whole(t.mean(key, x, "cycles")) for key in (HOOK, PREVENT, OWN_TYPE)
                               for x in ("50%", "200%")),
                    200, whole(t.mean(ON_FAILURE, "200%", "cycles"))]
         if t.is_open({HOOK, OWN_TYPE}, "50%", "cycles")
         and t.is_open({HOOK, ON_FAILURE, OWN_TYPE}, "200%", "cycles")
         and all(t.cells[x, "cycles"]["leaders"][0] == HOOK for x in ("50%", "200%")) else []),
        ("In `tight` {} of the {} are undecided at {} %, between {} and {}; gathering leaves {}.",
         lambda t: [COUNT[len(t.leaders("200%", "tight"))], COUNT[len(t.grid.designs)], 200,
                    *range_of(t.mean(key, "200%", "tight") for key in t.leaders("200%", "tight")),
                    *{whole(t.mean(key, "200%", "tight")) for key in (GATHER, GATHER_OWN)}]
         if t.cells["200%", "tight"]["state"] == UNDECIDED else []),
        ("unmovable is ahead by {} at {} % and behind by {} to {} at {} % and more; in `tight` it "
         "is ahead by {} to {} up to {} %.",
         lambda t: [whole(t.lead(UNMOVABLE, PASS, "10%", "cycles")), 10,
                    *range_of(t.lead(PASS, UNMOVABLE, x, "cycles") for x in ("50%", "200%")), 50,
                    *range_of(t.lead(UNMOVABLE, PASS, x, "tight") for x in t.across[:3]), 50]),
        ("up to {} huge pages more than the pass of the literal reading in {} of {} cells, the "
         "same in {};", gain_of_failure),
        ("at most {} huge pages in the mean, never more than the seeds leave open",
         lambda t: [max(whole(t.lead(OWN_TYPE, PREVENT, *at)) for at in t.cells)]
         if all((one := t.paired(OWN_TYPE, PREVENT, *at)).mean < (one.half or 1) for at in t.cells)
         else []),
    ],
    "size_fragmentation": [
        ("{} kinds of fragmentation (recipes of docs/MODEL.md), {} MiB to {} GiB, {} seeds.",
         lambda t: [COUNT[len(t.down)].capitalize(), t.across[0], t.across[-1] // 1024, seeds(t)]),
        ("gathering, which costs {} huge pages in the smallest",
         lambda t: [whole(t.lead(PREVENT, GATHER, 256, "all_but_one"))]
         if t.is_level({*t.grid.designs} - {GATHER}, 256, "all_but_one") else []),
        ("{} to {} huge pages at every size, against {} to {} at {} MiB and {} to {} at {} GiB for "
         "the hook, the pass and prevention, which are level at {} GiB and undecided at {} MiB.",
         lambda t: [*range_of(t.mean(PINNED, x, "cycles") for x in t.across),
                    *range_of(t.mean(key, 512, "cycles") for key in MOVED_OR_WHOLE), 512,
                    *range_of(t.mean(key, 1024, "cycles") for key in MOVED_OR_WHOLE), 1, 1, 512]
         if t.is_level(MOVED_OR_WHOLE, 1024, "cycles") and t.is_open(MOVED_OR_WHOLE, 512, "cycles")
         else []),
        ("At {} MiB prevention beats the hook and the pass, {} against {} and {}, but is undecided "
         "with gathering ({}).",
         lambda t: [256, *(whole(t.mean(key, 256, "cycles"))
                           for key in (PREVENT, HOOK, PASS, GATHER))]
         if t.is_open({PREVENT, GATHER}, 256, "cycles") else []),
        ("{} at {} MiB, none at {} GiB.",
         lambda t: [whole(t.mean(GATHER, 512, "cycles")), 512, 1]
         if not {GATHER} & (t.leaders(512, "cycles") | t.leaders(1024, "cycles"))
         and t.mean(GATHER, 1024, "cycles") == 0 else []),
        ("It has {} against {} for the hook at {} MiB, {} against {} for pinned at {} MiB, and {} "
         "against {} for the hook at {} GiB.",
         lambda t: [value for x, size, key in ((256, 256, HOOK), (512, 512, PINNED),
                                               (1024, 1, HOOK))
                    for value in (whole(t.best(x, "tight")), whole(t.mean(key, x, "tight")), size)
                    if t.mean(key, x, "tight") == max(t.mean(one, x, "tight")
                                                      for one in {*t.grid.designs} - {PREVENT})]
         if all(t.cells[x, "tight"]["state"] == WON and t.leaders(x, "tight") == {PREVENT}
                for x in t.across) else []),
        ("where it now has {} and {}, means below",
         lambda t: [whole(t.mean(GATHER, x, "tight")) for x in (512, 1024)
                    if all(t.lead(GATHER, key, x, "tight") <= 0 for key in t.grid.designs)]),
        ("At {} MiB prevention has {}, gathering {} and the hook {}, which",
         lambda t: [256, *(whole(t.mean(key, 256, "no_balloon"))
                           for key in (PREVENT, GATHER, HOOK))]
         if t.cells[256, "no_balloon"]["state"] == WON
         and t.leaders(256, "no_balloon") == {PREVENT} else []),
        ("From {} MiB up the hook wins, {} against {} for prevention and {} against {}.",
         lambda t: [512, *(whole(t.mean(key, x, "no_balloon")) for x in (512, 1024)
                           for key in (HOOK, PREVENT))]
         if all(t.cells[x, "no_balloon"]["state"] == WON
                and t.leaders(x, "no_balloon") == {HOOK} for x in (512, 1024)) else []),
        ("there pinned and gathering end with a smaller balloon, by {} % at {} MiB and by {} % at "
         "{} GiB,",
         lambda t: [*took_less(t, 512), 512, *took_less(t, 1024), 1]
         if {at: {key for key, one in cell["designs"].items() if one["smaller"]}
             for at, cell in t.cells.items()}
         == {at: {PINNED, GATHER} if at in ((512, "no_balloon"), (1024, "no_balloon")) else set()
             for at in t.cells} else []),
        ("gathering, with {}, would be undecided with the hook at {} MiB;",
         lambda t: [whole(t.mean(GATHER, 512, "no_balloon")), 512]
         if abs((one := t.paired(HOOK, GATHER, 512, "no_balloon")).mean) < (one.half or 0)
         else []),
        ("at {} GiB pinned leaves {} and gathering {}, but they took less",
         lambda t: [1, *(whole(t.mean(key, 1024, "no_balloon")) for key in (PINNED, GATHER))]
         if min(t.mean(key, 1024, "no_balloon") for key in (PINNED, GATHER))
         > t.mean(HOOK, 1024, "no_balloon") else []),
        ("{}, {} and {} huge pages where the hook has {}, {} and {}.",
         lambda t: [whole(t.mean(key, x, "no_balloon")) for key in (PASS, HOOK) for x in t.across]),
        ("In `tight` it is behind the hook by {} to {}, from {} MiB up less than the seeds leave "
         "open.",
         lambda t: [*range_of(t.lead(HOOK, PASS, x, "tight") for x in t.across),
                    *([512] if [(one := t.paired(HOOK, PASS, x, "tight")).mean < (one.half or 0)
                                for x in t.across] == [False, True, True] else [])]),
        ("and {} and {} MiB were never recorded", lambda t: t.across[:2]),
        ("in `tight` at {} GiB prevention leaves {} to {} huge pages, the hook {} to {}.",
         lambda t: [1, *(t.cells[1024, "tight"]["designs"][key][end] for key in (PREVENT, HOOK)
                         for end in ("low", "high"))]),
    ],
}  # fmt: skip
