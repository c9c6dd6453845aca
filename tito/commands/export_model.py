"""``tito export-model``: export a saved model to a file that answers by itself."""

from __future__ import annotations

from pathlib import Path

import click

from recsys_backends.wording import counted


@click.command("export-model")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path), required=False)
def command(model: Path, target: Path | None) -> None:
    """Export MODEL, a file that `save` wrote, to TARGET as ONNX.

    Without TARGET, the file is named like MODEL, with the suffix .onnx. It is kept only if it
    answers as the model does.
    """
    from recsys_edu.models import load_model
    from recsys_edu.serving.onnx_export import export_onnx

    target = target or model.with_suffix(".onnx")
    if target == model:
        raise click.ClickException(f"{model} would be replaced by its export; name another TARGET.")
    parity = export_onnx(load_model(model), target)
    click.echo(
        f"{target} is written: the lists of {counted(parity.n_users, 'user')} are the model's, "
        f"with scores within {parity.largest_difference:.1g}."
    )
