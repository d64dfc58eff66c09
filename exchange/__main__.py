"""Make a COMBINE archive for the key figure of each notebook: `python -m exchange [05 06 ...]`.

An archive holds the model (SBML), what to run and draw (SED-ML), the numbers that Python computes, to compare with, and
who made it. The same model gives the same bytes.
"""

import argparse
import html
import sys
from pathlib import Path

from calphos import simulate
from calphos.tables.quantities import quantities
from exchange.figures import figures
from exchange.sbml import to_sbml
from handout import BuildError
from handout.files import write_files, zipped

FOLDER = Path(__file__).parents[1] / "build" / "exchange"
POINTS = 241
RTOL, ATOL = 1e-8, 1e-10
_FORMATS = {
    "model.xml": "http://identifiers.org/combine.specifications/sbml.level-3.version-2",
    "simulation.sedml": "http://identifiers.org/combine.specifications/sed-ml.level-1.version-3",
    "expected.csv": "http://purl.org/NET/mediatypes/text/csv",
    "metadata.rdf": "http://identifiers.org/combine.specifications/omex-metadata",
}
_MANIFEST = "http://identifiers.org/combine.specifications/omex-manifest"


def sedml(figure, hours, model):
    """Return the SED-ML of a figure and its `model`: one time course, a report of its quantities and a plot of each."""
    names = figure.quantities.split()
    targets = {"time": 'symbol="urn:sedml:symbol:time"'}
    for name in names:
        kind = "species" if f'<species id="{name}"' in model else "parameter"
        path = f"/sbml:sbml/sbml:model/sbml:listOf{'Species' if kind == 'species' else 'Parameters'}/sbml:{kind}"
        targets[name] = f"target=\"{path}[@id='{name}']\""
    generators = "".join(
        f'<dataGenerator id="{name}" name="{html.escape(_label(name))}"><listOfVariables>'
        f'<variable id="v_{name}" {target} taskReference="task"/></listOfVariables>'
        f'<math xmlns="http://www.w3.org/1998/Math/MathML"><ci>v_{name}</ci></math></dataGenerator>'
        for name, target in targets.items()
    )
    columns = "".join(f'<dataSet id="d_{n}" label="{n}" dataReference="{n}"/>' for n in ("time", *names))
    plots = "".join(
        f'<plot2D id="plot_{name}" name="{html.escape(_label(name))}"><listOfCurves><curve id="curve_{name}" '
        f'logX="false" logY="false" xDataReference="time" yDataReference="{name}"/></listOfCurves></plot2D>'
        for name in names
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<sedML xmlns="http://sed-ml.org/sed-ml/level1/version3" xmlns:sbml="http://www.sbml.org/sbml/level3/version2/core"
 level="1" version="3">
<listOfSimulations><uniformTimeCourse id="course" name="{html.escape(figure.title)}" initialTime="0" outputStartTime="0"
 outputEndTime="{hours!r}" numberOfPoints="{POINTS - 1}"><algorithm kisaoID="KISAO:0000019"><listOfAlgorithmParameters>
<algorithmParameter kisaoID="KISAO:0000209" value="{RTOL}"/><algorithmParameter kisaoID="KISAO:0000211" value="{ATOL}"/>
</listOfAlgorithmParameters></algorithm></uniformTimeCourse></listOfSimulations>
<listOfModels><model id="model" language="urn:sedml:language:sbml.level-3.version-2" source="model.xml"/></listOfModels>
<listOfTasks><task id="task" modelReference="model" simulationReference="course"/></listOfTasks>
<listOfDataGenerators>{generators}</listOfDataGenerators>
<listOfOutputs>{plots}<report id="report" name="{html.escape(figure.title)}"><listOfDataSets>{columns}</listOfDataSets>
</report></listOfOutputs>
</sedML>
"""


def _label(name):
    return "Time (h)" if name == "time" else quantities()[name].title()


def _metadata(title):
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:vCard="http://www.w3.org/2006/vcard/ns#"><rdf:Description rdf:about=".">
<dcterms:title>{html.escape(title)}</dcterms:title>
<dcterms:creator><rdf:Bag><rdf:li rdf:parseType="Resource">
<vCard:organization-name>The calphos authors</vCard:organization-name></rdf:li></rdf:Bag></dcterms:creator>
<dcterms:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/></rdf:Description></rdf:RDF>
"""


def archive(figure):
    """Return the files of a figure's archive as a dict of name to text."""
    course = simulate(figure.patient, points=POINTS, rtol=RTOL, start=figure.start or "healthy", **figure.length)
    table = course.table()[figure.quantities.split()]
    table.insert(0, "time", course.hours)
    model = to_sbml(figure.patient, start=figure.start)
    entries = "".join(
        f'<content location="./{name}" format="{kind}" master="{str("sedml" in name).lower()}"/>'
        for name, kind in _FORMATS.items()
    )
    return {
        "manifest.xml": f'<?xml version="1.0" encoding="UTF-8"?>\n<omexManifest xmlns="{_MANIFEST}"><content location="." '
        'format="http://identifiers.org/combine.specifications/omex"/><content location="./manifest.xml" '
        f'format="{_MANIFEST}"/>{entries}</omexManifest>\n',
        "model.xml": model,
        "simulation.sedml": sedml(figure, float(course.hours[-1]), model),
        "expected.csv": table.to_csv(index=False, lineterminator="\n"),
        "metadata.rdf": _metadata(figure.title),
    }


def build(names=(), folder=FOLDER):
    """Write the archives of all notebooks, or of those whose numbers are given, all or none; return their paths."""
    made = {}
    for number, figure in figures().items():
        if names and number not in names:
            continue
        made[folder / f"{number}.omex"] = zipped(archive(figure))
    write_files(made)
    return list(made)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="numbers of notebooks; default: all")
    try:
        for path in build(parser.parse_args().names):
            print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
    except BuildError as error:
        sys.exit(f"exchange: {error}")
