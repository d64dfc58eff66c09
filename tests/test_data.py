"""The reference data: sound, citable, in known units, and every kind of damage named with file, row and column."""

import csv
import hashlib
import io
import json
import math
import re
import shutil
import sys

import pytest

from calphos import InputError, assay_check, cite, quantity, reference, sources_used
from calphos.tables import references
from calphos.tables.files import data_dir
from calphos.tables.quantities import convert, quantities

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
    assert references.validate() == []


@pytest.mark.parametrize("name", RESOURCES)
def test_the_descriptor_records_each_file_as_it_is(name):
    resource = RESOURCES[name]
    content = (data_dir() / resource["path"]).read_bytes()
    hint = "run python -m calphos.tables.references after a change on purpose"
    assert resource.get("hash") == f"sha256:{hashlib.sha256(content).hexdigest()}", hint
    assert resource["bytes"] == len(content), hint


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
        assert references.link(key).startswith("http")


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
    with pytest.raises(InputError, match="units="):
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
    references.forget_sources()
    yield
    references.forget_sources()


def test_the_list_of_sources_is_made_from_use(no_sources):
    assert len(sources_used()) == 0
    assert repr(sources_used()) == "No source used yet."
    table = reference("ckd_cohorts", source=["zehnder2007", "moranne2009"], quantity="phosphate")
    assert set(table["source"]) == {"zehnder2007", "moranne2009"}
    cite("isakova2011")
    assert sources_used().keys == ["isakova2011", "moranne2009", "zehnder2007"]
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


def test_a_changed_file_without_frictionless_says_what_to_install(copy_of_data, monkeypatch):
    path = copy_of_data / "glossary.csv"
    whole = path.read_bytes()
    monkeypatch.setitem(sys.modules, "frictionless", None)
    try:
        path.write_bytes(whole + b"x,,,y,\n")
        with pytest.raises(InputError, match=r"glossary.csv is not as it was .* pip install frictionless"):
            reference("glossary", folder=copy_of_data)
    finally:
        path.write_bytes(whole)


def test_assays_are_not_mixed_in_one_plot():
    fgf23 = reference("perturbations", source="vervloet2011", quantity="fgf23")
    with pytest.raises(InputError, match=r"fgf23: 2 assays in one plot .'C-terminal', 'intact'."):
        assay_check(fgf23)
    assert assay_check(fgf23[fgf23["assay"] == "intact"]) == "intact"
    crib = reference("ckd_cohorts", source="zehnder2007")
    with pytest.raises(InputError, match=r"pth: 2 assays in one plot .'intact', 'whole'."):
        assay_check(crib)
    assert assay_check(crib, quantity="phosphate") == ""
    with pytest.raises(InputError, match="no column"):
        assay_check(reference("glossary"))


def test_hormones_whose_assays_differ_always_name_one():
    for name in VALUES:
        for number, row in enumerate(rows_of(name), start=2):
            if row.get("measure") == "level" and row.get("quantity") in ("pth", "fgf23", "klotho", "calcitriol"):
                assert row["assay"], (name, number)


# --- mutation: every table, every damage ---------------------------------------------------------------------------


def fields(name):
    return RESOURCES[name]["schema"]["fields"]


def constraint(field, *kinds):
    return any(kind in field.get("constraints", {}) for kind in kinds)


def filled(name, column):
    """Return the position of a row in which the column is filled, or None."""
    return next((i for i, row in enumerate(rows_of(name)) if row[column]), None)


def pick(name, test):
    """Return (row position, column) of a filled cell whose field passes the test, or None."""
    for field in fields(name):
        if test(field) and (position := filled(name, field["name"])) is not None:
            return position, field["name"]
    return None


def write(path, rows, columns):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def change(name, path, place, value):
    rows = rows_of(name)
    rows[place[0]][place[1]] = value
    write(path, rows, list(rows[0]))
    return rf"row {place[0] + 2}, column {place[1]}"


def missing_column(name, path):
    rows = rows_of(name)
    column = list(rows[0])[1]
    write(path, rows, [c for c in rows[0] if c != column])
    return rf"column .*{column}|{column}"


def wrong_type(name, path):
    place = pick(name, lambda field: field["type"] in ("number", "integer", "year"))
    return place and change(name, path, place, "about three")


def empty_required(name, path):
    place = pick(name, lambda field: constraint(field, "required") and not constraint(field, "unique"))
    return place and change(name, path, place, "")


def unknown_source(name, path):
    keys = [key["fields"][0] for key in RESOURCES[name]["schema"].get("foreignKeys", [])]
    place = pick(name, lambda field: field["name"] in keys)
    return place and change(name, path, place, "nobody1900")


def duplicate_key(name, path):
    key = RESOURCES[name]["schema"]["primaryKey"]
    rows = rows_of(name)
    for column in key:
        rows[2][column] = rows[1][column]
    write(path, rows, list(rows[0]))
    return "row 4"


def out_of_range(name, path):
    place = pick(name, lambda field: constraint(field, "minimum", "maximum", "enum", "pattern"))
    if place is None:
        return None
    field = next(field for field in fields(name) if field["name"] == place[1])
    limits = field["constraints"]
    number = limits["minimum"] - 1 if "minimum" in limits else limits.get("maximum", 0) + 1
    return change(name, path, place, "¿" if field["type"] == "string" else str(int(number)))


def bad_encoding(name, path):
    lines = path.read_bytes().split(b"\n")
    lines[2] = b"\xe9" + lines[2]
    path.write_bytes(b"\n".join(lines))
    return rf"row 3, column {fields(name)[0]['name']}"


def cut_in_a_line(name, path):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * 0.6)].rstrip(b"\n"))
    return r"row \d+.*truncated"


def cut_between_lines(name, path):
    rows = rows_of(name)
    write(path, rows[:-1], list(rows[0]))
    return "rows are missing"


def empty_file(name, path):
    path.write_bytes(b"")
    return ""


def no_file(name, path):
    path.unlink()
    return "cannot be read"


DAMAGES = [
    missing_column,
    wrong_type,
    empty_required,
    unknown_source,
    duplicate_key,
    out_of_range,
    bad_encoding,
    cut_in_a_line,
    cut_between_lines,
    empty_file,
    no_file,
]
# What a table has nothing of, it cannot lose: no numbers, no sources, no limits.
NOT_IN = {
    wrong_type: {n for n in RESOURCES if not pick(n, lambda f: f["type"] in ("number", "integer", "year"))},
    unknown_source: {n for n in RESOURCES if not RESOURCES[n]["schema"].get("foreignKeys")},
    out_of_range: {
        n for n in RESOURCES if not pick(n, lambda f: constraint(f, "minimum", "maximum", "enum", "pattern"))
    },
}


@pytest.fixture(scope="module")
def copy_of_data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for path in data_dir().iterdir():
        if path.is_file():
            shutil.copy(path, folder / path.name)
    return folder


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("name", RESOURCES)
def test_every_damage_is_caught_and_named(copy_of_data, name, damage):
    path = copy_of_data / RESOURCES[name]["path"]
    whole = path.read_bytes()
    try:
        named = damage(name, path)
        if named is None:
            assert name in NOT_IN[damage]
            return
        assert not path.exists() or path.read_bytes() != whole
        with pytest.raises(InputError) as error:
            reference(name, folder=copy_of_data)
        message = str(error.value)
        assert message.startswith(RESOURCES[name]["path"])
        assert re.search(named, message), message
    finally:
        path.write_bytes(whole)


def test_the_program_itself_reads_no_damaged_table(copy_of_data, monkeypatch):
    monkeypatch.setattr(references, "data_dir", lambda: copy_of_data)
    path = copy_of_data / "disorders.csv"
    whole = path.read_bytes()
    assert references.rows("disorders") == rows_of("disorders")
    try:
        change("disorders", path, (0, "usual"), "much")
        with pytest.raises(InputError, match=r"disorders.csv, row 2, column usual"):
            references.rows("disorders")
    finally:
        path.write_bytes(whole)


def test_no_table_of_values_escapes_a_damage():
    # Guards the test above: only a table of words may have no numbers, no sources or no limits to damage.
    words = {"kdigo_2017", "differential_diagnosis"}
    assert not (set(VALUES) - words) & (NOT_IN[wrong_type] | NOT_IN[unknown_source] | NOT_IN[out_of_range])
    assert not words & NOT_IN[unknown_source]


def test_a_sound_copy_loads(copy_of_data):
    for name in RESOURCES:
        assert len(reference(name, folder=copy_of_data)) > 0
