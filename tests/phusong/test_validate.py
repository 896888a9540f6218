"""`validate_folder`: from files to a verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from phusong.coverage.propagation.acceptance import FIELD_BY_LABEL
from phusong.errors import InputError
from phusong.validate import read_cases, validate_folder
from phusong.validate_report import show_report

INPUTS = {
    "Ptx (kW)": "1",
    "Gtx (dBi)": "0",
    "Grx (dBi)": "0",
    "f (GHz)": "0.9",
    "p (%)": "50",
    "pL (%)": "50",
    "sigmaL (dB)": "0",
    "htg (m)": "40",
    "hrg (m)": "1.5",
    "pol": "2",
    "DN ": "45",
    "N0 ": "326.5",
    "dct (km) ": "500",
    "dcr (km) ": "500",
}


def write_profile(folder: Path, name: str) -> None:
    points = "".join(f"{i * 0.5},{(i * 37) % 90},4,{10 * (i % 2)},4\n" for i in range(21))
    text = (
        "made up\nTx LAT:,21.0\nTx LON:,107.0\nRx LAT:,21.06\nRx LON:,107.08\n"
        "Average annual values dN (N-units/km):,45\n"
        "Average annual sea-level surface refractivity No (N-units):,326.5\n"
        f"{{Begin of Profile}}\nNumber of Points:,21\n{points}{{End of Profile}}\n"
    )
    (folder / "profiles").mkdir(exist_ok=True)
    (folder / "profiles" / f"{name}.csv").write_text(text, encoding="utf-8", newline="")


def write_case(folder: Path, name: str, printed: dict[tuple[str, str], str]) -> None:
    rows = [f"{label},,,{value}," for label, value in INPUTS.items()]
    rows += [f"{label},{reference},,{text}," for (label, reference), text in printed.items()]
    text = "# Parameter,Ref,,Value,\n" + "\n".join(rows) + "\n"
    (folder / "results").mkdir(exist_ok=True)
    (folder / "results" / f"{name}_log.csv").write_text(text, encoding="utf-8", newline="")


def write_agreeing_folder(folder: Path) -> None:
    write_profile(folder, "made_up")
    write_case(folder, "made_up_0", {})
    (case,) = read_cases(folder)
    result = case.compute()
    printed = {key: f"{getattr(result, field):.10g}" for key, field in FIELD_BY_LABEL.items()}
    write_case(folder, "made_up_0", printed)


def test_a_folder_that_agrees_passes(tmp_path: Path) -> None:
    write_agreeing_folder(tmp_path)
    report = validate_folder(tmp_path)
    assert report.passed
    assert len(report.deviations) == len(FIELD_BY_LABEL)
    assert set(report.worst_by_case()) == {"made_up_0"}


def test_another_profile_under_the_same_name_does_not_pass(tmp_path: Path) -> None:
    write_agreeing_folder(tmp_path)
    path = tmp_path / "profiles" / "made_up.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("5.0,10,", "5.0,11,"), encoding="utf-8")
    report = validate_folder(tmp_path)
    assert not report.passed
    assert "hst (m)" in {failure.label for failure in report.failures}


def test_the_path_centre_comes_from_the_coordinates(tmp_path: Path) -> None:
    write_agreeing_folder(tmp_path)
    (case,) = read_cases(tmp_path)
    assert case.latitude_deg == pytest.approx((21.0 + 21.06) / 2.0, abs=2e-3)


def test_a_folder_without_cases_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"results/<profile>_<number>_log\.csv"):
        validate_folder(tmp_path)


def test_the_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    write_agreeing_folder(tmp_path)
    write_case(tmp_path, "lost_0", {})
    write_case(tmp_path, "lost_1", {})
    write_case(tmp_path, "made_up_1", {("Lb (dB)", "Eq (69)"): "much"})
    with pytest.raises(InputError) as caught:
        validate_folder(tmp_path)
    files = [Path(problem.file).name for problem in caught.value.problems]
    assert files == ["made_up_1_log.csv", "lost.csv"]


@pytest.mark.shared
def test_every_number_of_all_39_itu_cases_is_met_to_its_last_digit(shared_data: Path) -> None:
    report = validate_folder(shared_data / "validation" / "p1812")
    assert [str(failure) for failure in report.failures] == []
    assert len(report.worst_by_case()) == 39
    assert len(report.deviations) == 39 * 53
    assert report.worst_loss_db() < 5e-8


def test_the_table_names_every_quantity_on_80_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    write_agreeing_folder(tmp_path)
    assert show_report(tmp_path)
    lines = capsys.readouterr().out.splitlines()
    cells = [line.split("│")[1].strip() for line in lines if line.startswith("│")]
    shown = "".join(cells).replace(" ", "")
    assert all(label.replace(" ", "") in shown for label, _ in FIELD_BY_LABEL)
    assert max(map(len, lines)) <= 80
