"""Typst source to PDF: no network, no system fonts, no dates: same input, same bytes."""

from collections.abc import Mapping
from pathlib import Path

import typst

from scalinglaws.errors import InputError
from scalinglaws.files import write_whole


def compile_pdf(main_typ: Path, inputs: Mapping[str, str], output: Path) -> None:
    """Compile ``main_typ`` with ``inputs`` (its ``sys.inputs``; paths absolute) and write the PDF.

    Raises InputError with typst's first complaint.
    """
    try:
        document = typst.compile(
            str(main_typ.resolve()),
            root="/",  # results need not lie beside the source
            sys_inputs=dict(inputs),
            ignore_system_fonts=True,
            format="pdf",
            timestamp=0,
            # Tags of some ten thousand table cells are more than half of the file (6.4 MB against
            # 2.8), which is to fit among shipped results; screen readers have ledger.html.
            pdf_tags=False,
        )
    except typst.TypstError as problem:
        raise InputError(complaint(main_typ, output, problem)) from problem
    except (RuntimeError, OSError) as problem:  # a path that typst cannot take
        raise InputError(
            f"{main_typ} could not be compiled to {output} ({problem}): move the repository to a "
            "path of plain letters, or mend the file it names, and run the same command."
        ) from problem
    write_whole(output, document)


def complaint(main_typ: Path, output: Path, problem: typst.TypstError) -> str:
    """Typst's message and hints as one sentence."""
    reason = "; ".join(" ".join(part.split()) for part in (problem.message, *problem.hints))
    return (
        f"{main_typ} could not be compiled to {output} ({reason}): mend the source, or make the "
        "file it names again, and run the same command."
    )
