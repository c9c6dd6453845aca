"""Callbacks: who is called when, and early stopping that brings the best epoch back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from recsys_backends import use_backend
from recsys_edu import BPR, Callback, EarlyStopping, Interactions, TwoTower, evaluate
from recsys_edu.errors import DataError, InvalidParameterError, RecsysError
from recsys_edu.models import callbacks as callbacks_module
from recsys_edu.splits import random_split

RNG = np.random.default_rng(0)
CELLS = RNG.choice(60 * 50, size=900, replace=False)
SPLIT = random_split(
    Interactions.from_events(
        CELLS // 50, CELLS % 50, user_ids=np.arange(60), item_ids=np.arange(50)
    ),
    seed=1,
)


@pytest.fixture(autouse=True)
def _optimized() -> Iterator[None]:
    with use_backend("optimized"):
        yield


def small(**arguments: Any) -> BPR:
    defaults: dict[str, Any] = {"n_factors": 4, "epochs": 8, "progress": False, "n_threads": 1}
    return BPR(**{**defaults, **arguments})


def small_tower(**arguments: Any) -> TwoTower:
    return TwoTower(4, 8, progress=False, n_threads=1, batch_size=128, **arguments)


class Log(Callback):
    def __init__(self, name: str, log: list[str], stop_at: int | None = None) -> None:
        self.name = name
        self.log = log
        self.stop_at = stop_at

    def on_start(self, model: Any) -> None:
        self.log.append(f"{self.name} start {model.epochs_done}")

    def on_epoch(self, model: Any, report: Any) -> bool:
        assert report is model.history[-1]
        assert model.epochs_done == report.epoch
        assert len(model.rank(np.arange(2), 3)[0]) == 2  # the model can rank
        self.log.append(f"{self.name} {report.epoch}")
        return report.epoch == self.stop_at

    def on_end(self, model: Any) -> None:
        self.log.append(f"{self.name} end {model.epochs_done}")


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[float]], list[Any]]:
    """Let early stopping see the given values, one a look; returns the factors at each look."""

    def use(values: list[float]) -> list[Any]:
        looks: list[Any] = []

        def pretend(model: Any, test: Interactions, *, metrics: list[str]) -> dict[str, float]:
            looks.append(model.snapshot())
            return {metrics[0]: values[len(looks) - 1]}

        monkeypatch.setattr("recsys_edu.evaluation.evaluate", pretend)
        return looks

    return use


@pytest.mark.parametrize("make", [small, small_tower])
def test_every_callback_sees_every_epoch_also_when_an_earlier_one_stops(
    make: Callable[..., Any],
) -> None:
    log: list[str] = []
    model = make().fit(SPLIT.train, callbacks=[Log("a", log, stop_at=3), Log("b", log)])
    assert log == [
        *("a start 0", "b start 0"),
        *("a 1", "b 1", "a 2", "b 2", "a 3", "b 3"),
        *("a end 3", "b end 3"),
    ]
    assert model.epochs_done == len(model.history) == 3


def test_stopping_leaves_the_model_of_that_epoch() -> None:
    stopped = small().fit(SPLIT.train, callbacks=[Log("a", [], stop_at=3)])
    short = small(epochs=3).fit(SPLIT.train)
    np.testing.assert_array_equal(stopped.user_factors, short.user_factors)


def test_watching_changes_nothing() -> None:
    watched = small().fit(SPLIT.train, callbacks=[Callback(), Log("a", [])])
    alone = small().fit(SPLIT.train)
    np.testing.assert_array_equal(watched.user_factors, alone.user_factors)
    np.testing.assert_array_equal(watched.item_factors, alone.item_factors)


def test_a_warm_start_goes_on_counting() -> None:
    log: list[str] = []
    model = small(epochs=2).fit(SPLIT.train)
    model.fit(SPLIT.train, callbacks=[Log("a", log)], warm_start=True)
    assert log == ["a start 2", "a 3", "a 4", "a end 4"]


def test_a_callbacks_own_error_is_not_swallowed() -> None:
    class Broken(Callback):
        def on_epoch(self, model: Any, report: Any) -> bool:
            raise ZeroDivisionError("of the callback's own")

    with pytest.raises(ZeroDivisionError, match="own"):
        small().fit(SPLIT.train, callbacks=[Broken()])


@pytest.mark.parametrize("make", [small, small_tower])
def test_early_stopping_stops_and_brings_the_best_epoch_back(
    make: Callable[..., Any], scripted: Callable[[list[float]], list[Any]]
) -> None:
    looks = scripted([0.1, 0.3, 0.4, 0.2, 0.4, 0.39, 0.9, 0.9])
    stopping = EarlyStopping(SPLIT.test, patience=3)
    model = make().fit(SPLIT.train, callbacks=[stopping])
    assert len(looks) == 6  # 4, 5 and 6 were no better than 3: 7 is never reached
    assert stopping.best_epoch == 3
    assert stopping.best_value == 0.4  # a later 0.4 is no new best
    assert stopping.values == {1: 0.1, 2: 0.3, 3: 0.4, 4: 0.2, 5: 0.4, 6: 0.39}
    assert model.epochs_done == 3
    for array in ("user_factors", "item_factors", "item_biases"):
        np.testing.assert_array_equal(getattr(model, array), getattr(looks[2], array))
        assert not np.array_equal(getattr(model, array), getattr(looks[5], array))


def test_after_early_stopping_the_history_is_that_of_the_epochs_kept(
    scripted: Callable[[list[float]], list[Any]],
) -> None:
    scripted([0.1, 0.3, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2])
    model = small().fit(SPLIT.train, callbacks=[EarlyStopping(SPLIT.test, patience=2)])
    assert model.epochs_done == 2
    assert [report.epoch for report in model.history] == [1, 2]
    model.fit(SPLIT.train, warm_start=True)
    assert [report.epoch for report in model.history] == list(range(1, 11))


def test_after_early_stopping_a_warm_start_goes_on_from_the_best_epoch(
    scripted: Callable[[list[float]], list[Any]],
) -> None:
    scripted([0.1, 0.2, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0])
    model = small().fit(SPLIT.train, callbacks=[EarlyStopping(SPLIT.test, patience=2)])
    model.epochs = 2
    model.fit(SPLIT.train, warm_start=True)
    straight = small(epochs=5).fit(SPLIT.train)
    np.testing.assert_array_equal(model.user_factors, straight.user_factors)
    np.testing.assert_array_equal(model.item_factors, straight.item_factors)
    np.testing.assert_array_equal(model.item_biases, straight.item_biases)


def test_the_best_epoch_comes_back_also_when_all_epochs_were_run(
    scripted: Callable[[list[float]], list[Any]],
) -> None:
    looks = scripted([0.5, 0.1, 0.2, 0.3, 0.4, 0.4, 0.4, 0.4])
    model = small().fit(SPLIT.train, callbacks=[EarlyStopping(SPLIT.test, patience=8)])
    assert len(looks) == 8
    assert model.epochs_done == 1
    np.testing.assert_array_equal(model.item_factors, looks[0].item_factors)


def test_looks_may_be_rare(scripted: Callable[[list[float]], list[Any]]) -> None:
    looks = scripted([0.3, 0.1, 0.0])
    stopping = EarlyStopping(SPLIT.test, patience=1, every=3)
    model = small(epochs=10).fit(SPLIT.train, callbacks=[stopping])
    assert list(stopping.values) == [3, 6]
    assert len(looks) == 2
    assert model.epochs_done == 3


def test_stopping_that_would_never_look_is_refused() -> None:
    stopping = EarlyStopping(SPLIT.test, every=100)
    with pytest.raises(InvalidParameterError, match="never look"):
        small().fit(SPLIT.train, callbacks=[stopping])


def test_a_warm_start_competes_with_what_is_there_already() -> None:
    model = small().fit(SPLIT.train)
    stopping = EarlyStopping(SPLIT.test, patience=2)
    model.fit(SPLIT.train, callbacks=[stopping], warm_start=True)
    assert min(stopping.values) == 8
    assert model.epochs_done == stopping.best_epoch
    assert [report.epoch for report in model.history] == list(range(1, model.epochs_done + 1))


def test_a_metric_of_which_less_is_better_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="of gini@10 lower is better"):
        EarlyStopping(SPLIT.test, metric="gini")


def test_epochs_without_a_value_are_not_compared() -> None:
    stopping = EarlyStopping(SPLIT.test, metric="diversity@1")  # one item makes no pair
    with pytest.raises(DataError, match="diversity@1 has no value"):
        small().fit(SPLIT.train, callbacks=[stopping])


def test_validation_must_be_interactions() -> None:
    with pytest.raises(InvalidParameterError, match="valid_fraction"):
        EarlyStopping(SPLIT.valid)  # type: ignore[arg-type]


def test_the_same_object_serves_a_second_fit(scripted: Callable[[list[float]], list[Any]]) -> None:
    scripted([0.9, 0.1, 0.1, 0.2, 0.3, 0.1, 0.1])
    stopping = EarlyStopping(SPLIT.test, patience=2)
    assert small().fit(SPLIT.train, callbacks=[stopping]).epochs_done == 1
    assert small(epochs=4).fit(SPLIT.train, callbacks=[stopping]).epochs_done == 2
    assert stopping.best_value == 0.3


def test_no_metric_is_as_bad_as_none(scripted: Callable[[list[float]], list[Any]]) -> None:
    """A first value of 0 is the best so far; patience counts from there."""
    scripted([0.0] * 8)
    model = small().fit(SPLIT.train, callbacks=[EarlyStopping(SPLIT.test, patience=2)])
    assert model.epochs_done == 1


def test_the_metric_is_measured_on_the_validation_part() -> None:
    stopping = EarlyStopping(SPLIT.test, metric="recall@5", patience=100)
    model = small().fit(SPLIT.train, callbacks=[stopping])
    assert len(stopping.values) == 8
    assert len(set(stopping.values.values())) > 1
    measured = evaluate(model, SPLIT.test, metrics=["recall@5"])["recall@5"]
    assert measured == stopping.best_value == max(stopping.values.values())


def test_a_metric_without_a_length_means_10() -> None:
    assert EarlyStopping(SPLIT.test, metric="recall").metric == "recall@10"


@pytest.mark.parametrize(
    "arguments", [{"patience": 0}, {"every": 0}, {"patience": -3}, {"metric": "ndgc@10"}]
)
def test_bad_arguments_are_refused_at_once(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterError):
        EarlyStopping(SPLIT.test, **arguments)


@pytest.mark.parametrize("shape", [(70, 50), (60, 40), (60, 55)])
def test_validation_with_other_ids_is_one_clear_sentence(shape: tuple[int, int]) -> None:
    n_users, n_items = shape
    other = Interactions.from_events(
        [n_users - 1, 0], [n_items - 1, 1], user_ids=range(n_users), item_ids=range(n_items)
    )
    with pytest.raises(RecsysError):
        small().fit(SPLIT.train, callbacks=[EarlyStopping(other)])


def test_the_base_class_does_nothing() -> None:
    assert callbacks_module.Callback().on_epoch(None, None) is False  # type: ignore[arg-type]
