"""The reference data: sound, citable, in known units, and every kind of damage named with file, row and column."""

import csv
import hashlib
import io
import json
import math
import re
import shutil

import pandas as pd
import pytest

from calphos import InputError, cite, quantity, reference, sources_used
from calphos.drawing.evidence import evidence
from calphos.lessons.clinic.cases import read_case
from calphos.lessons.quiz import load_quiz
from calphos.tables import reading, references
from calphos.tables.quantities import convert, quantities
from calphos.tables.reading import data_dir

DESCRIPTOR = json.loads((data_dir() / "datapackage.json").read_text(encoding="utf-8"))
RESOURCES = {resource["name"]: resource for resource in DESCRIPTOR["resources"]}
# Tables of published values: each row stands in one source.
VALUES = [name for name, r in RESOURCES.items() if {"where", "evidence"} <= {f["name"] for f in r["schema"]["fields"]}]


def rows_of(name, folder=None):
    with ((folder or data_dir()) / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


SOURCES = {row["key"]: row for row in rows_of("sources")}


# --- the package is sound ---------------------------------------------------------------------------------------


def test_the_package_validates():
    assert reading.validate() == []


@pytest.mark.parametrize("name", RESOURCES)
def test_the_descriptor_records_each_file_as_it_is(name):
    resource = RESOURCES[name]
    content = (data_dir() / resource["path"]).read_bytes()
    hint = "run python tools/seal.py after a change on purpose"
    assert resource.get("hash") == f"sha256:{hashlib.sha256(content).hexdigest()}", hint
    assert resource["bytes"] == len(content), hint


LESSONS = sorted(
    path.relative_to(data_dir()).as_posix() for kind in ("quiz", "cases") for path in (data_dir() / kind).glob("*.json")
)


def test_every_lesson_is_sealed():
    assert sorted(DESCRIPTOR["lessons"]) == LESSONS


@pytest.mark.parametrize("name", LESSONS)
def test_what_a_sealed_lesson_is_spared_it_passes(name, tmp_path):
    """A file as it was sealed is read without its schema; a copy elsewhere is held against it, and so is a changed one."""
    path, text = data_dir() / name, (data_dir() / name).read_text(encoding="utf-8")
    assert reading.is_sealed(path, text), "run python tools/seal.py after a change on purpose"
    assert not reading.is_sealed(path, text + " ")
    copy = tmp_path / path.name
    shutil.copy(path, copy)
    assert not reading.is_sealed(copy, text)
    if name.startswith("quiz/"):
        assert load_quiz(path.stem, tmp_path) == load_quiz(path.stem)
    else:
        assert read_case(copy) == read_case(path)


def test_every_csv_file_is_described():
    assert {path.stem for path in data_dir().glob("*.csv")} == set(RESOURCES)


def test_the_readme_names_every_table():
    readme = (data_dir() / "README.md").read_text(encoding="utf-8")
    assert [name for name in RESOURCES if f"`{name}`" not in readme] == []


def test_every_column_is_described_and_the_licence_is_open():
    for resource in RESOURCES.values():
        for field in resource["schema"]["fields"]:
            assert field["description"], (resource["name"], field["name"])
    assert DESCRIPTOR["licenses"][0]["name"] == "CC-BY-4.0"


def test_all_topics_and_claims_are_there():
    assert len(reference("topics")) == 212
    assert list(reference("claims")["id"]) == [f"FC{number:02d}" for number in range(1, 47)]
    for row in rows_of("claims"):
        for key in filter(None, row["citations"].split(";")):
            assert key.strip() in SOURCES, (row["id"], key)
        if row["evidence_level"] == "unchecked":
            assert row["unchecked_part"], f"{row['id']} rests on no source: say what is unchecked"


# --- where each value comes from --------------------------------------------------------------------------------


def used_sources():
    return {row["source"] for name in VALUES for row in rows_of(name) if row.get("source")}


def test_every_value_names_its_source_and_evidence():
    for name in VALUES:
        for number, row in enumerate(rows_of(name), start=2):
            assert row["evidence"] in ("read", "computed", "quoted"), (name, number)
            assert row["source"] in SOURCES, (name, number)
            assert row["where"], (name, number)


def test_every_source_of_a_value_can_be_found():
    readme = (data_dir() / "README.md").read_text(encoding="utf-8")
    for key in sorted(used_sources()):
        row = SOURCES[key]
        identifier = (
            re.fullmatch(r"10\.\d{4,9}/\S+", row["doi"])
            or re.fullmatch(r"\d{4,8}", row["pmid"])
            or re.fullmatch(r"https://pmc\.ncbi\.nlm\.nih\.gov/articles/PMC\d+/?", row["url"])
        )
        if not identifier:
            assert re.fullmatch(r"https?://\S+", row["url"]), f"{key}: no DOI, PMID, PMC number or address"
            assert f"`{key}`" in readme, f"{key} has only an address: data/README.md must list it"
        assert references.sources()[key]["link"].startswith("http")


def test_identifiers_are_not_shared_by_two_keys():
    for column in ("doi", "pmid"):
        seen = [row[column].lower() for row in SOURCES.values() if row[column]]
        assert len(seen) == len(set(seen)), [value for value in seen if seen.count(value) > 1]


def test_spread_is_drawn_only_where_its_kind_is_known():
    for name in VALUES:
        for number, row in enumerate(rows_of(name), start=2):
            kind = row.get("spread_kind")
            single, pair = row.get("spread"), (row.get("spread_low"), row.get("spread_high"))
            if kind == "SE":
                assert single, (name, number)
                assert not any(pair), (name, number)
            if kind in ("IQR", "CI95", "CI96"):
                assert all(pair), (name, number)
                if row["value"]:
                    assert float(pair[0]) <= float(row["value"]) <= float(pair[1]), (name, number)
            if kind == "none":
                assert not any((single, *pair)), (name, number)


# --- units and conversions ----------------------------------------------------------------------------------------

OTHER_UNITS = {"fgf23": {"RU/mL"}, "pth": {"ng/L"}, "klotho": {"pg/mL"}, "gfr": {"mL/min/1.73 m²"}}


def test_levels_stand_in_a_unit_of_their_quantity():
    for name in VALUES:
        for number, row in enumerate(rows_of(name), start=2):
            known = quantities().get(row.get("quantity"))
            if known is None or row.get("measure") != "level":
                continue
            allowed = {known.si_unit, known.conventional_unit} | OTHER_UNITS.get(known.name, set())
            assert row["unit"] in allowed, (name, number, row["unit"])


def test_units_are_spelt_in_one_way():
    # The descriptor lists the units; validation refuses any other.
    lists = {}
    for name in set(VALUES) - {"calcification_trials"}:
        unit = next((field for field in RESOURCES[name]["schema"]["fields"] if field["name"] == "unit"), None)
        if unit:
            lists[name] = tuple(unit["constraints"]["enum"])
    assert len(lists) >= 10
    assert len(set(lists.values())) == 1
    used = {row["unit"] for name in lists for row in rows_of(name)} - {""}
    assert used == set(next(iter(lists.values())))


def molar_masses():
    return {row["substance"]: float(row["grams_per_mole"]) for row in rows_of("molar_masses")}


def test_every_conversion_factor_follows_from_a_molar_mass():
    # mmol/L to mg/dL is M/10, pmol/L to pg/mL and nmol/L to ng/mL are M/1000, mmol/d to mg/d is M.
    scale = {
        ("mmol/L", "mg/dL"): 0.1,
        ("pmol/L", "pg/mL"): 0.001,
        ("nmol/L", "ng/mL"): 0.001,
        ("mmol/d", "mg/d"): 1,
        ("mmol", "g"): 0.001,
        ("mmol", "mg"): 1,
    }
    mass_of = {q: float(r["grams_per_mole"]) for r in rows_of("molar_masses") for q in r["quantities"].split(";")}
    for known in quantities().values():
        units = (known.si_unit, known.conventional_unit)
        if units in scale:
            assert known.name in mass_of, f"{known.name} has two units and no molar mass"
            assert known.conventional_per_si == pytest.approx(mass_of[known.name] * scale[units], rel=2e-4)
        elif known.name == "calcium_phosphate_product":
            both = molar_masses()
            assert known.conventional_per_si == pytest.approx(both["calcium"] * both["phosphorus"] / 100, rel=2e-4)
        else:
            assert known.conventional_per_si == 1, known.name


@pytest.mark.parametrize(
    ("name", "si", "conventional", "half_digit"),
    [  # both columns printed in Table 1 of calcium2020; half of the last digit printed
        ("total_calcium", (2.2, 2.6), (8.8, 10.4), 0.05),
        ("ionised_calcium", (1.1, 1.3), (4.4, 5.2), 0.05),
        ("pth", (1.6, 6.9), (15, 65), 0.5),
        ("calcidiol", (50, 200), (20, 80), 0.5),
        ("calcitriol", (74, 173), (31, 72), 0.5),  # vitamind2021 prints pg/mL only: the SI values are ours
    ],
)
def test_intervals_printed_in_both_units_agree_with_the_factors(name, si, conventional, half_digit):
    for value, printed in zip(si, conventional, strict=True):
        assert convert(value, name) == pytest.approx(printed, abs=half_digit)
    assert quantity(name).interval() == pytest.approx(si)


def test_published_factors():
    # mmol/L for 1 mg/dL as printed in caselab; pg/mL and pmol/L as printed side by side in nct03299244.
    assert 1 / quantity("total_calcium").conventional_per_si == pytest.approx(0.25, abs=0.005)
    assert 1 / quantity("phosphate").conventional_per_si == pytest.approx(0.3229, abs=0.00005)
    assert quantity("pth").conventional_per_si == pytest.approx(900 / 95.40, abs=0.0005)


def test_reference_converts_only_what_it_can():
    printed = reference("ckd_cohorts", id="03-018")
    assert printed.attrs["units"]["egfr"] == "mL/min/1.73 m²"
    level = reference("ckd_cohorts", id="02-042", units="SI").iloc[0]
    assert (level["unit"], level["value"]) == ("mmol/L", pytest.approx(3.5 / 3.0974))
    assert level["spread"] == pytest.approx(0.5 / 3.0974)
    prevalence = reference("ckd_cohorts", id="03-018", units="SI").iloc[0]
    assert (prevalence["unit"], prevalence["value"]) == ("%", 85)
    other_assay = reference("ckd_cohorts", id="03-054", units="SI").iloc[0]
    assert (other_assay["unit"], other_assay["value"]) == ("RU/mL", 2260)
    with pytest.raises(InputError, match=r"claims.csv has no columns quantity and unit"):
        reference("claims", units="SI")
    with pytest.raises(InputError, match="no unit system 'imperial': choose from SI, conventional"):
        reference("ckd_cohorts", units="imperial")


# --- values worked out by us --------------------------------------------------------------------------------------


def wilson(count, total, z=1.959964):
    share = count / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return 100 * (centre - half), 100 * (centre + half)


@pytest.mark.parametrize(("row", "count"), [("EP001", 44), ("EP002", 8), ("EP006", 9), ("EP123", 1290)])
def test_computed_intervals(row, count):
    found = reference("calcification_epidemiology", id=row).iloc[0]
    assert 100 * count / found["n"] == pytest.approx(found["value"], abs=0.5)
    assert (found["spread_low"], found["spread_high"]) == pytest.approx(wilson(count, found["n"]), abs=0.06)


def test_computed_half_lives_of_calcitriol():
    table = reference("hormone_kinetics", quantity="calcitriol").set_index("id")
    for clearance, volume, computed in (("02-064", "02-062", "02-064c"), ("02-065", "02-063", "02-065c")):
        litres = table.loc[volume, "value"] * 70
        hours = math.log(2) * litres / (table.loc[clearance, "value"] * 60 / 1000)
        assert table.loc[computed, "value"] == pytest.approx(hours, abs=0.05)


def test_computed_ratios():
    table = reference("pth_calcium").set_index("id")["value"]
    assert table["02-076c"] == pytest.approx(table["02-076"] / table["02-073"], abs=0.05)
    assert table["02-074c"] == pytest.approx(table["02-074"] / table["02-073"], abs=0.005)


# --- the loader and the list of what was used ---------------------------------------------------------------------


@pytest.fixture
def no_sources():
    references._used.clear()
    yield
    references._used.clear()


def test_the_list_of_sources_is_made_from_use(no_sources):
    assert len(sources_used()) == 0
    assert repr(sources_used()) == "No source used yet."
    table = reference("ckd_cohorts", source=["zehnder2007", "moranne2009"], quantity="phosphate")
    assert set(table["source"]) == {"zehnder2007", "moranne2009"}
    cite("isakova2011")
    assert sources_used() == ["isakova2011", "moranne2009", "zehnder2007"]
    assert 'href="https://doi.org/10.1038/ki.2011.47"' in sources_used()._repr_html_()
    assert "https://doi.org/10.1681/ASN.2008020159" in repr(sources_used())


def test_an_entry_reads_like_a_reference_list(no_sources):
    text = repr(cite("blaine2015"))
    assert text.startswith("Blaine J, Chonchol M, Levi M. Renal control of calcium")
    assert text.endswith("https://doi.org/10.2215/CJN.09750913")
    assert reference("pools_fluxes", source="blaine2015").attrs["citations"]["blaine2015"] == text
    assert "authors not read" not in repr(cite("calcium2020"))
    assert set(reference("pools_fluxes", source="blaine2015")["citation"]) == {"Blaine et al. 2015"}


def test_a_wrong_name_is_answered_with_the_right_ones():
    with pytest.raises(InputError, match=r"there is no table 'cohorts'.*ckd_cohorts"):
        reference("cohorts")
    with pytest.raises(InputError, match=r"there is no source 'isakova2012'.*isakova2011"):
        cite("isakova2012")
    with pytest.raises(InputError, match=r"ckd_cohorts.csv has no column 'drug'"):
        reference("ckd_cohorts", drug="x")


def test_a_topic_keeps_the_rows_that_stand_under_it():
    assert list(reference("calcification_epidemiology", topic="lungs at autopsy")["id"]) == ["EP006", "EP007"]
    both = reference("calcification_epidemiology", topic=["lungs at autopsy", "which sites"])
    assert list(both["id"]) == ["EP005b", "EP006", "EP007", "EP008"]
    with pytest.raises(InputError, match=r"no topic 'lungs in autopsy'.*lungs at autopsy"):
        reference("calcification_epidemiology", topic="lungs in autopsy")


def test_sentences_are_shown_whole_and_pandas_settings_stay():
    before = pd.get_option("display.max_colwidth")
    table = reference("product_evidence")[["study", "finding"]]
    assert table["finding"].str.len().max() > before
    assert "..." not in repr(table) + table._repr_html_()
    assert pd.get_option("display.max_colwidth") == before


def test_assays_are_not_mixed_in_one_chart():
    fgf23 = reference("perturbations", source="vervloet2011", quantity="fgf23")
    with pytest.raises(InputError, match=r"fgf23: 2 assays in one chart .'C-terminal', 'intact'."):
        evidence(fgf23, words="condition")
    assert "Vervloet" in evidence(fgf23[fgf23["assay"] == "intact"], words="condition").alt
    crib = reference("ckd_cohorts", source="zehnder2007")
    with pytest.raises(InputError, match=r"pth: 2 assays in one chart .'intact', 'whole'."):
        evidence(crib[crib["quantity"] == "pth"], words="group")
    assert "Zehnder" in evidence(crib[crib["quantity"] == "phosphate"], words="group").alt


def test_hormones_whose_assays_differ_always_name_one():
    for name in VALUES:
        for number, row in enumerate(rows_of(name), start=2):
            if row.get("measure") == "level" and row.get("quantity") in ("pth", "fgf23", "klotho", "calcitriol"):
                assert row["assay"], (name, number)


# --- what comes back from other people's programs ------------------------------------------------------------------


@pytest.fixture
def copy_of_data(tmp_path):
    """A folder with a copy of all tables."""
    for path in data_dir().iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    return tmp_path


TABLE = "ckd_cohorts"  # numbers, a unit from a list, sources: all that can be damaged
PLAIN = (data_dir() / f"{TABLE}.csv").read_bytes()


def with_delimiter(mark, content=PLAIN):
    """Save a table as a spreadsheet does: quotes where the new delimiter stands in a cell."""
    text = io.StringIO()
    csv.writer(text, delimiter=mark, lineterminator="\r\n").writerows(csv.reader(io.StringIO(content.decode())))
    return text.getvalue().encode()


def with_cell(row, column, value, name=TABLE):
    """The table with one cell changed; `row` counts as a spreadsheet does, the header being row 1."""
    table = rows_of(name)
    table[row - 2][column] = value
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue().encode()


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + PLAIN,
        PLAIN.replace(b"\n", b"\r\n"),
        with_delimiter(";"),
        b"\xef\xbb\xbf" + with_delimiter(";"),
        with_delimiter("\t"),
        with_delimiter("\t").decode().encode("utf-16"),
    ],
    ids=["byte-order mark", "Windows line ends", "semicolons", "semicolons with a mark", "tabs", "UTF-16"],
)
def test_a_spreadsheets_copy_is_read_as_the_table_itself(copy_of_data, content):
    (copy_of_data / f"{TABLE}.csv").write_bytes(content)
    assert reference(TABLE, folder=copy_of_data).equals(reference(TABLE))
    assert reading.records(TABLE, copy_of_data) == reading.records(TABLE)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (with_cell(3, "value", "about three"), "row 3, column value"),
        (with_cell(3, "value", "1e309"), "row 3, column value: '1e309'"),
        (with_cell(3, "value", "NaN"), "row 3, column value: 'NaN'"),
        (with_cell(3, "n", "9" * 400), "row 3, column n"),
        (with_delimiter(";", with_cell(3, "value", "1,11")), "row 3, column value: '1,11'.* decimal point"),
        (with_cell(4, "unit", "furlong"), "row 4, column unit"),
        (with_cell(4, "source", "nobody1900"), "row 4, column source"),
        (with_cell(4, "source", ""), "row 4, column source"),
        (with_cell(4, "id", rows_of(TABLE)[1]["id"]), "row 4"),
        (with_cell(4, "note", "a\0b"), "row 4, column note: not UTF-8 text"),
        (with_cell(4, "note", "ä").replace("ä".encode(), b"\xe4"), "row 4, column note: not UTF-8 text"),
        (PLAIN.replace(b",value,", b", value,", 1), "row 1, column value: .* reads ' value'"),
        (PLAIN.replace(b",value,", b",valeu,", 1), "row 1, column value: .* reads 'valeu'"),
        (PLAIN[:3000].rstrip(b"\n"), r"row \d+: .* truncated"),
        (b"".join(PLAIN.splitlines(keepends=True)[:-1]), "rows are missing"),
        (b"", "row 1: .* truncated"),
        (None, "cannot be read"),
    ],
)
def test_damage_is_named_with_file_row_and_column(copy_of_data, content, named):
    path = copy_of_data / f"{TABLE}.csv"
    path.unlink() if content is None else path.write_bytes(content)
    for read in (reference, reading.records):
        with pytest.raises(InputError, match=rf"^{TABLE}\.csv.*{named}"):
            read(TABLE, folder=copy_of_data)


def test_every_table_is_guarded(copy_of_data):
    for name in RESOURCES:
        (copy_of_data / f"{name}.csv").write_bytes(with_cell(2, next(iter(rows_of(name)[0])), "", name=name))
        with pytest.raises(InputError, match=rf"^{name}\.csv, row 2"):
            reading.records(name, copy_of_data)


def test_a_damaged_descriptor_is_named(tmp_path):
    with pytest.raises(InputError, match=r"datapackage.json cannot be read"):
        reference("glossary", folder=tmp_path)
    (tmp_path / "datapackage.json").write_text("{")
    with pytest.raises(InputError, match=r"datapackage.json cannot be read"):
        reference("glossary", folder=tmp_path)
