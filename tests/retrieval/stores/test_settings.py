"""What a project file may say under `store:`."""

import json

import pytest
from pydantic import TypeAdapter

from assay.config.complaints import SettingsError, fill
from assay.core.settings import Settings
from assay.retrieval.stores.settings import STORES, Exact, LanceDb, StoreSettings


class Asks(Settings):
    """As a strategy that takes a store."""

    store: StoreSettings = Exact()


def complaint(store) -> tuple[str, str]:
    with pytest.raises(SettingsError) as refused:
        fill(Asks, {"store": store})
    (one,) = refused.value.complaints
    return one.code, f"{'.'.join(map(str, one.place))}: {one.text}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"kind": "exact"}, Exact()),
        ({"kind": "lancedb"}, LanceDb()),
        ({"kind": "lancedb", "probes": 300}, LanceDb(probes=300)),
        (
            {
                "kind": "postgres",
                "address": "postgresql://me@db.local:5433/texts?sslmode=require",
                "table": "faq",
            },
            None,
        ),
        ({"kind": "postgres", "address": "postgresql:///texts?host=/run/postgresql"}, None),
    ],
)
def test_settings_are_read_and_written_alike(value, expected):
    read = fill(Asks, {"store": value})
    assert expected is None or read.store == expected
    changed = read.non_defaults()
    assert changed == ({} if value == {"kind": "exact"} else {"store": value})
    assert fill(Asks, json.loads(json.dumps(changed))) == read


def test_every_kind_has_its_name_and_other_settings_key_otherwise():
    kinds = [each.model_fields["kind"].default for each in STORES]
    assert len(kinds) == len(set(kinds)) and all(kinds)
    assert LanceDb().non_defaults() != Exact().non_defaults() != LanceDb(probes=99).non_defaults()
    assert TypeAdapter(StoreSettings).validate_json(
        LanceDb(probes=99).model_dump_json()
    ) == LanceDb(probes=99)


@pytest.mark.parametrize("address", ["postgresql://me:secret-word@db.local/texts", "db.local"])
def test_an_address_that_is_refused_is_said_at_its_place_and_not_repeated(address):
    code, text = complaint({"kind": "postgres", "address": address})
    assert code == "C090" and text.startswith("store.address: the address ")
    assert "secret" not in text and "db.local" not in text


@pytest.mark.parametrize("table", ["", "Texts", "a b", "a;drop", 'a"', "1a", "x" * 41])
def test_a_table_has_a_plain_name(table):
    code, text = complaint({"kind": "postgres", "address": "postgresql:///texts", "table": table})
    assert code == "C073" and text.startswith("store.table: ")


@pytest.mark.parametrize(
    ("store", "code", "place"),
    [
        ({"kind": "lancedb", "probe": 3}, "C071", "store.probe"),
        ({"kind": "lancedb", "probes": -1}, "C073", "store.probes"),
        ({"kind": "postgres"}, "C072", "store.address"),
        ({"kind": "postgre"}, "C076", "store"),
        ({}, "C076", "store"),
        ("lancedb", "C072", "store"),
    ],
)
def test_a_slip_is_said_where_it_is(store, code, place):
    found, text = complaint(store)
    assert (found, text.partition(":")[0]) == (code, place)
