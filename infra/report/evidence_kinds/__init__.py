"""Kinds of evidence, one module a kind: what the recorder stores and the page draws.

A new kind is a module with a KIND, its place here, and a row in reports/README.md.
"""

from infra.report.evidence_kinds import cgroup_change, figures, lease_history, table, text
from infra.report.evidence_kinds.kind import Kind

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        lease_history.KIND,
        cgroup_change.KIND,
        table.KIND,
        figures.KIND,
        text.KIND,
    )
}
"""By name; of those whose pictures may stand on top of the page, the first come first."""
