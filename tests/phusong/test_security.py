"""What comes from others stays data: no code from caches, no path out of the project, no entity, no secret shown."""

from __future__ import annotations

import ast
import os
import pickle
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from phusong.cache import load_arrays
from phusong.cli import main
from phusong.errors import InputError, StoreError
from phusong.file_names import inside
from phusong.gis_data.kml import KmlError, read_kml
from phusong.project import load_project
from phusong.redaction import without_secrets
from phusong.share import open_share
from phusong.store.objects import Objects, sha256_of

FOLDERS = ("coverage", "gis_data", "maps", "src")
UNPICKLING = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle", "yaml", "jsonpickle"}
SECRETS = {
    "PHUSONG_OPENCELLID_KEY": "pk.s3cr3t-of-opencellid",
    "PGPASSWORD": "gi4u-k1n-pg",
    "PHUSONG_STORE": "postgresql://an:gi4u%2Dk1n-url@127.0.0.1:9/phusong",
}
SHOWN = ("s3cr3t-of-opencellid", "gi4u-k1n-pg", "gi4u%2Dk1n-url", "gi4u-k1n-url")


class Deed:
    """Unpickled, it leaves a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


def calls(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    """Every call in a module by the last part of its name."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            found.append((name, node))
    return found


def flaws(path: Path) -> list[str]:
    """What a module could run code from files with."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found += [f"imports {name}" for name in names if name.split(".")[0] in UNPICKLING]
    for name, call in calls(tree):
        loads = name == "load" and isinstance(call.func, ast.Attribute)
        if loads and getattr(call.func.value, "id", "") in ("np", "numpy"):  # type: ignore[attr-defined]
            given = {keyword.arg: keyword.value for keyword in call.keywords}.get("allow_pickle")
            if given is not None and getattr(given, "value", True) is not False:
                found.append("np.load allows pickles")
        if name in ("read_pickle", "eval", "exec", "compile") and isinstance(call.func, ast.Name):
            found.append(f"calls {name}")
        if name in ("read_pickle", "system", "popen"):
            found.append(f"calls {name}")
        if any(k.arg == "shell" and getattr(k.value, "value", True) is not False for k in call.keywords):
            found.append("a shell")
    return [f"{path.name}: {flaw}" for flaw in found]


def test_no_module_runs_code_from_files(repository: Path) -> None:
    modules = [path for folder in FOLDERS for path in sorted((repository / folder).rglob("*.py"))]
    assert len(modules) > 150
    assert [flaw for module in modules for flaw in flaws(module)] == []


def test_the_check_above_finds_what_it_looks_for(tmp_path: Path) -> None:
    lines = ("import pickle", "from joblib import load", "np.load(p, allow_pickle=True)", "eval(x)",
             "pd.read_pickle(p)", "os.system(x)", "run(x, shell=True)")  # fmt: skip
    for line in lines:
        (tmp_path / "module.py").write_text(line, encoding="utf-8")
        assert len(flaws(tmp_path / "module.py")) >= 1, line


def test_a_pickle_in_a_cache_or_on_a_share_is_not_run(own_valley: Path, tmp_path: Path) -> None:
    deed = tmp_path / "done"
    array = np.array([Deed(deed)], dtype=object)
    path = tmp_path / "levels.npz"
    np.savez(path, allow_pickle=True, level_dbm=array)
    with pytest.raises(ValueError, match="pickle"):
        open_share(str(tmp_path)).read("levels.npz")
    assert load_arrays(path) is None
    with pytest.raises(SystemExit) as end:
        main(["gaps", str(own_valley), "--quiet"])
    assert not end.value.code
    kept = [p for p in (own_valley / ".phusong").iterdir() if p.suffix in (".npz", ".arrays")]
    assert kept
    for cached in kept:
        shutil.copyfile(path, cached)
    with pytest.raises(SystemExit) as end:
        main(["gaps", str(own_valley), "--quiet"])
    assert not end.value.code and not deed.exists()
    with pytest.raises(FileNotFoundError):  # the pickle would have worked
        pickle.loads(pickle.dumps(Deed(tmp_path / "no" / "parent")))


def test_a_raster_with_python_inside_is_not_run(own_valley: Path, tmp_path: Path) -> None:
    """GDAL's virtual rasters may hold functions; whoever sends one must not have them run."""
    deed = tmp_path / "done"
    source = own_valley / "layers" / "terrain.tif"
    vrt = f"""<VRTDataset rasterXSize="180" rasterYSize="180"><SRS>EPSG:32648</SRS>
<GeoTransform>700000.0, 90.0, 0.0, 2340000.0, 0.0, -90.0</GeoTransform>
<VRTRasterBand dataType="Float32" band="1" subClass="VRTDerivedRasterBand">
<PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python</PixelFunctionLanguage>
<PixelFunctionCode><![CDATA[
import os
os.mkdir({str(deed)!r})
def f(in_ar, out_ar, *args): out_ar[:] = in_ar[0]
]]></PixelFunctionCode>
<SimpleSource><SourceFilename relativeToVRT="1">{source.name}</SourceFilename></SimpleSource>
</VRTRasterBand></VRTDataset>"""
    (own_valley / "layers" / "terrain.vrt").write_text(vrt, encoding="utf-8")
    toml = own_valley / "phusong.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("terrain.tif", "terrain.vrt"), encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        main(["check", str(own_valley), "--quiet"])
    assert end.value.code and not deed.exists()


@pytest.mark.parametrize("folder", ["../elsewhere", "/tmp", ".", "out/../../x"])
def test_results_stay_in_the_project(own_valley: Path, folder: str) -> None:
    toml = own_valley / "phusong.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + f'[outputs]\nfolder = "{folder}"\n', encoding="utf-8")
    with pytest.raises(InputError, match="inside the project"):
        load_project(own_valley)


def test_an_update_writes_no_list_outside(own_valley: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outside = own_valley.parent / "cells.csv"
    shutil.copyfile(own_valley / "layers" / "cells.csv", outside)
    before = outside.read_bytes()
    new = own_valley.parent / "new.csv"
    new.write_bytes(before.replace(b",43,", b",40,"))
    toml = own_valley / "phusong.toml"
    text = toml.read_text(encoding="utf-8").replace('"layers/cells.csv"', '"../cells.csv"')
    toml.write_text(text, encoding="utf-8")
    for changes in ([], ["--changes"]):
        with pytest.raises(SystemExit) as end:
            main(["update", str(own_valley), "--cells", str(new), "--quiet", *changes])
        assert end.value.code == 2 and "inside the project" in capsys.readouterr().err
    assert outside.read_bytes() == before


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/etc/passwd", "..\\x", "C:\\x", "C:x", "\\\\server\\x", "link/x", "a\0b"]
)
def test_names_that_lead_out_are_known(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path, target_is_directory=True)
    assert inside(folder, name) is None
    assert inside(folder, "coverage/4g.tif") == folder / "coverage/4g.tif"


def test_a_history_cannot_write_beside_the_folder_it_is_taken_out_to(tmp_path: Path) -> None:
    source = tmp_path / "a.tif"
    source.write_bytes(b"raster")
    objects = Objects(tmp_path / "objects")
    objects.put(source)
    with pytest.raises(StoreError, match="leads out"):
        objects.take(sha256_of(source), tmp_path / "to", "../escaped.tif")
    assert not (tmp_path / "escaped.tif").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_entities_in_a_kml_are_refused_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    declared = "UTF-16" if encoding.startswith("utf-16") else "UTF-8"
    text = f'<?xml version="1.0" encoding="{declared}"?><!DOCTYPE kml [<!ENTITY a "b">]>'
    text += "<kml><Placemark><name>&a;</name></Placemark></kml>"
    path = tmp_path / "a.kml"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(KmlError):
        read_kml(path)


def test_entities_in_a_workbook_are_refused(own_valley: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = "xl/worksheets/sheet1.xml"
    rows = (own_valley / "layers" / "masts.csv").read_text(encoding="utf-8").splitlines()
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row.split(","))  # type: ignore[union-attr]
    plain, path = own_valley / "plain.xlsx", own_valley / "layers" / "masts.xlsx"
    book.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            data = source.read(name).decode("utf-8")
            if name == part:
                head, mark, rest = data.partition("?>") if data.startswith("<?xml") else ("", "", data)
                data = f'{head}{mark}<!DOCTYPE x [<!ENTITY a "M1"><!ENTITY b "&a;&a;">]>{rest}'
            target.writestr(name, data)
    toml = own_valley / "phusong.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("masts.csv", "masts.xlsx"), encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        main(["check", str(own_valley), "--quiet"])
    told = capsys.readouterr().err
    assert end.value.code == 2 and "masts.xlsx" in told and "Traceback" not in told
    assert "entities inside a workbook are refused" in told and told.count("masts.xlsx") == 1


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("rasters", 'land = "https://an:gi4u-k1n@maps.example/land.tif"'),
        ("rasters", 'population = "s3://AKIA:gi4u-k1n@bucket/people.tif"'),
        ("sources", 'terrain = "https://an:gi4u-k1n@mirror.example/dem"'),
    ],
)
def test_a_password_in_any_address_is_refused_and_not_repeated(
    own_valley: Path, section: str, line: str
) -> None:
    toml = own_valley / "phusong.toml"
    text = toml.read_text(encoding="utf-8")
    header = f"[{section}]"
    text = text.replace(header, f"{header}\n{line}") if header in text else f"{text}\n{header}\n{line}\n"
    toml.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_project(own_valley)
    assert caught.value.problems[0].column == f"{section}.{line.split(' ')[0]}"
    assert "without a password" in str(caught.value) and "gi4u" not in str(caught.value)


@pytest.mark.parametrize("option", ["--quiet", "--debug"])
def test_secrets_of_the_environment_are_in_no_message(
    own_valley: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    """The server is not there: the run ends before any work, and says why."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as end:
        main(["run", str(own_valley), option])
    said = capsys.readouterr()
    assert end.value.code == 2 and "connect" in said.err
    assert option != "--debug" or "Traceback" in said.err
    assert not [secret for secret in SHOWN if secret in said.out + said.err]


def test_secrets_of_the_environment_are_in_no_file(own_valley: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        if name != "PHUSONG_STORE":
            monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as end:
        main(["run", str(own_valley), "--quiet"])
    assert not end.value.code
    files = [path for path in own_valley.rglob("*") if path.is_file()]
    assert len(files) > 30
    for path in files:
        data = path.read_bytes()
        assert not [secret for secret in SHOWN if secret.encode() in data], path


def test_an_unforeseen_error_is_shown_without_secrets(tmp_path: Path) -> None:
    """A library repeats the address that it was given: the traceback goes through the last net."""
    script = (
        "import sys, phusong.cli_options as o\n"
        "def broken(*a, **k): raise RuntimeError('no adapter for https://x.example/?token=pk.s3cr3t-of-opencellid"
        " nor postgresql://an:gi4u-k1n-pg@db/x')\n"
        "import phusong.cli_project as p\n"
        "p.options_of = broken\n"
        "from phusong.cli import main\n"
        f"main(['check', {str(tmp_path)!r}, '--debug'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8",
        env={**os.environ, **SECRETS},
    )  # fmt: skip
    assert done.returncode == 1 and "Traceback" in done.stderr and "no adapter" in done.stderr
    assert not [secret for secret in SHOWN if secret in done.stderr]


def test_forms_of_a_secret() -> None:
    given = {
        "PHUSONG_OPENCELLID_KEY": "a/b+c d",
        "PHUSONG_STORE": "postgresql://u:p%40ss@h/d",
        "PGPASSWORD": "x",
    }
    text = "a/b+c d · a%2Fb%2Bc%20d · a%2Fb%2Bc+d · p@ss · p%40ss · x · s3://k:v@b"
    assert without_secrets(text, given) == "*** · *** · *** · *** · *** · x · s3://k:…@b"
