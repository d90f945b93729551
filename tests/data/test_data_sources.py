import gzip
import hashlib
import io
import tarfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from made_data import entry_for, idx_contents, sha256, write_mirror
from scalinglaws.data.sources import collect
from scalinglaws.errors import InputError


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def web(tmp_path):
    root = tmp_path / "web"
    root.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=root)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield root, f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("packed", [False, True])
def test_mirror_files_are_found_plain_or_gzipped(tmp_path, monkeypatch, packed):
    contents = idx_contents()
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(write_mirror(tmp_path, contents, packed=packed)))
    sourced = collect("made", entry_for(contents), tmp_path / "downloads")
    assert sourced.files == contents
    assert sourced.source == "mirror folder MNIST/raw"
    assert not (tmp_path / "downloads").exists()


def test_variant_found_in_the_mirror_is_named(tmp_path, monkeypatch):
    contents = idx_contents()
    entry = entry_for(contents)
    found = entry["files"][0]["variants"][0] | {"exactness": "quantised-reordered"}
    entry["files"][0]["variants"] = [{"exactness": "official", "sha256": "0" * 64}, found]
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(write_mirror(tmp_path, contents)))
    sourced = collect("made", entry, tmp_path)
    grades = [sourced.exactness[name] for name in contents]
    assert grades == ["quantised-reordered", "official", "official", "official"]


def test_set_absent_from_the_mirror_is_downloaded(tmp_path, monkeypatch, web):
    root, address = web
    contents = idx_contents()
    packed = {f"{name}.gz": gzip.compress(content) for name, content in contents.items()}
    for name, content in packed.items():
        (root / name).write_bytes(content)
    downloads = [{"name": name, "sha256": sha256(content)} for name, content in packed.items()]
    entry = entry_for(contents, addresses=[address], downloads=downloads)
    (tmp_path / "mirror").mkdir()
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(tmp_path / "mirror"))
    sourced = collect("made", entry, tmp_path / "downloads")
    assert sourced.files == contents
    assert sourced.source == "download"
    assert (tmp_path / "downloads" / "made" / "train-images-idx3-ubyte.gz").is_file()


def test_second_address_serves_what_the_first_lacks(tmp_path, no_mirror, web):
    root, address = web
    contents = idx_contents()
    (root / "copy").mkdir()
    for name, content in contents.items():
        (root / "copy" / name).write_bytes(content)
    entry = entry_for(contents, addresses=[f"{address}absent/", f"{address}copy/"])
    assert collect("made", entry, tmp_path / "downloads").files == contents


def test_download_is_kept_and_used_again_without_a_network(tmp_path, no_mirror, web):
    root, address = web
    contents = idx_contents()
    for name, content in contents.items():
        (root / name).write_bytes(content)
    collect("made", entry_for(contents, addresses=[address]), tmp_path / "downloads")
    offline = entry_for(contents, addresses=["http://127.0.0.1:9/"])
    assert collect("made", offline, tmp_path / "downloads").files == contents


def test_wanted_members_are_taken_from_an_archive_and_nothing_is_extracted(
    tmp_path, no_mirror, web
):
    root, address = web
    contents = idx_contents()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in [*contents.items(), ("../../outside", b"no")]:
            member = tarfile.TarInfo(f"folder/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    (root / "set.tar.gz").write_bytes(stream.getvalue())
    download = {"name": "set.tar.gz", "sha256": hashlib.sha256(stream.getvalue()).hexdigest()}
    entry = entry_for(contents, addresses=[address], downloads=[download])
    assert collect("made", entry, tmp_path / "downloads").files == contents
    assert [path.name for path in (tmp_path / "downloads").rglob("*") if path.is_file()] == [
        "set.tar.gz"
    ]
    assert not list(tmp_path.rglob("outside"))


@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: content + b"x"])
def test_download_of_other_content_is_refused_and_not_kept(tmp_path, no_mirror, web, damage):
    root, address = web
    contents = idx_contents()
    for name, content in contents.items():
        (root / name).write_bytes(damage(content))
    first = contents["train-images-idx3-ubyte"]
    with pytest.raises(InputError) as caught:
        collect("made", entry_for(contents, addresses=[address]), tmp_path / "downloads")
    assert sha256(first) in str(caught.value)
    assert sha256(damage(first)) in str(caught.value)
    assert not [path for path in (tmp_path / "downloads").rglob("*") if path.is_file()]


def test_damaged_kept_download_is_fetched_again(tmp_path, no_mirror, web):
    root, address = web
    contents = idx_contents()
    for name, content in contents.items():
        (root / name).write_bytes(content)
    entry = entry_for(contents, addresses=[address])
    collect("made", entry, tmp_path / "downloads")
    (tmp_path / "downloads" / "made" / "train-images-idx3-ubyte").write_bytes(b"torn")
    assert collect("made", entry, tmp_path / "downloads").files == contents


def test_a_mirror_that_fails_to_be_read_is_one_sentence(tmp_path, monkeypatch):
    contents = idx_contents()
    mirror = write_mirror(tmp_path, contents)
    file = mirror / "MNIST" / "raw" / next(iter(contents))
    file.unlink()
    file.symlink_to("/proc/self/mem")
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(mirror))
    with pytest.raises(InputError, match=r"could not be read \(Input/output error\)"):
        collect("made", entry_for(contents), tmp_path)


def test_a_mirror_that_may_not_be_entered_is_one_sentence(tmp_path, monkeypatch):
    def stale(path):
        raise OSError(116, "Stale file handle", str(path))

    contents = idx_contents()
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(write_mirror(tmp_path, contents)))
    monkeypatch.setattr(type(tmp_path), "is_dir", stale)
    with pytest.raises(InputError, match=r"data set made: .* \(Stale file handle\)"):
        collect("made", entry_for(contents), tmp_path)
