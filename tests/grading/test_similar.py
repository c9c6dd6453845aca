"""Similar answers: copies under other names are found; honest work on the same task is not."""

from __future__ import annotations

import csv
import json
import random
import re
from pathlib import Path

import pytest

from tests.grading.conftest import Tito
from tests.grading.graded import graded_course
from tito.course.lessons import Lesson, find_lesson
from tito.course.notebook import read_cells
from tito.grading.course import GradingCourse
from tito.grading.similarity.answers import released_passages
from tito.grading.similarity.page import similarity_page
from tito.grading.similarity.pairs import CODE, WORDS, Pair, Passage, similar_pairs
from tito.grading.similarity.tokens import MAX_CHARACTERS, code_tokens
from tito.grading.similarity.winnowing import fingerprints

# Three people who solved the same five parts without each other.
ANN = {
    "precision_recall": "    return float(np.sum(hits[:k])) / k\n"
    "@    return float(np.sum(hits[:k])) / n_relevant\n",
    "reciprocal_rank": "    places = np.flatnonzero(hits[:k])\n"
    "    return 1.0 / (int(places[0]) + 1) if len(places) else 0.0\n",
    "average_precision": "    total, found = 0.0, 0\n"
    "    for rank, hit in enumerate(hits[:k], start=1):\n"
    "        if hit:\n            found += 1\n            total += found / rank\n"
    "    return total / min(k, n_relevant)\n",
    "ndcg": "    ranks = np.arange(1, k + 1)\n    discounts = 1.0 / np.log2(ranks + 1)\n"
    "    top = np.asarray(hits[:k], dtype=float)\n"
    "    gained = float(np.sum(top * discounts[: len(top)]))\n"
    "    return gained / float(np.sum(discounts[: min(k, n_relevant)]))\n",
}
BOB = {
    "precision_recall": "    count = 0\n    for i in range(min(k, len(hits))):\n"
    "        if hits[i]:\n            count = count + 1\n    return count / k\n"
    "@    return precision(hits, k) * k / n_relevant\n",
    "reciprocal_rank": "    i = 0\n    while i < k and i < len(hits):\n        if hits[i]:\n"
    "            return 1 / (i + 1)\n        i += 1\n    return 0.0\n",
    "average_precision": "    s = 0\n    for r in range(1, k + 1):\n"
    "        if r <= len(hits) and hits[r - 1]:\n            s = s + precision(hits, r)\n"
    "    if n_relevant < k:\n        return s / n_relevant\n    return s / k\n",
    "ndcg": "    import math\n    dcg = 0\n    for r in range(1, k + 1):\n"
    "        if r <= len(hits) and hits[r - 1]:\n            dcg += 1 / math.log2(r + 1)\n"
    "    best = 0\n    for r in range(1, min(n_relevant, k) + 1):\n"
    "        best += 1 / math.log2(r + 1)\n    return dcg / best\n",
}
CYD = {
    "precision_recall": "    return sum(1 for h in list(hits)[:k] if h) / k\n"
    "@    return sum(1 for h in list(hits)[:k] if h) / n_relevant\n",
    "reciprocal_rank": "    top = hits[:k]\n    if not top.any():\n        return 0.0\n"
    "    return 1.0 / (1 + int(np.argmax(top)))\n",
    "average_precision": "    top = hits[:k].astype(int)\n"
    "    cumulative = np.cumsum(top) / np.arange(1, top.size + 1)\n"
    "    return float((cumulative * top).sum() / min(k, n_relevant))\n",
    "ndcg": "    def dcg(gains):\n"
    "        return sum(g / np.log2(i + 2) for i, g in enumerate(gains))\n\n"
    "    return dcg(hits[:k]) / dcg([1] * min(k, n_relevant))\n",
}
WORDS_OF = {
    "ann": "Forty gigabytes, since each of ten billion scores takes four bytes in memory.",
    "bob": "It is 10^10 numbers, so 40 GB as float32, and users can be done batch after batch.",
    "cyd": "I would rank a thousand users at once and keep only k items of each, which is small.",
}


@pytest.fixture
def lesson() -> Lesson:
    return find_lesson("evaluation")


def work(lesson: Lesson, bodies: dict[str, str], words: str) -> list[Passage]:
    """A student's cells: the released heads with these bodies, and an answer in words."""
    passages = [Passage("price_of_ranking", WORDS, words)]
    for cell in read_cells(lesson.release):
        if cell.grade_id in bodies:
            parts = bodies[cell.grade_id].split("@")
            stub = re.compile(r"^    # YOUR CODE HERE\n    raise NotImplementedError\(\)\n?", re.M)
            source = cell.source + "\n"
            for part in parts:
                source = stub.sub(lambda _, part=part: part, source, count=1)
            assert "NotImplementedError" not in source
            passages.append(Passage(cell.grade_id, CODE, source))
    return passages


def renamed(passages: list[Passage], seed: int) -> list[Passage]:
    """A copy whose author renamed what can be renamed, wrote comments, and moved cells."""
    rng = random.Random(seed)
    names = {"places": "w", "total": "acc", "found": "n", "rank": "pos", "hit": "is_ok"}
    names |= {"ranks": "r", "discounts": "d", "top": "t", "gained": "g", "hits": "relevance"}
    copied = []
    for passage in passages:
        source = passage.source
        if passage.kind == CODE:
            for old, new in names.items():
                source = re.sub(rf"(?<![.\w]){old}\b", f"{new}{seed}", source)
            source = re.sub(r'"""[^"]*"""', '"""Mine."""', source)
            source = source.replace("\n    ", "\n    # I thought about this line\n    ", 3)
            source = source.replace(" / ", "/")
        copied.append(Passage(passage.cell, passage.kind, source))
    rng.shuffle(copied)
    return copied


def pairs_of(lesson: Lesson, least: float, **works: list[Passage]) -> dict[tuple[str, str], Pair]:
    found = similar_pairs(works, released_passages(lesson), least_share=least)
    return {pair.students: pair for pair in found}


def test_a_copy_under_other_names_is_found_and_honest_pairs_are_not(lesson: Lesson) -> None:
    ann, bob, cyd = (
        work(lesson, bodies, WORDS_OF[name])
        for name, bodies in (("ann", ANN), ("bob", BOB), ("cyd", CYD))
    )
    found = pairs_of(lesson, 0.5, ann=ann, bob=bob, cyd=cyd, dan=renamed(ann, 1))
    assert list(found) == [("ann", "dan")]
    assert found["ann", "dan"].share > 0.9
    honest = pairs_of(lesson, 0.0, ann=ann, bob=bob, cyd=cyd)
    assert all(pair.share < 0.25 for pair in honest.values())


def test_half_a_copy_shows_in_the_cells_that_were_copied(lesson: Lesson) -> None:
    ann, bob = work(lesson, ANN, WORDS_OF["ann"]), work(lesson, BOB, WORDS_OF["bob"])
    copied = [each for each in renamed(ann, 2) if each.cell in ("ndcg", "average_precision")]
    own = [each for each in bob if each.cell not in ("ndcg", "average_precision")]
    found = pairs_of(lesson, 0.3, ann=ann, bob=bob, eve=[*own, *copied])
    assert {"ndcg", "average_precision"} <= set(found["ann", "eve"].cells)
    assert "price_of_ranking" in found["bob", "eve"].cells
    assert "price_of_ranking" not in found["ann", "eve"].cells


def test_words_are_compared_too(lesson: Lesson) -> None:
    text = "The interval gets wider with fewer users, but the expectation stays what it was."
    shouted = (
        "So: the INTERVAL gets wider with fewer users -- but the expectation stays what it was!"
    )
    one, other = [Passage("a", WORDS, text)], [Passage("a", WORDS, shouted)]
    assert pairs_of(lesson, 0.5, ann=one, bob=other)["ann", "bob"].share > 0.9


def test_what_everybody_was_given_or_everybody_writes_says_nothing(lesson: Lesson) -> None:
    released = released_passages(lesson)
    assert pairs_of(lesson, 0.0, ann=released, bob=released) == {}
    ann = work(lesson, ANN, WORDS_OF["ann"])
    own = {name: work(lesson, BOB, WORDS_OF["bob"])[1:2] for name in ("bob", "cyd")}
    many = {f"s{number}": renamed(ann, number) for number in range(20)}
    pair = pairs_of(lesson, 0.0, **many, **own)["bob", "cyd"]
    assert pair.share == 1.0  # the one thing that two alone have is not drowned by the class


def test_winnowing_keeps_its_promises() -> None:
    rng = random.Random(0)
    passage = [str(rng.random()) for _ in range(17)]  # length + window - 1
    for trial in range(200):
        before = [str(rng.random()) for _ in range(trial % 7)]
        after = [str(rng.random()) for _ in range(trial % 11)]
        one = fingerprints([*before, *passage, *after], length=12, window=6)
        other = fingerprints([*after, *passage, *before], length=12, window=6)
        assert one.keys() & other.keys()
    rest = [[str(rng.random()) for _ in range(30)] for _ in range(2)]
    short = [fingerprints([*each, *passage[:11], *each], length=12, window=6) for each in rest]
    assert not short[0].keys() & short[1].keys()
    assert fingerprints(["x"] * 11, length=12, window=6) == {}
    assert list(fingerprints(["x"] * 40, length=12, window=6).values()) != []


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "'",
        '\\"',
        '"""\\',
        "'''",
        '""" ',
        "#",
        "a",
        "\n",
        "((((",
        "\ud800",
        "r'",
        "1.",
        "'''\\'",
    ],
)
def test_tokens_of_any_text_are_bounded(text: str) -> None:
    tokens = code_tokens((text * MAX_CHARACTERS)[: 2 * MAX_CHARACTERS])
    assert len(tokens) <= MAX_CHARACTERS  # and a cost that grew quadratically would take hours


HOSTILE = "<script>alert(1)</script>\x1b[31m ' \" & </pre><img src=x onerror=alert(1)>"


def test_nothing_that_a_student_wrote_is_markup() -> None:
    passage = Passage(HOSTILE, CODE, HOSTILE)
    everywhere = frozenset({(0, 1)})
    pair = Pair((HOSTILE, HOSTILE + "2"), 1.0, 3, (HOSTILE,), (everywhere, everywhere))
    works = {HOSTILE: [passage], HOSTILE + "2": [passage]}
    page = similarity_page(HOSTILE, [pair], works)
    assert "<script" not in page
    assert "<img" not in page
    assert "\x1b" not in page.split("<section>", 1)[1].split("<pre>", 1)[1].split("</pre>")[0]
    assert page.count("</pre>") == 2


def test_the_command_writes_a_page_and_a_table(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tito: Tito
) -> None:
    course = graded_course(tmp_path / "course", lesson)
    monkeypatch.chdir(course.root)
    ann = work(lesson, ANN, WORDS_OF["ann"])
    for name, passages in (
        ("ann", ann),
        ("bob", work(lesson, BOB, WORDS_OF["bob"])),
        ("dan", renamed(ann, 3)),
    ):
        hand_in(course, lesson, name, passages)
    broken = course.submission(lesson, "eve").submitted
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"%PDF")
    done = tito("grade", "similar", "2", "-o", "pairs.csv")
    assert done.status == 0, done.err
    assert re.match(r" ?\d+%  ann, dan: ", done.out)
    assert "3 hand-ins, 1 pair: " in done.out
    assert "eve: not compared: it is a PDF" in done.err
    (row,) = csv.DictReader(Path("pairs.csv").read_text(encoding="utf-8").splitlines())
    assert (row["student"], row["other"]) == ("ann", "dan")
    page = (course.state / "similar" / "02_evaluation.html").read_text(encoding="utf-8")
    assert "<mark>" in page
    assert "http" not in page.replace("http-equiv", "")


def hand_in(course: GradingCourse, lesson: Lesson, student: str, passages: list[Passage]) -> None:
    content = json.loads(lesson.release.read_bytes())
    answers = {passage.cell: passage.source for passage in passages}
    for cell in content["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell["source"] = answers[name]
    path = course.submission(lesson, student).submitted
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("name", ["\ud800", "x" * 100_000, "<b>"])
def test_a_name_in_the_metadata_breaks_no_page_and_floods_none(
    name: str, lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tito: Tito
) -> None:
    course = graded_course(tmp_path / "course", lesson)
    monkeypatch.chdir(course.root)
    ann = work(lesson, ANN, WORDS_OF["ann"])
    for student in ("ann", "dan"):
        hand_in(course, lesson, student, ann)
        path = course.submission(lesson, student).submitted
        content = json.loads(path.read_text(encoding="utf-8"))
        for cell in content["cells"]:
            cell["metadata"] = {"nbgrader": {"grade_id": name}}
        path.write_text(json.dumps(content), encoding="utf-8")
    done = tito("grade", "similar", "2", "-o", "pairs.csv")
    assert done.status == 0, done.err
    assert re.match(r"100%  ann, dan: cell \d+", done.out)
    page = (course.state / "similar" / "02_evaluation.html").read_text(encoding="utf-8")
    assert name not in page.split("<body>")[1]
