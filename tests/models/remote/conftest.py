"""A service on real sockets, and models of it."""

import pytest

from assay.models.remote import client
from assay.models.remote.endpoint import Endpoint
from assay.models.remote.remote_model import RemoteModel
from helpers.remote_models import KEY
from helpers.services import Service, serving


@pytest.fixture
def service():
    with serving(Service()) as running:
        yield running


@pytest.fixture
def opened(service, tmp_path, monkeypatch):
    """`opened(acts, **settings)`: a model of the service, after these faults."""
    monkeypatch.setenv("PLANTED_KEY", KEY)
    monkeypatch.setattr(client, "back_off", lambda failures, draw: 0.01)
    made = []

    def make(*acts, folder=tmp_path / "remote", tell=None, offline=False, dry=False, **settings):
        service.acts = list(acts)
        endpoint = Endpoint.model_validate(
            {
                "url": service.url,
                "model": "m",
                "key": "PLANTED_KEY",
                "timeout": 5.0,
                "tries": 3,
                **settings,
            }
        )
        made.append(RemoteModel("there", endpoint, folder, tell=tell, offline=offline, dry=dry))
        return made[-1]

    yield make
    for model in made:
        model.client.close()
