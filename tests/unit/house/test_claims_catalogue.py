"""The catalogue of claims: complete, in order, and named by tags without doubt."""

from collections import Counter
from typing import get_args

from infra import claims, observed_places
from infra.artifacts.catalog import all_minors

ARTICLES = [44, 45, *range(61, 73)]
"""What the issues name: storage, and Parts XII to XIV."""


def test_ids_are_unique_and_count_up_within_each_article() -> None:
    numbers: dict[int, list[int]] = {}
    for claim in claims.load():
        numbers.setdefault(claim.article, []).append(int(claim.id.partition(".")[2]))
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())
    assert list(numbers) == ARTICLES
    assert sum(map(len, numbers.values())) == 228


def test_every_article_has_a_part_that_is_known() -> None:
    assert {article.part for article in claims.articles()} == {p.number for p in claims.parts()}
    assert [article.number for article in claims.articles()] == ARTICLES


def test_a_title_is_a_sentence_and_says_it_once() -> None:
    titles = [claim.title for claim in claims.load()]
    assert not [title for title in titles if title != title.strip() or len(title) < 10]
    assert max(Counter(titles).values()) == 1


def test_classes_and_places_are_the_known_ones() -> None:
    assert {claim.kind for claim in claims.load()} == {"stated", "upstream"}
    assert {claim.where for claim in claims.load()} <= set(get_args(observed_places.Where))


def test_a_finding_ends_with_a_minor_that_has_clusters() -> None:
    minors = {minor for minor, catalog in all_minors().items() if catalog.before}
    for claim in claims.load():
        bounds = {claim.finding_since, claim.finding_until} - {""}
        assert bounds <= minors, f"{claim.id}: {bounds - minors} is no minor of a cluster"
        assert claim.finding or not bounds, f"{claim.id} has a range and no finding"


def test_a_tag_names_its_claim_and_nothing_else_does() -> None:
    assert {claims.id_of(claim.tag) for claim in claims.load()} == {c.id for c in claims.load()}
    assert claims.id_of("claim_63") is None
    assert claims.id_of("article_63") is None
    assert claims.id_of("claim_63_4_") is None
