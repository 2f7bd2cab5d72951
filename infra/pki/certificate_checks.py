"""What is wrong with certificates as found, beside what was built: empty lists are right."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from infra.pki.authority import alternatives_of, wanted_alternatives
from infra.pki.certificate_parsing import Found, signed_by
from infra.pki.identities import AUTHORITIES, Identity
from infra.pki.uses import Use

AUTHORITY_NAMES = {row.name: row.common_name for row in AUTHORITIES}


def not_one_each(found: Iterable[Found], uses: Iterable[Use]) -> list[str]:
    """Uses for which there is no certificate, or more than one."""
    held: dict[Use, list[Found]] = {}
    for item in found:
        if item.use:
            held.setdefault(item.use, []).append(item)
    wrong: list[str] = []
    for use in uses:
        names = [item.common_name for item in held.get(use, [])]
        if not names:
            wrong.append(f"{use} has no certificate, must have that of {use.wants}")
        elif len(names) > 1:
            file = held[use][0].place
            wrong.append(f"{use} has {len(names)}, {' and '.join(names)}, in one file ({file})")
    return wrong


def wrong_lifetime(found: Iterable[Found], *, hours: int, now: datetime | None = None) -> list[str]:
    """Certificates that do not last that long, or are over or not yet good."""
    today = now or datetime.now(UTC)
    wrong: list[str] = []
    for item in found:
        if item.lifetime != timedelta(hours=hours):
            wrong.append(f"{item.place} ({item.common_name}) lasts {item.lifetime}")
        if not item.certificate.not_valid_before_utc <= today < item.ends:
            wrong.append(f"{item.place} ({item.common_name}) ends {item.ends}")
    return list(dict.fromkeys(wrong))


def wrong_signers(
    found: Iterable[Found], identities: Sequence[Identity], authorities: Mapping[str, Found]
) -> list[str]:
    """Authorities that are not the built ones, leaves that their own did not sign or another did.

    ``authorities`` are those of the build by name; they are compared as a whole, not by subject.
    """
    wrong: list[str] = []
    prints = {one.fingerprint: name for name, one in authorities.items()}
    for item in found:
        if wanted := wanted_authority(item):
            if prints.get(item.fingerprint) not in wanted:
                wrong.append(f"{item} is another authority {item.common_name!r} than the build's")
            continue
        row = row_of(item, identities)
        signers = [name for name, signer in authorities.items() if signed_by(item, signer)]
        if row and signers != [row.authority]:
            by = " and ".join(signers) or "a stranger"
            wrong.append(f"{item} is signed by {by}, must be by {row.authority}")
    return wrong


def wanted_authority(item: Found) -> set[str]:
    """Names of the authorities that it may be; empty for a leaf."""
    if item.use:
        return {item.use.wants} & AUTHORITY_NAMES.keys()
    return set(AUTHORITY_NAMES) if item.may_sign else set()


def row_of(item: Found, identities: Iterable[Identity]) -> Identity | None:
    """Whom it was built for: by who uses it, else by the name that it says itself."""
    if item.use:
        return next((row for row in identities if row.name == item.use.wants), None)
    return next((row for row in identities if row.common_name == item.common_name), None)


def wrong_names(found: Iterable[Found], identities: Sequence[Identity]) -> list[str]:
    """Leaves whose subject, use or alternative names are others, or more, than their user's."""
    wrong: list[str] = []
    for item in found:
        if wanted_authority(item):
            continue
        row = row_of(item, identities)
        if row is None:
            wrong.append(f"{item} is for {item.common_name!r}, whom nobody built")
        else:
            wrong += [f"{item} {text}" for text in unlike(item, row)]
    return wrong


def unlike(item: Found, row: Identity) -> list[str]:
    """How a leaf differs from its identity."""
    wrong: list[str] = []
    groups = [row.organization] if row.organization else []
    if item.common_name != row.common_name:
        wrong.append(f"is for {item.common_name!r}, must be for {row.common_name!r}")
    if item.organizations != groups:
        wrong.append(f"is in groups {item.organizations}, must be in {groups}")
    if item.usages != set(row.usages):
        must = sorted(str(usage) for usage in row.usages)
        wrong.append(f"is good for {sorted(item.usages) or 'any use'}, must be for {must}")
    if item.may_sign:
        wrong.append("may sign certificates")
    has, wanted = alternatives_of(item.certificate), set(wanted_alternatives(row))
    for verb, names in (("lacks", wanted - has), ("also names", has - wanted)):
        if names:
            wrong.append(f"{verb} {sorted(str(name.value) for name in names)}")
    return wrong
