"""Where the official bytes of a data set come from: a package, a mirror folder or the network.

Whatever the source, the content of every file is compared with the sha256 in the registry before
anything reads it. The mirror is a folder named by the environment variable SCALINGLAWS_MIRROR that
holds the publishers' own layouts (MNIST/raw, cifar-10-batches-bin, ...), plain or gzipped.
"""

import gzip
import hashlib
import importlib.metadata
import io
import logging
import os
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import pooch

from scalinglaws.data.registry import Entry
from scalinglaws.errors import InputError, unreadable
from scalinglaws.files import heed_umask, read_bytes

MIRROR = "SCALINGLAWS_MIRROR"


@dataclass(frozen=True)
class Sourced:
    """Checked contents of a set's files, by name, and how they came here."""

    files: dict[str, bytes]
    exactness: dict[str, str]
    sha256: dict[str, str]
    source: str


def collect(name: str, entry: Entry, downloads: str | Path) -> Sourced:
    """All files of a set, checked. Order: the package that ships it, the mirror, the network.

    Raises InputError for a missing package or mirror, a damaged file, a wrong checksum, no network.
    """
    try:
        return found(name, entry, downloads)
    except OSError as problem:  # a mirror that may not be entered, or whose server is gone
        raise InputError(f"data set {name}: {unreadable(problem.filename, problem)}") from problem


def found(name: str, entry: Entry, downloads: str | Path) -> Sourced:
    """As `collect`, which names the file of an OSError."""
    if "package" in entry:
        return from_package(name, entry)
    folder = mirror_folder(entry)
    if "sums" in entry:
        return from_holder(name, entry, folder)
    if folder is not None:
        return from_mirror(name, entry, folder)
    return from_network(name, entry, Path(downloads))


def mirror_folder(entry: Entry) -> Path | None:
    """The set's folder in the mirror; None without a mirror, or if the mirror lacks this set.

    Raises InputError when the variable names a folder that does not exist.
    """
    named = os.environ.get(MIRROR, "")
    if not named:
        return None
    if not Path(named).is_dir():
        raise InputError(
            f"{MIRROR} names {named}, which is not a folder: expected a mirror holding for example "
            f"{entry['folder']}; correct the variable, or unset it to download instead."
        )
    folder = Path(named) / entry["folder"]
    return folder if folder.is_dir() else None


def from_package(name: str, entry: Entry) -> Sourced:
    """Files shipped inside an installed package, found without importing that package."""
    package = entry["package"]
    try:
        found = importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError as problem:
        raise InputError(
            f"data set {name} comes with the package {package}, which is not installed; "
            "install the locked environment with: make environment"
        ) from problem
    contents = {
        file["name"]: read_plain(Path(str(found.locate_file(f"{entry['folder']}/{file['name']}"))))
        for file in entry["files"]
    }
    return checked(name, entry, contents, f"package {package} {found.version}")


def from_mirror(name: str, entry: Entry, folder: Path) -> Sourced:
    """The set's files from its folder in the mirror, plain or gzipped."""
    contents = {file["name"]: read_plain(folder / file["name"]) for file in entry["files"]}
    return checked(name, entry, contents, f"mirror folder {entry['folder']}")


def from_holder(name: str, entry: Entry, folder: Path | None) -> Sourced:
    """Files without published checksums, held against the record that lies beside them."""
    if folder is None:
        raise InputError(
            f"{name} is not downloaded by this workflow: put {entry['files'][0]['name']} and its "
            f"{entry['sums']} (made with sha256sum) into the folder {entry['folder']} of a mirror "
            f"and name that mirror in the environment variable {MIRROR}."
        )
    recorded = recorded_sums(folder / entry["sums"])
    contents = {file["name"]: read_plain(folder / file["name"]) for file in entry["files"]}
    sums = {file: hashlib.sha256(content).hexdigest() for file, content in contents.items()}
    for file, found in sums.items():
        if found != recorded.get(file):
            raise InputError(
                f"{name}: {folder / file} has sha256 {found}, its record {entry['sums']} says "
                f"{recorded.get(file, 'nothing')}: get the file again, or record its sum if it is "
                "the one you mean."
            )
    exactness = dict.fromkeys(contents, "as recorded by its holder")
    return Sourced(contents, exactness, sums, f"mirror folder {entry['folder']}")


def recorded_sums(path: Path) -> dict[str, str]:
    """File name -> sha256 from a file as sha256sum writes it (a star marks binary mode)."""
    lines = read_plain(path).decode(errors="replace").splitlines()
    pairs = [line.split(maxsplit=1) for line in lines if line.strip()]
    if any(len(pair) != 2 or len(pair[0]) != 64 for pair in pairs):
        raise InputError(
            f"{path} is not a list of checksums: expected lines as sha256sum writes them; make it "
            "again with: sha256sum FILE > SHA256SUMS"
        )
    return {file.strip().lstrip("*"): found for found, file in pairs}


def read_plain(path: Path) -> bytes:
    """Content of a file that lies there plain or with .gz appended; plain wins."""
    packed = path.with_name(path.name + ".gz")
    if path.is_file():
        return read_bytes(path)
    if packed.is_file():
        return unpack_gzip(read_bytes(packed), str(packed))
    raise InputError(
        f"{path} does not exist, plain or as .gz: put the official file there, or unset {MIRROR} "
        "to download it, then run the same command again."
    )


def unpack_gzip(content: bytes, label: str) -> bytes:
    """The content of a gzip file. Raises InputError when it is torn or damaged."""
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as problem:
        raise InputError(
            f"{label} is damaged: found {len(content)} bytes that end or break early ({problem}), "
            "expected a whole gzip file; remove it, then run the same command again."
        ) from problem


def checked(name: str, entry: Entry, contents: dict[str, bytes], source: str) -> Sourced:
    """Compare every content with the variants that the registry accepts.

    Variants are the publisher's file and known rearrangements of it; each says how exact it is.
    """
    exactness, sums = {}, {}
    for file in entry["files"]:
        found = hashlib.sha256(contents[file["name"]]).hexdigest()
        accepted = {variant["sha256"]: variant["exactness"] for variant in file["variants"]}
        if found not in accepted:
            raise InputError(
                f"{name}: {file['name']} from {source} has sha256 {found}, expected "
                f"{' or '.join(accepted)}: the file is damaged or not the official one; "
                "replace it, then run the same command again."
            )
        exactness[file["name"]], sums[file["name"]] = accepted[found], found
    return Sourced(contents, exactness, sums, source)


def from_network(name: str, entry: Entry, downloads: Path) -> Sourced:
    """Download (or find downloaded) what the entry lists, then take the set's files out of it."""
    contents: dict[str, bytes] = {}
    for item in packed_files(entry):
        path = download(name, item, downloads / name, entry)
        contents |= unpack(path, item["name"], entry)
    return checked(name, entry, contents, "download")


def packed_files(entry: Entry) -> list[Entry]:
    """What to download: name and sha256; where nothing is packed, the set's own files."""
    plain = [
        {"name": file["name"], "sha256": file["variants"][0]["sha256"]} for file in entry["files"]
    ]
    return list(entry.get("downloads", plain))


def download(name: str, item: Entry, folder: Path, entry: Entry) -> Path:
    """One file, from the first address that serves it with the right checksum."""
    logging.getLogger("pooch").setLevel(logging.WARNING)
    known = f"sha256:{item['sha256']}"
    problems = []
    for address in entry["addresses"]:
        try:
            url = address + item["name"]
            new = not (folder / item["name"]).exists()
            path = Path(pooch.retrieve(url, known, fname=item["name"], path=folder))
            if new:
                heed_umask(path)
            return path
        except Exception as problem:  # no network, refused, not found, wrong checksum
            problems.append(f"{address}: {' '.join(str(problem).split()).rstrip('.')}")
    raise InputError(
        f"{name}: {item['name']} could not be downloaded with sha256 {item['sha256']} "
        f"({'; '.join(problems)}): connect to the network, or put the set into the folder "
        f"{entry['folder']} of a mirror and name that mirror in the environment variable {MIRROR}, "
        "then run the same command again."
    )


def unpack(path: Path, name: str, entry: Entry) -> dict[str, bytes]:
    """The set's files inside one download: tar members by base name, a gzip, or the file itself."""
    content = read_bytes(path)
    if name.endswith(".tar.gz"):
        return tar_members(content, str(path), {file["name"] for file in entry["files"]})
    if name.endswith(".gz"):
        return {name.removesuffix(".gz"): unpack_gzip(content, str(path))}
    return {name: content}


def tar_members(content: bytes, label: str, wanted: set[str]) -> dict[str, bytes]:
    """Wanted members by base name, read in memory: nothing is ever extracted to a path."""
    members = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.isfile() else None
                if stream is not None and Path(member.name).name in wanted:
                    members[Path(member.name).name] = stream.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as problem:
        raise InputError(
            f"{label} is damaged ({problem}), expected a whole tar.gz; remove it, then run the "
            "same command again."
        ) from problem
    if wanted - set(members):
        raise InputError(
            f"{label} lacks {', '.join(sorted(wanted - set(members)))}: expected the publisher's "
            "archive; remove it, then run the same command again."
        )
    return members
