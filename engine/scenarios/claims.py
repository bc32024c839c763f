"""The argument of 2012: who claimed what, where, what tests it here, and a fair reading.


Paraphrased from the mails named under ``source``; none is quoted. "Archive post" is the number of a
mail in the linux-mm archive that was read. What the numbers on the screen say is not written here:
the page takes it from the running guests.
"""

from dataclasses import dataclass
from typing import Any

from engine.scenarios.published import DIFFSTAT, FAULTS, HIGHALLOC, OVERHEAD, Figure

# The parts in which the page shows them: name and heading.
PARTS = {
    "objection": "What Minchan Kim objected to",
    "proposal": "What he proposed instead",
    "reason": "Rafael Aquini's five reasons for the hook",
    "answer": "The answers",
    "review": "Other reviewers",
    "later": "What came later",
}

_SEED = "linux-mm, 22 July 2012, answer to patch 1/3 of version 4"
_ANSWER = "linux-mm, 20 July 2012 (archive post 17102484403); repeated in the mail of 22 July"
_OURS = "Never built; what runs here is as proposed, our implementation"
_RACE = "race.html?compactors=2&page_lock={lock}&refcount_test=on&era={era}"
_WITHOUT_LOCK = _RACE.format(lock="off", era="v4")


@dataclass(frozen=True)
class Claim:
    """One claim of the thread.

    Attributes:
        id: its name in addresses and on the command line.
        part: key of PARTS.
        claim: paraphrased, as its author would put it.
        who: its author.
        when: the date, as people write it.
        source: the mail or commit that contains it.
        reading: what the engine and history say, for and against.
        scenario: name of the scenario that tests it, None where a run cannot decide it.
        show: (statistic, label) of the numbers to look at; empty: those of the scenario.
        figures: published tables that bear on it.
        links: (address on the page's server, words) for further reading.
    """

    id: str
    part: str
    claim: str
    who: str
    when: str
    source: str
    reading: str
    scenario: str | None = None
    show: tuple[tuple[str, str], ...] = ()
    figures: tuple[Figure, ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form, as in GET /api/scenarios."""
        return {
            "id": self.id,
            "part": PARTS[self.part],
            "claim": self.claim,
            "who": self.who,
            "when": self.when,
            "source": self.source,
            "reading": self.reading,
            "scenario": self.scenario,
            "show": [{"stat": stat, "label": label} for stat, label in self.show],
            "figures": [figure.to_dict() for figure in self.figures],
            "links": [{"href": href, "text": text} for href, text in self.links],
        }


CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="rare",
        part="objection",
        claim="Ballooning is rare. Functions that run all the time should not pay for it, not even"
        " a little.",
        who="Minchan Kim",
        when="18 and 22 July 2012",
        source=f"archive post 17321638666; {_SEED}",
        reading="True, they do pay: with no balloon in the guest the hook still runs its test, for "
        "pages in use that are on no LRU list and for every page moved, and the answer is always "
        "no. How little that costs is the other side's point (reason v). Minchan granted that the "
        "loss is trivial; to him it was the principle that counted.",
        scenario="hot_path",
    ),
    Claim(
        id="lru_assumed",
        part="objection",
        claim="Compaction and migration assume that source and target are LRU pages. Every "
        "function that now has to think of balloon pages becomes harder to understand.",
        who="Minchan Kim",
        when="22 July 2012",
        source=_SEED,
        reading="History gave him this one: at least five faults were found in the shared code "
        "over seven years, two of them in the code as merged. The simulator has the three of Linux "
        "3.8 as a variant (lru_hook:hook=merged). It also gave the other side something: the code "
        "was repaired, and stayed.",
        scenario="hook_as_merged",
        figures=(FAULTS,),
    ),
    Claim(
        id="cannot_reclaim",
        part="objection",
        claim="A MOVABLE pageblock promises that its pages can be moved, or reclaimed when there "
        "is no room to move them. Balloon pages cannot be reclaimed, so the promise no longer "
        "holds.",
        who="Minchan Kim",
        when="22 July 2012",
        source=_SEED,
        reading="Right as a matter of logic: where no free target is left, dropping caches empties"
        " a block of file pages and not one of balloon pages. How often it matters depends on the "
        "room that is left: with free pages elsewhere the hook moves them and nobody notices.",
        scenario="cannot_reclaim",
    ),
    Claim(
        id="hotplug",
        part="objection",
        claim="Memory offlining looks for LRU pages only. Under the hook it would have to be "
        "taught about balloon pages, and so would all such code to come.",
        who="Minchan Kim",
        when="22 July 2012",
        source=_SEED,
        reading="Right at the time, and long after: under the rules of Linux 3.8 offlining with "
        "the hook stops at a balloon page and moves none. It was taught in February 2017 (Y. Xie, "
        "archive post 3118699651). A separate pass has to be taught, too: compare ranges=off.",
        scenario="offline_2012",
    ),
    Claim(
        id="page_lock",
        part="objection",
        claim="What does the page lock protect in isolate_balloon_page()? The comment does not "
        "say; show it in code.",
        who="Minchan Kim",
        when="18 July 2012",
        source="archive post 17321638666; Rafael Aquini's answer is quoted in the mail of 22 July",
        reading="Rafael's answer holds: without the lock a second compactor can take a page that "
        "is still being moved. The race explorer tries every order and shows the shortest one that"
        " breaks. It adds what the mail leaves out: the lock does not guard a page already "
        "isolated; the reference count does that.",
        links=(
            (_WITHOUT_LOCK, "Every order without the page lock"),
            (_RACE.format(lock="on", era="v4"), "With the lock: nothing breaks"),
        ),
    ),
    Claim(
        id="putback_names",
        part="objection",
        claim="putback_lru_pages() should not put back pages that are on no LRU list: have a "
        "putback_pages() for both.",
        who="Minchan Kim",
        when="18 and 22 July 2012",
        source=_SEED,
        reading="He got it: version 7 of the series has putback_movable_pages(), at his suggestion"
        " (cover letter, archive post 17400297845). A matter of naming at first; but put-back is "
        "also where two of the later faults were.",
    ),
    Claim(
        id="separate_pass",
        part="proposal",
        claim="Handle them like huge pages: a separate pass for balloon pages, run once when "
        "ballooning happens. The common code stays as it is.",
        who="Minchan Kim",
        when="18 and 22 July 2012",
        source=f"archive post 17321638666; {_SEED}. {_OURS}",
        reading="It wins where the balloon itself is the cause: one large change, then quiet, few "
        "messages (scenario batching). It comes too late where memory fragments between two "
        "changes of the balloon; that is the scenario here. That it also runs after a failed "
        "request (toggle on_failure) helps little.",
        scenario="pass_too_late",
    ),
    Claim(
        id="dedicated_block",
        part="proposal",
        claim="When compaction or reclaim has produced completely free pageblocks, move the "
        "balloon pages into them and mark these blocks unmovable. No other code, now or later, "
        "needs to know about balloon pages.",
        who="Minchan Kim",
        when="22 July 2012",
        source=f"{_SEED}. {_OURS}",
        reading="Whole blocks taken at inflation (toggle prevent, as the balloon drivers of VMware"
        " and Hyper-V do today) cost least with a large balloon that stays: fewest blocks touched, "
        "nothing to move, as many huge pages left. Gathering, as proposed in the mail, first needs "
        "a free block (scenario chicken_and_egg), and after a partial deflation its blocks are left"
        " half empty (scenario stranding).",
        scenario="large_inflation",
    ),
    Claim(
        id="i",
        part="reason",
        claim="i. It needs no duplicated code.",
        who="Rafael Aquini",
        when="20 July 2012",
        source=_ANSWER,
        reading="True of the series. A separate pass shares the scanner for free pages at best, "
        "and needs its own isolation, its own loop and its own put-back; in our engine, too, it is"
        " a separate file next to compaction.",
        figures=(DIFFSTAT,),
    ),
    Claim(
        id="ii",
        part="reason",
        claim="ii. It needs very few insertions to be fully working.",
        who="Rafael Aquini",
        when="20 July 2012",
        source=_ANSWER,
        reading="True in July (302 lines added in version 4); by November it was 782, nearly three"
        " times as many. Rusty Russell found it far more complicated than he had expected "
        "(September 2012, archive post 17745649247).",
        figures=(DIFFSTAT,),
    ),
    Claim(
        id="iii",
        part="reason",
        claim="iii. It is embedded in code that is well established and maintained.",
        who="Rafael Aquini",
        when="20 July 2012",
        source=_ANSWER,
        reading="It cuts both ways: established code is tested by everybody, and everybody is hit "
        "when it is wrong. The faults below were all where the balloon touches the shared code.",
        figures=(DIFFSTAT, FAULTS),
    ),
    Claim(
        id="iv",
        part="reason",
        claim="iv. Other balloon drivers can use it easily.",
        who="Rafael Aquini",
        when="20 July 2012",
        source=_ANSWER,
        reading="It came true, and went further: VMware's driver uses balloon compaction for its 4"
        " KiB pages, and since Linux 4.8 (2016) any driver can offer movable pages. The author of "
        "that generalisation is Minchan Kim (commit b1123ea6d3b3).",
    ),
    Claim(
        id="v",
        part="reason",
        claim="v. It has no significant impact on the paths that it is entangled with.",
        who="Rafael Aquini",
        when="20 July 2012",
        source=_ANSWER,
        reading="His table supports it: a little more time, but more pages moved, so rather less "
        "per page. One machine, four rounds. Our engine counts the tests exactly but cannot time "
        "them: look at how many there are per page scanned.",
        scenario="no_balloon",
        figures=(OVERHEAD,),
        links=(("#tab-cost", "The price of each design"),),
    ),
    Claim(
        id="teach_hotplug",
        part="answer",
        claim="Moving every balloon page into blocks of its own is overcomplicated. Better teach "
        "memory hotplug about such pages.",
        who="Rafael Aquini",
        when="23 July and 3 August 2012",
        source="quoted in archive post 17589366935; archive post 17657217477",
        reading="That is what happened, in 2017. Under the rules of Linux 6.12 offlining succeeds "
        "with the hook, at two messages to the host per page. With pinned pages, gathered or "
        "not, it is refused at once.",
        scenario="offline_modern",
    ),
    Claim(
        id="prime_real_estate",
        part="answer",
        claim="Blocks of 2 MiB are prime real estate: huge pages are worth 10 to 25 % to a KVM "
        "guest. A balloon is never touched, so it should not sit in them.",
        who="Rik van Riel",
        when="1 August 2012",
        source="archive post 17589366935",
        reading="With a small balloon he is right: in the scenario dedicated blocks are no better "
        "than leaving the pages alone. With a large one the arithmetic is against him: B pages "
        "touch at least B/512 blocks in any design, and scattered pages touch more (scenario "
        "fewest_blocks). A dedicated block pays off when it frees more than one other.",
        scenario="small_balloon",
    ),
    Claim(
        id="same_thing",
        part="answer",
        claim="Compaction and hotplug do essentially the same thing; what moves a page for one can"
        " move it for the other.",
        who="Rik van Riel",
        when="1 to 3 August 2012",
        source="archive post 17562465463",
        reading="Today they share migrate_pages() and its callbacks, and so does contiguous "
        "allocation (CMA). In 2012 each had its own idea of what can be moved: run the same range "
        "under both sets of rules.",
        scenario="offline_modern",
    ),
    Claim(
        id="putback_leak",
        part="review",
        claim="Put-back only tries the page lock; when it does not get it, the page is lost.",
        who="Mel Gorman",
        when="9 August 2012",
        source="archive posts 17292907410, 17761998180; fixed in version 7",
        reading="He is right, and the race explorer finds it by itself: with both protections on, "
        "this one fault is enough to lose a page.",
        links=(
            (
                _RACE.format(lock="on", era="v4") + "&known_defects=putback_trylock",
                "The put-back that loses a page",
            ),
        ),
    ),
    Claim(
        id="batching",
        part="review",
        claim="Each page moved is reported to the host individually. If moves are rare the series "
        "does not help much; if they are common, pass a list of pages in one go. Are there "
        "numbers?",
        who="Michael S. Tsirkin",
        when="26 August 2012",
        source="archive posts 17444162772 and 17856467588 (version 9)",
        reading="The sharpest argument for a separate pass: the hook moves page by page, and "
        "each move needs two messages that stop the guest; a pass moves up to 256 pages for two. "
        "The hook of today still pays this price.",
        scenario="batching",
    ),
    Claim(
        id="numbers",
        part="review",
        claim="With the hook more of memory can be had as huge pages, under load and at rest.",
        who="Rafael Aquini",
        when="17 September and 7 November 2012",
        source="cover letters of versions 10 and 11 (archive posts 17759336711, 32783459985)",
        reading="The only published figures. They compare the hook with nothing, not with the two "
        "proposals, which nobody built. Our own runs of this benchmark are in docs/HIGHALLOC.md "
        'and below under "How good is this?".',
        figures=(HIGHALLOC,),
    ),
    Claim(
        id="hook_stayed",
        part="later",
        claim="The hook won for the balloon, in a form that no longer names balloons.",
        who="Linux",
        when="2014 to 2026",
        source="commits d6d86c0a7f8d (3.18) and b1123ea6d3b3 (4.8); rework of movable_ops, 2025 "
        "(6.18)",
        reading="Movability turned out to be the general tool: the same callbacks serve compressed"
        " memory, CMA and offlining. The lock that the mail argues about stayed until January "
        "2026, when one lock for all balloons took its place.",
    ),
    Claim(
        id="separation_won",
        part="later",
        claim="Separation won for what cannot move, and for the granularity of giving memory back.",
        who="Linux and others",
        when="2018 to 2025",
        source="Contiguitas (ISCA 2023), virtio-mem (2020), defrag_mode (Linux 6.15), HyperAlloc "
        "(EuroSys 2025)",
        reading="Pages that cannot move are kept in regions of their own; memory is given back in "
        "units of 2 MiB and more, so that no single scattered pages arise. Rik van Riel is among "
        "the authors of Contiguitas: no contradiction, since in 2012 it was about pages that can "
        "be moved.",
        scenario="fewest_blocks",
    ),
)


def claims_json() -> list[dict[str, Any]]:
    """Every claim, in the order of the page."""
    return [claim.to_dict() for claim in CLAIMS]
