"""``tito leaderboard judge``: judge the entries that wait."""

from __future__ import annotations

import time
from typing import Final

import click

from tito.commands.leaderboard._common import open_board, say, with_board

_SECONDS_BETWEEN: Final = 2.0
"""Pause between two looks at an empty queue."""


@click.command("judge")
@click.option("--once", is_flag=True, help="End when no entry waits.")
@with_board
def command(once: bool, board: str | None) -> None:
    """Judge the entries that wait, in jails, until you stop it.

    Several judges may work on one queue: an entry whose judge ends without a verdict is taken over
    by another after a minute. On one machine one entry is timed at a time.
    """
    from tito.leaderboard.worker import JudgingError, judge_one

    with open_board(board) as store:
        while True:
            try:
                if judge_one(store, announce=say) is not None:
                    continue
            except JudgingError as error:
                say(str(error))
            if once:
                return
            time.sleep(_SECONDS_BETWEEN)
