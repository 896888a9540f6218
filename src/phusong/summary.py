"""What a run says at its end: a few numbers, and where the files are."""

from __future__ import annotations

import math

from .console import Reporter
from .coverage.siting.proposal import Proposal
from .coverage.siting.tables import WORDS
from .gis_data.result_schema import KIND_LABELS, TARGET_LABELS, VERDICT_LABELS, VERDICTS
from .scene import Options
from .stages import Gaps, Plans

__all__ = ["show_gaps", "show_plans", "show_proposal", "show_where"]

_FILES = {
    "map_is_at": ("map.html", "map/index.html"),
    "tables_are_at": ("gaps.xlsx", "reasons.xlsx", "area.xlsx", "proposals.xlsx", "plans.xlsx"),
    "reports_are_at": (
        "report.*",
        "proposals.html",
        "proposals.docx",
        "proposals.pdf",
        "plan-*.html",
        "plan-*.docx",
        "plan-*.xlsx",
    ),
    "gis_files_are_at": ("network.gpkg", "gaps.gpkg", "reasons.gpkg", "proposals.gpkg"),
    "figures_are_at": ("figures/*.png",),
    "rasters_are_at": ("coverage/*_level.tif",),
}


def show_gaps(reporter: Reporter, gaps: Gaps) -> None:
    """Print hamlets and people by verdict, most severe first."""
    rows = []
    for code in VERDICTS:
        chosen = gaps.table[gaps.table["verdict"] == code]
        rows.append((_label(VERDICT_LABELS[code], reporter), len(chosen), int(chosen["population"].sum())))
    reporter.table([reporter.say(key) for key in ("verdict", "hamlets", "people")], rows)


def show_proposal(reporter: Reporter, proposal: Proposal) -> None:
    """Print what the plan builds, what it costs, and what is proved about it."""
    rows = [
        (reporter.say("stations"), len(proposal.stations)),
        (reporter.say("cost"), round(proposal.total_cost)),
        (reporter.say("value"), round(proposal.people_newly_served)),
        (reporter.say("served_villages"), len(proposal.served_villages)),
        (reporter.say("gap"), _gap(reporter, proposal)),
    ]
    reporter.table(["", ""], rows)
    for remark in proposal.remarks:
        reporter.console.print(remark.vi if reporter.language == "vi" else remark.en, markup=False)


def _gap(reporter: Reporter, proposal: Proposal) -> str:
    status = _label(WORDS.get(proposal.status, (proposal.status, proposal.status)), reporter)
    return f"{100 * proposal.gap:.2f} %: {status}" if math.isfinite(proposal.gap) else status


def show_plans(reporter: Reporter, plans: Plans) -> None:
    """Print completion of each plan, as claimed and as the evidence supports it."""
    labels = {**KIND_LABELS, **TARGET_LABELS}
    chosen = plans.verification.completion
    chosen = chosen[chosen["scope"] == "target"]
    counts = chosen[["total", "claimed", "supported", "contradicted", "not_checkable"]].astype(int)
    names = zip(chosen["plan_id"].astype(str), chosen["subject"].astype(str), strict=True)
    rows = [
        (plan, _label(labels[subject], reporter), *(int(count) for count in row))
        for (plan, subject), row in zip(names, counts.to_numpy(), strict=True)
    ]
    keys = ("plan", "kind", "items", "claimed", "supported", "contradicted", "not_checkable")
    reporter.table([reporter.say(key) for key in keys], rows)


def show_where(options: Options, *written: str) -> None:
    """Print where the map, the tables and the rasters are; with `written`, of those patterns only."""
    out, reporter = options.project.out, options.reporter
    if options.project.project.synthetic:
        reporter.console.print(f"[yellow]{reporter.say('synthetic')}[/]")
    for key, patterns in _FILES.items():
        for pattern in patterns if not written else [p for p in written if p in patterns]:
            for path in sorted(out.glob(pattern)):
                # plain print: a path must stay on one line to be copied
                print(f"{reporter.say(key)}: {path}")


def _label(pair: tuple[str, str], reporter: Reporter) -> str:
    english, vietnamese = pair
    return vietnamese if reporter.language == "vi" else english
