"""What Prometheus is told."""

import openai
import pytest
from prometheus_client.parser import text_string_to_metric_families

from helpers.server_requests import ASKED


@pytest.mark.slow
def test_metrics(engine, served):
    with served(engine) as (url, _), openai.OpenAI(base_url=f"{url}/v1", api_key="none") as client:
        client.chat.completions.create(model="tfidf", messages=ASKED)
        list(
            client.chat.completions.create(model="long", messages=ASKED, stream=True, max_tokens=3)
        )
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(model="tfidf", messages=ASKED, n=2)
        with pytest.raises(openai.NotFoundError):
            client.get("/nowhere", cast_to=object)
        page = client._client.get(f"{url}/metrics").text
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    assert found["assay_requests_total", "/v1/chat/completions", "200"] == 2
    assert found["assay_requests_total", "/v1/chat/completions", "400"] == 1
    assert found["assay_requests_total", "other", "404"] == 1
    assert (
        found["assay_answers_total", "tfidf", "stop"]
        == found["assay_answers_total", "long", "length"]
        == 1
    )
    assert found["assay_tokens_total", "long", "written"] == 3
    assert found["assay_first_token_seconds_count", "long"] == 1
    assert found["assay_running",] == found["assay_waiting",] == found["assay_inside",] == 0
    assert found["assay_slots",] == 1 and found["assay_queue",] == 16
