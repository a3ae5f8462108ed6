"""One row: all answers, its neighbours in the view, and what stands around it."""

from assay.core.store import read_json, to_json, write_text
from assay.web.row_context import RowContext
from assay.web.web_project import WebProject


def test_a_row_has_all_strategies_and_its_neighbours(client, project):
    text = client.get(f"/p/{project.id}/row/5?show=all").text
    matrix = project.matrix(60)
    assert matrix.questions[5].split()[0] in text and matrix.ids[5] in text
    assert text.count('<th scope="row">') == len(matrix.names)
    assert "/row/4?" in text and "/row/6?" in text


def test_a_row_of_the_report_is_shown_with_what_is_around_it(client_of, own, tiny_model):
    value = read_json(own.target / "project.yaml")
    write_text(own.target / "project.yaml", to_json({**value, "model": str(tiny_model)}))
    text = client_of.get(f"/p/{own.id}/row/0/context?show=all").text
    assert text.count('class="question"') == 5 and "the marked ones alone carry loss" in text
    assert f'href="/p/{own.id}/row/0?show=all"' in text and "&lt;|im_start|&gt;" in text
    assert client_of.get(f"/p/{own.id}/row/99999/context").status_code == 404


def test_a_model_that_is_not_here_and_rows_that_changed_are_said(client_of, own):
    value = read_json(own.target / "project.yaml")
    write_text(own.target / "project.yaml", to_json({**value, "model": "./nowhere"}))
    text = client_of.get(f"/p/{own.id}/row/0/context").text
    assert "M098" in text and text.count('class="question"') == 5
    assert RowContext(own.target).example("nobody") is None
    assert WebProject(own.target).context is not own.context
