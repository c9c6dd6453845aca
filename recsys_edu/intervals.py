"""Confidence intervals for means of values that lie between two bounds."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

_Z_95: Final = 1.959963984540054
"""The 97.5 % point of the normal distribution."""


def score_interval(values: NDArray[np.float64], highest: float = 1.0) -> tuple[float, float]:
    """Return the 95 % score interval of the mean of values from 0 to ``highest``.

    For values of 0 and 1 it is the interval of Wilson, Probable Inference, the Law of Succession,
    and Statistical Inference, Journal of the American Statistical Association 22(158), 1927, which
    stays within the bounds and holds what it promises for few values (Brown, Cai and DasGupta,
    Interval Estimation for a Binomial Proportion, Statistical Science 16(2), 2001). Values in
    between vary less, and so count as more: n / deff of them, with deff = s² / (p (1 − p)), as in
    Dean and Pagano, Evaluating Confidence Interval Methods for Binomial Proportions in Clustered
    Surveys, Journal of Survey Statistics and Methodology 3(4), 2015. For many values it agrees with
    mean ± 1.96 standard errors.

    Args:
        values: shape (n,), from 0 to ``highest``, without nan.
        highest: upper bound of a value, above 0.

    Returns:
        The two ends, from 0 to ``highest``; nan with fewer than two values.
    """
    n = len(values)
    if n < 2 or highest <= 0:
        return math.nan, math.nan
    mean = min(max(float(values.mean()) / highest, 0.0), 1.0)
    binary = mean * (1.0 - mean)  # the largest variance that there can be with this mean
    variance = float(values.var(ddof=1)) / highest**2
    effect = min(1.0, variance / binary) if binary > 0 else 1.0
    reach = _Z_95**2 * effect / n
    center = (mean + reach / 2) / (1 + reach)
    margin = math.sqrt(reach * (binary + reach / 4)) / (1 + reach)
    low, high = max(0.0, center - margin), min(1.0, center + margin)
    return highest * min(low, mean), highest * max(high, mean)
