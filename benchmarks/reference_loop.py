"""The yardstick: BPR as textbooks and blog posts write it. Frozen; it is never made faster.

float64, NumPy rows, one function call for each triple, uniform negatives by trial and error. It
imports nothing of this project, so that nothing done here can change what it costs.
"""

from __future__ import annotations

import numpy as np


def train(
    users: np.ndarray,
    items: np.ndarray,
    n_users: int,
    n_items: int,
    *,
    n_factors: int,
    epochs: int,
    learning_rate: float = 0.05,
    reg: float = 0.01,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Train on (user, item) pairs; returns user factors, item factors and item biases."""
    rng = np.random.default_rng(seed)
    user_factors = rng.normal(0.0, 0.1, (n_users, n_factors))
    item_factors = rng.normal(0.0, 0.1, (n_items, n_factors))
    item_biases = np.zeros(n_items)
    seen = [set() for _ in range(n_users)]
    for user, item in zip(users, items, strict=True):
        seen[user].add(item)
    for _ in range(epochs):
        for index in rng.permutation(len(users)):
            user, positive = users[index], items[index]
            negative = rng.integers(n_items)
            while negative in seen[user]:
                negative = rng.integers(n_items)
            step(
                user_factors,
                item_factors,
                item_biases,
                user,
                positive,
                negative,
                learning_rate,
                reg,
            )
    return user_factors, item_factors, item_biases


def step(
    user_factors: np.ndarray,
    item_factors: np.ndarray,
    item_biases: np.ndarray,
    user: int,
    positive: int,
    negative: int,
    learning_rate: float,
    reg: float,
) -> None:
    """One stochastic gradient step for one triple, in place."""
    p = user_factors[user].copy()
    difference = item_factors[positive] - item_factors[negative]
    x = p @ difference + item_biases[positive] - item_biases[negative]
    g = 1.0 / (1.0 + np.exp(x))
    user_factors[user] += learning_rate * (g * difference - reg * p)
    item_factors[positive] += learning_rate * (g * p - reg * item_factors[positive])
    item_factors[negative] += learning_rate * (-g * p - reg * item_factors[negative])
    item_biases[positive] += learning_rate * (g - reg * item_biases[positive])
    item_biases[negative] += learning_rate * (-g - reg * item_biases[negative])
