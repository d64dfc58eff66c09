"""COMBINE archives: read by libCOMBINE and libSEDML, run by RoadRunner and by COPASI, compared with Python."""

import io
import locale
import zipfile

import libcombine
import libsedml
import numpy as np
import pandas as pd
import pytest
from quick_roadrunner import roadrunner

from exchange.__main__ import build
from exchange.figures import figures

before = locale.setlocale(locale.LC_ALL)
import COPASI

locale.setlocale(locale.LC_ALL, before)


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    return {path.stem: path for path in build(folder=tmp_path_factory.mktemp("exchange"))}


@pytest.fixture(params=sorted({f"{number:02d}" for number in range(14)} - {"07"}))
def archive(request, archives):
    """(path, the numbers that Python computes) of one notebook's archive."""
    path = archives[request.param]
    with zipfile.ZipFile(path) as file:
        return path, pd.read_csv(io.BytesIO(file.read("expected.csv")))


def test_roadrunner_runs_what_the_archive_says(archive):
    path, expected = archive
    combine = libcombine.CombineArchive()
    assert combine.initializeFromArchive(str(path))
    assert {combine.getEntry(i).getLocation().removeprefix("./") for i in range(combine.getNumEntries())} >= {
        *("model.xml", "simulation.sedml", "expected.csv", "metadata.rdf")
    }
    described = libsedml.readSedMLFromString(combine.extractEntryToString(combine.getMasterFile().getLocation()))
    assert described.getNumErrors() == 0, described.getErrorLog().toString()
    course = described.getSimulation(0)
    source = described.getModel(0).getSource()
    engine = roadrunner.RoadRunner(combine.extractEntryToString(f"./{source}"))
    for i in range(course.getAlgorithm().getNumAlgorithmParameters()):
        parameter = course.getAlgorithm().getAlgorithmParameter(i)
        name = {"KISAO:0000209": "relative_tolerance", "KISAO:0000211": "absolute_tolerance"}[parameter.getKisaoID()]
        engine.integrator.setValue(name, float(parameter.getValue()))
    engine.timeCourseSelections = list(expected)
    steps = course.getNumberOfPoints()
    result = engine.simulate(course.getOutputStartTime(), course.getOutputEndTime(), steps + 1)
    for name in expected:
        assert np.allclose(result[name], expected[name], rtol=1e-4), name


def test_copasi_opens_and_runs_it(archive, tmp_path):
    path, expected = archive
    model = COPASI.CRootContainer.addDatamodel()
    try:
        assert model.openCombineArchive(str(path)), COPASI.CCopasiMessage.getAllMessageText()
        task = model.getTask("Time-Course")
        task.setMethodType(COPASI.CTaskEnum.Method_deterministic)
        problem = task.getProblem()
        assert problem.getDuration() == pytest.approx(expected["time"].iloc[-1])
        assert problem.getStepNumber() == len(expected) - 1
        # A thousandth of what is asked below; ten times finer, COPASI takes minute steps on rounding errors.
        task.getMethod().getParameter("Relative Tolerance").setDblValue(1e-7)
        task.getMethod().getParameter("Absolute Tolerance").setDblValue(1e-9)
        task.getMethod().getParameter("Max Internal Steps").setIntValue(1_000_000)
        assert task.process(True)
        series = task.getTimeSeries()
        columns = {series.getSBMLId(i, model): i for i in range(series.getNumVariables())}
        for name in set(expected) - {"time"}:
            values = [series.getConcentrationData(step, columns[name]) for step in range(series.getRecordedSteps())]
            amounts = [series.getData(step, columns[name]) for step in range(series.getRecordedSteps())]
            close = [np.allclose(found, expected[name], rtol=1e-4) for found in (values, amounts)]
            assert any(close), name  # a pool counts as an amount, a concentration as itself
    finally:
        COPASI.CRootContainer.removeDatamodel(model)


def test_the_same_model_gives_the_same_bytes(archives, tmp_path):
    (again,) = build(["05"], tmp_path)
    assert again.read_bytes() == archives["05"].read_bytes()


def test_every_notebook_with_a_course_has_its_figure():
    assert len(figures()) == 13
