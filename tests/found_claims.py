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
    own_type,
    pass_leads,
    prevent_open,
    range_of,
    seeds,
    shares,
    stands,
    told,
    took_less,
    whole,
)

Claim = tuple[str, Callable[[Told], Iterable[Any]]]

CLAIMS: dict[str, list[Claim]] = {
    "balloon_when": [
        ("A {} MiB guest", lambda t: [t.grid.guests[0].size_mib]),
        ("`cycles`), {} to {} % taken",
         lambda t: [t.across[0].strip("%"), t.across[-1].strip("%")]),
        ("around it. {} seeds.", lambda t: [seeds(t).capitalize()]),
        ("all {} designs are level in all {} columns: {}, {}, {} and {} huge pages",
         lambda t: [COUNT[len(t.grid.designs)], COUNT[len(t.across)],
                    *(whole(t.best(x, "after a compaction")) for x in t.across)]
         if all(t.is_level(t.grid.designs, x, "after a compaction") for x in t.across) else []),
        ("now {} of the {} runs of this course end {} to {} huge pages below", falls),
        ("Fresh seeds have {} such runs, and confirm only {} of the {} columns because of them.",
         lambda t: [falls(told("balloon_when_again"))[0],
                    COUNT[sum(stands("balloon_when", x, "after a compaction") for x in t.across)],
                    COUNT[len(t.across)]]),
        ("{} to {} of them at {} % in every course, {} to {} at {} and {} % taken at once, {} at "
         "{} %, where pinned leaves {} huge page at all and the hook {}.",
         lambda t: [*cost_of_pinning(t, ["5%"], WITH_WORK), 5,
                    *range_of(cost for x in ("10%", "20%") for y in AT_ONCE
                              if (x, y) != ("20%", "before")
                              for cost in cost_of_pinning(t, [x], [y])), 10, 20,
                    *{*cost_of_pinning(t, ["30%"], AT_ONCE)}, 30,
                    *{COUNT[whole(t.mean(PINNED, "30%", y))] for y in AT_ONCE},
                    *{whole(t.mean(HOOK, "30%", y)) for y in AT_ONCE}]),
        ("The exception is {} % taken before the programs go on, which costs {}.",
         lambda t: [20, *{*cost_of_pinning(t, ["20%"], ["before"])}]),
        ("in four parts, from {} % up, pinned is not beaten; the engine before this one had that "
         "from {} % up.",  # what it had is not computed
         lambda t: [min(int(x.strip("%")) for x in t.across
                        if PINNED in t.leaders(x, "in four parts")), 20]
         if not any(PINNED in t.leaders(x, y) for x in t.across for y in AT_ONCE) else []),
        ("At {} % taken at once the loss is small, and fresh seeds leave pinned among the "
         "undecided in {} of the {} courses.",
         lambda t: [10, COUNT[sum(PINNED in told("balloon_when_again").leaders("10%", y)
                                  for y in AT_ONCE)], COUNT[len(AT_ONCE)]]),
        ("At {} % and {} % taken at once the separate pass leads in all {} cells**, alone in one "
         "of them ({} % taken before: {} against {} for the hook), undecided with the hook in {}, "
         "{} to {} huge pages ahead",
         lambda t: [5, 10, *pass_leads(t)[:2],
                    *(whole(t.mean(key, "5%", "before")) for key in (PASS, HOOK)),
                    *pass_leads(t)[2:]]),
        ("have the pass win at {} % taken before as well",
         lambda t: [5] if told("balloon_when_again").cells["5%", "before"]["state"] == WON
         and told("balloon_when_again").leaders("5%", "before") == {PASS} else []),
        ("At {} % taken before it leaves even less than pinned ({} against {})",
         lambda t: [10, *(whole(t.mean(key, "10%", "before")) for key in (HOOK, PINNED))]),
        ("with up to {} % taken at once",
         lambda t: [max(int(x.strip("%")) for x in t.across if all(
             whole(t.mean(PASS, x, y)) == whole(t.mean(PASS, x, "after a compaction"))
             for y in AT_ONCE))]),
        ("**It fails at {} %.** It ends with {} to {} where the hook has {}",
         lambda t: [30, *range_of(t.mean(PASS, "30%", y) for y in WITH_WORK),
                    *{whole(t.mean(HOOK, "30%", y)) for y in WITH_WORK}]),
        ("in four parts at {} %** ({} against {})",
         lambda t: [5, *(whole(t.mean(key, "5%", "in four parts")) for key in (PASS, HOOK))]),
        ("The hook wins there, and at {} % taken last;",
         lambda t: [30] if [at for at, cell in t.cells.items() if cell["state"] == WON
                            and cell["leaders"] == [HOOK]]
         == [("5%", "in four parts"), ("30%", "after")] else []),
        ("At {} % they are near the hook where the balloon comes before or amid the work ({} and "
         "{} against {}), but under some seeds they leave as few as {}: undecided.",
         lambda t: [30, *(whole(t.mean(PREVENT, "30%", y)) for y in ("before", "amid")),
                    *{whole(t.mean(HOOK, "30%", y)) for y in ("before", "amid")},
                    min(t.cells["30%", y]["designs"][PREVENT]["low"] for y in ("before", "amid"))]
         if all(t.is_open({HOOK, PREVENT}, "30%", y) for y in ("before", "amid")) else []),
        ("among the undecided at {} and {} % taken before, at {} % amid, and in parts from {} % "
         "up;",
         lambda t: [*prevent_open(t, "before"), *prevent_open(t, "amid"),
                    min(prevent_open(t, "in four parts"))]
         if not any(PREVENT in t.leaders(x, "after") for x in t.across) else []),
        ("At {} % they are no better than pinned, or by {} at most",
         lambda t: [5, max(whole(t.lead(PREVENT, PINNED, "5%", y)) for y in WITH_WORK)]),
        ("captured, {} MiB from", lambda t: [told("captured").across[2]]),
        ("as {} % taken before the work does here",
         lambda t: [20] if all(
             min(one.mean(key, *at) for key in (HOOK, PASS, PREVENT))
             > 9 * max(one.mean(key, *at) for key in (PINNED, GATHER))
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
        ("With {} MiB in `cycles` all {} lie between {} and {}, undecided;",
         lambda t: [64, COUNT[len(t.grid.designs)], *range_of(
             t.mean(key, 64, "cycles") for key in t.grid.designs)]
         if t.is_open(t.grid.designs, 64, "cycles") else []),
        ("within {} huge pages in all {} cells, with {} to {} messages to the host where the hook "
         "sends up to {}.",
         lambda t: [whole(max(abs(t.lead(HOOK, PASS, *at)) for at in t.cells)),
                    COUNT[len(t.cells)], *messages(t, PASS, t.down), messages(t, HOOK, t.down)[1]]),
        ("but for `runs` at {} MiB ({} against {}, and {} for the hook)",
         lambda t: [x for (x, y) in t.cells if t.lead(GATHER, PINNED, x, y) > 0]
         + [whole(t.mean(key, 128, "runs")) for key in (GATHER, PINNED, HOOK)]),
        ("win `runs` from {} MiB up, by {} to {} huge pages, and `cycles` at {} MiB by {},",
         lambda t: [t.across[1], *range_of(t.cells[x, "runs"]["margin"] for x in t.across[1:]), 128,
                    whole(t.cells[128, "cycles"]["margin"])]
         if all(t.cells[at]["state"] == WON and t.leaders(*at) == {PREVENT}
                for at in ((128, "runs"), (200, "runs"), (256, "runs"), (128, "cycles"))) else []),
        ("from {} MiB up {} to {} times what the hook copies", lambda t: [200, *shares(t)]),
        ("With {} MiB in `runs` they are ahead of the hook by {}, which is no longer sure",
         lambda t: [64, whole(t.lead(PREVENT, HOOK, 64, "runs"))]
         if t.cells[64, "runs"]["leaders"] == [PREVENT, HOOK]
         and t.is_open({PREVENT, HOOK}, 64, "runs") and not stands("captured", 64, "runs")
         else []),
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
        ("in every cell but `cycles` at {} MiB, where they find all {} level.",
         lambda t: [*(x for (x, y), cell in t.cells.items()
                      if told("captured_again").leaders(x, y) != set(cell["leaders"])
                      or told("captured_again").cells[x, y]["state"] != cell["state"]),
                    COUNT[len(told("captured_again").leaders(64, "cycles"))]]
         if told("captured_again").is_level(t.grid.designs, 64, "cycles") else []),
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
         "{}, and {} at {} %, against {} and {}: won both times",
         lambda t: [*(whole(t.mean(key, "0%", "tight")) for key in (PREVENT, PINNED, HOOK)),
                    whole(t.mean(PREVENT, "50%", "tight")), 50,
                    *(whole(t.mean(key, "50%", "tight")) for key in (PINNED, HOOK))]
         if all(t.is_level({PREVENT, OWN_TYPE}, x, "tight") for x in ("0%", "50%")) else []),
        ("At {} % they have {}, against {} and {}, and gathering, with {}, is undecided with them.",
         lambda t: [10, *(whole(t.mean(key, "10%", "tight"))
                          for key in (PREVENT, PINNED, HOOK, GATHER))]
         if t.is_open({PREVENT, OWN_TYPE, GATHER, GATHER_OWN}, "10%", "tight") else []),
        ("In `cycles` they have {} at {} %, where the hook has {}: undecided.",
         lambda t: [whole(t.mean(PREVENT, "10%", "cycles")), 10,
                    whole(t.mean(HOOK, "10%", "cycles"))]
         if t.cells["10%", "cycles"]["state"] == UNDECIDED
         and {PREVENT, HOOK} <= t.leaders("10%", "cycles") else []),
        ("it hangs on the seed: {} to {} without churn, {} to {} at {} %.",
         lambda t: [*(t.cells[x, "tight"]["designs"][PREVENT][end] for x in ("0%", "10%")
                      for end in ("low", "high")), 10]),
        ("in {} of {} cells it has the lower mean, and it leads whole blocks taken first only in "
         "`tight` at {} % ({} against {}), where all is undecided.",
         lambda t: [COUNT[sum(t.lead(GATHER, PINNED, *at) < 0 for at in t.cells)],
                    COUNT[len(t.cells)],
                    *(int(x.strip("%")) for (x, y) in t.cells if t.lead(GATHER, PREVENT, x, y) > 0),
                    *(whole(t.mean(key, "200%", "tight")) for key in (GATHER, PREVENT))]
         if not any((one := t.paired(GATHER, PINNED, *at)).mean > (one.half or 0)
                    for at in t.cells) else []),
        ("It is near them in `cycles` without churn ({} against {}).",
         lambda t: [whole(t.mean(key, "0%", "cycles")) for key in (GATHER, PREVENT)]),
        ("There the hook wins at {} %, with {} against {} for prevention and {} for that with a "
         "type of its own",
         lambda t: [50, *(whole(t.mean(key, "50%", "cycles"))
                          for key in (HOOK, PREVENT, OWN_TYPE))]
         if t.cells["50%", "cycles"]["state"] == WON and t.leaders("50%", "cycles") == {HOOK}
         else []),
        ("At {} % it has {}, undecided with the pass that also runs after a failure ({}) and with "
         "prevention with a type of its own ({});",
         lambda t: [200, *(whole(t.mean(key, "200%", "cycles"))
                           for key in (HOOK, ON_FAILURE, OWN_TYPE))]
         if t.is_open({HOOK, ON_FAILURE, OWN_TYPE}, "200%", "cycles") else []),
        ("In `tight` all {} are undecided at {} %, between {} and {}.",
         lambda t: [COUNT[len(t.grid.designs)], 200,
                    *range_of(t.mean(key, "200%", "tight") for key in t.grid.designs)]
         if t.is_open(t.grid.designs, "200%", "tight") else []),
        ("unmovable is ahead by {} at {} % and behind by {} to {} at {} % and more; in `tight` it "
         "is ahead by {} to {} up to {} %.",
         lambda t: [whole(t.lead(UNMOVABLE, PASS, "10%", "cycles")), 10,
                    *range_of(t.lead(PASS, UNMOVABLE, x, "cycles") for x in ("50%", "200%")), 50,
                    *range_of(t.lead(UNMOVABLE, PASS, x, "tight") for x in t.across[:3]), 50]),
        ("up to {} huge pages more than the pass of the literal reading in {} of {} cells, the "
         "same in {};", gain_of_failure),
        ("{} against {} in `cycles` at {} %, hardly more than the seeds leave open, {} against {} "
         "in `tight` at {} %, which is less than they leave open, and next to nothing elsewhere",
         own_type),
        ("had pinned and gathering out of it in `tight` at {} %",  # what it had is not computed
         lambda t: [] if any(one["smaller"] for cell in t.cells.values()
                             for one in cell["designs"].values()) else [50]),
    ],
    "size_fragmentation": [
        ("{} kinds of fragmentation (recipes of docs/MODEL.md), {} MiB to {} GiB, {} seeds.",
         lambda t: [COUNT[len(t.down)].capitalize(), t.across[0], t.across[-1] // 1024, seeds(t)]),
        ("{} or {} huge pages at every size, against {} to {} at {} MiB and {} to {} at {} GiB for "
         "the hook, the pass and prevention, which are level at {} GiB and undecided at {} MiB.",
         lambda t: [*range_of(t.mean(PINNED, x, "cycles") for x in t.across),
                    *range_of(t.mean(key, 512, "cycles") for key in MOVED_OR_WHOLE), 512,
                    *range_of(t.mean(key, 1024, "cycles") for key in MOVED_OR_WHOLE), 1, 1, 512]
         if t.is_level(MOVED_OR_WHOLE, 1024, "cycles") and t.is_open(MOVED_OR_WHOLE, 512, "cycles")
         else []),
        ("At {} MiB prevention wins, {} against {} for the hook.",
         lambda t: [256, *(whole(t.mean(key, 256, "cycles")) for key in (PREVENT, HOOK))]
         if t.cells[256, "cycles"]["state"] == WON else []),
        ("still had it between the two at {} MiB",  # it: gathering, which is not there now
         lambda t: [512] if all(t.lead(GATHER, PINNED, x, "cycles") < 1 for x in t.across) else []),
        ("it wins with {} against {} for the hook at {} MiB, has {} against {} at {} MiB, where "
         "only gathering ({}) is undecided with it, and {} against {} at {} GiB, where gathering "
         "({}) and the hook are.",
         lambda t: [value for x in t.across for value in (
             *(whole(t.mean(key, x, "tight")) for key in (PREVENT, HOOK)),
             x if x < 1024 else 1,
             *([whole(t.mean(GATHER, x, "tight"))] if x > 256 else []))]
         if t.cells[256, "tight"]["state"] == WON
         and all(t.cells[x, "tight"]["leaders"][0] == PREVENT for x in t.across)
         and t.is_open({PREVENT, GATHER}, 512, "tight")
         and t.is_open({PREVENT, GATHER, HOOK}, 1024, "tight") else []),
        ("In `no_balloon` the hook wins from {} MiB up, {} against {} for prevention and {} "
         "against {}; at {} MiB prevention has {}, pinned and gathering {}, the hook {}, "
         "undecided.",
         lambda t: [512, *(whole(t.mean(key, x, "no_balloon")) for x in (512, 1024)
                           for key in (HOOK, PREVENT)),
                    256, whole(t.mean(PREVENT, 256, "no_balloon")),
                    *{whole(t.mean(key, 256, "no_balloon")) for key in (PINNED, GATHER)},
                    whole(t.mean(HOOK, 256, "no_balloon"))]
         if all(t.cells[x, "no_balloon"]["state"] == WON
                and t.leaders(x, "no_balloon") == {HOOK} for x in (512, 1024))
         and t.is_open({*t.grid.designs} - {PASS}, 256, "no_balloon") else []),
        ("in front in `tight` at {} GiB, where gathering was nearly", lambda t: [1]),  # before
        ("in `tight` from {} MiB up it has {} and {}, though it is no longer undecided",
         lambda t: [512, *(whole(t.mean(PINNED, x, "tight")) for x in t.across[1:])]
         if not any(PINNED in t.leaders(x, "tight") for x in t.across) else []),
        ("In `no_balloon` from {} MiB up pinned and gathering end with a smaller balloon, by {} % "
         "at {} MiB and by {} % at {} GiB;",
         lambda t: [min(x for (x, y), cell in t.cells.items() if any(
             one["smaller"] for one in cell["designs"].values())),
                    *took_less(t, 512), 512, *took_less(t, 1024), 1]),
        ("at {} GiB pinned leaves {} and gathering {}, but they took less",
         lambda t: [1, *(whole(t.mean(key, 1024, "no_balloon")) for key in (PINNED, GATHER))]
         if min(t.mean(key, 1024, "no_balloon") for key in (PINNED, GATHER))
         > t.mean(HOOK, 1024, "no_balloon") else []),
        ("(`no_balloon`: {}, {} and {} huge pages where the hook has {}, {} and {};",
         lambda t: [whole(t.mean(key, x, "no_balloon")) for key in (PASS, HOOK) for x in t.across]),
        ("`tight` at {} GiB: {} against {}, the least of all designs)",
         lambda t: [1, *(whole(t.mean(key, 1024, "tight")) for key in (PASS, HOOK))]
         if t.mean(PASS, 1024, "tight") == min(t.mean(key, 1024, "tight")
                                               for key in t.grid.designs) else []),
        ("and {} and {} MiB were never recorded", lambda t: t.across[:2]),
    ],
}  # fmt: skip
