"""Questions as a QTI 2.1 package: an item a question, a section a notebook, one drawn item of each kind a student."""

from html import escape

_NAMESPACE = "http://www.imsglobal.org/xsd/imsqti_v2p1"
_SCHEMA = f"{_NAMESPACE} http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd"
_HEAD = f'xmlns="{_NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{_SCHEMA}"'
_PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


def qti(title, notebooks, drawn):
    """Return the files of the package as a dict of path to text.

    notebooks and drawn are {section: list of questions of the form of `data/schemas/quiz.json`}; of each drawn section
    a player chooses one question.
    """
    files, sections = {}, []
    for kind, groups in (("quiz", notebooks), ("drawn", drawn)):
        for place, (name, questions) in enumerate(groups.items()):
            section, references = f"{kind}_{place:02d}", []
            for number, question in enumerate(questions, start=1):
                identifier = f"{section}_{number:02d}"
                files[f"items/{identifier}.xml"] = _item(identifier, f"{name} {number}", question)
                references.append(f'<assessmentItemRef identifier="{identifier}" href="items/{identifier}.xml"/>')
            choice = '<selection select="1"/><ordering shuffle="true"/>' if kind == "drawn" else ""
            sections.append(
                f'<assessmentSection identifier="{section}" title="{escape(name)}" visible="true">'
                f"{choice}{''.join(references)}</assessmentSection>"
            )
    items = list(files)
    files["test.xml"] = (
        f'{_XML}<assessmentTest {_HEAD} identifier="calphos" title="{escape(title)}"><testPart identifier="all" '
        f'navigationMode="nonlinear" submissionMode="individual">{"".join(sections)}</testPart></assessmentTest>\n'
    )
    resources = "".join(
        f'<resource identifier="r_{path[6:-4]}" type="imsqti_item_xmlv2p1" href="{path}"><file href="{path}"/></resource>'
        for path in items
    )
    needs = "".join(f'<dependency identifierref="r_{path[6:-4]}"/>' for path in items)
    files["imsmanifest.xml"] = (
        f'{_XML}<manifest xmlns="{_PACKAGE}" identifier="calphos"><metadata><schema>QTIv2.1 Package</schema>'
        "<schemaversion>1.0.0</schemaversion></metadata><organizations/><resources>"
        f'<resource identifier="r_test" type="imsqti_test_xmlv2p1" href="test.xml"><file href="test.xml"/>{needs}'
        f"</resource>{resources}</resources></manifest>\n"
    )
    return files


def _item(identifier, title, question):
    answers = question["answers"]
    said = "".join(
        f'<modalFeedback outcomeIdentifier="FEEDBACK" identifier="F{place}" showHide="show">{escape(answer["feedback"])}'
        "</modalFeedback>"
        for place, answer in enumerate(answers)
    )
    make = _number if question["type"] == "numeric" else _choice
    response, body, processing = make(question)
    return (
        f'{_XML}<assessmentItem {_HEAD} identifier="{identifier}" title="{escape(title)}" adaptive="false" '
        f'timeDependent="false">{response}'
        '<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float">'
        "<defaultValue><value>0</value></defaultValue></outcomeDeclaration>"
        '<outcomeDeclaration identifier="FEEDBACK" cardinality="multiple" baseType="identifier"/>'
        f"<itemBody>{body}</itemBody><responseProcessing>{processing}</responseProcessing>{said}</assessmentItem>\n"
    )


def _set(name, value):
    return f'<setOutcomeValue identifier="{name}">{value}</setOutcomeValue>'


_ONE = _set("SCORE", '<baseValue baseType="float">1</baseValue>')
_GIVEN = '<variable identifier="RESPONSE"/>'


def _said(*places):
    values = "".join(f'<baseValue baseType="identifier">F{place}</baseValue>' for place in places)
    return _set("FEEDBACK", f"<multiple>{values}</multiple>")


def _choice(question):
    answers = question["answers"]
    many = question["type"] == "many_choice"
    cardinality = "multiple" if many else "single"
    right = "".join(f"<value>A{place}</value>" for place, answer in enumerate(answers) if answer["correct"])
    response = (
        f'<responseDeclaration identifier="RESPONSE" cardinality="{cardinality}" baseType="identifier">'
        f"<correctResponse>{right}</correctResponse></responseDeclaration>"
    )
    choices = "".join(
        f'<simpleChoice identifier="A{place}">{escape(answer["answer"])}</simpleChoice>'
        for place, answer in enumerate(answers)
    )
    body = (
        f'<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="{0 if many else 1}">'
        f"<prompt>{escape(question['question'])}</prompt>{choices}</choiceInteraction>"
    )
    scored = f'<responseIf><match>{_GIVEN}<correct identifier="RESPONSE"/></match>{_ONE}</responseIf>'
    processing = f"<responseCondition>{scored}</responseCondition>"
    if many:  # what was wrongly chosen or left out, as the page says it: the feedback of the right answers
        told = _said(*(place for place, answer in enumerate(answers) if answer["correct"]))
        return response, body, processing + told
    for place in range(len(answers)):
        test = f'<match>{_GIVEN}<baseValue baseType="identifier">A{place}</baseValue></match>'
        processing += f"<responseCondition><responseIf>{test}{_said(place)}</responseIf></responseCondition>"
    return response, body, processing


def _number(question):
    rules = []
    for place, answer in enumerate(question["answers"]):
        if answer["type"] == "default":
            continue
        bounds = (
            f'<{test}>{_GIVEN}<baseValue baseType="float">{bound:.10g}</baseValue></{test}>'
            for test, bound in zip(("gte", "lte"), answer["range"], strict=True)
        )
        rules.append((f"<and>{''.join(bounds)}</and>", _said(place) + (_ONE if answer.get("correct") else "")))
    default = next(place for place, answer in enumerate(question["answers"]) if answer["type"] == "default")
    branches = "".join(
        f"<{tag}>{test}{then}</{tag}>"
        for (test, then), tag in zip(rules, ["responseIf", *["responseElseIf"] * len(rules)], strict=False)
    )
    processing = f"<responseCondition>{branches}<responseElse>{_said(default)}</responseElse></responseCondition>"
    right = next(answer for answer in question["answers"] if answer.get("correct"))
    response = (
        '<responseDeclaration identifier="RESPONSE" cardinality="single" baseType="float">'
        f"<correctResponse><value>{sum(right['range']) / 2:.10g}</value></correctResponse></responseDeclaration>"
    )
    body = (
        f'<p>{escape(question["question"])}</p><p><textEntryInteraction responseIdentifier="RESPONSE" '
        f'expectedLength="10"/> {escape(question.get("unit", ""))}</p>'
    )
    return response, body, processing
