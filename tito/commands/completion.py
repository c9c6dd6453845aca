"""``tito completion``: complete commands and lessons in the shell."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "fish", "zsh"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script with which a shell completes commands and lessons.

    \b
    bash   eval "$(tito completion bash)"   in ~/.bashrc
    zsh    eval "$(tito completion zsh)"    in ~/.zshrc
    fish   tito completion fish | source    in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise click.ClickException(f"there is no completion for {shell}.")
    click.echo(found(ctx.find_root().command, {}, "tito", "_TITO_COMPLETE").source())
