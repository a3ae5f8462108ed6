"""The section `on`: an address alone or with what strategies may use there."""

import pytest

from assay.config import load
from assay.config.cluster import ClusterSettings, cluster_at, cluster_section
from assay.core.errors import ProjectError, UsageError
from helpers.problems import problem
from helpers.small_projects import load_project, write_project


@pytest.mark.parametrize(
    "address", ["ray", "10.0.0.5:6379", "head.example.org:6379", "ray://head:10001", "[fe80::1]:1"]
)
def test_an_address_alone_is_a_section(address):
    assert cluster_section(address) == ClusterSettings(address=address)


def test_the_file_says_what_a_strategy_may_use(tmp_path):
    text = "on: {address: ray, cpus: 4, gpus: 0.5, memory: 16}\n"
    project = load_project(tmp_path, text)
    assert project.on == ClusterSettings(address="ray", cpus=4, gpus=0.5, memory=16)
    (tmp_path / "again.yaml").write_text(project.to_yaml())
    assert load(tmp_path / "again.yaml").on == project.on


@pytest.mark.parametrize(
    ("value", "place", "word"),
    [
        ("cluster", "on.address", "HOST:PORT"),
        ("10.0.0.5", "on.address", "10.0.0.5"),
        ("0", "on.address", "64"),
        ("http://head:6379", "on.address", "http"),
        ("{gpus: -1}", "on.gpus", "-1"),
        ("{cpus: 0}", "on.cpus", "0"),
    ],
)
def test_what_is_no_address_or_amount_is_said_with_its_line(tmp_path, value, place, word):
    file = write_project(tmp_path, f"on: {value}\n") / "project.yaml"
    with pytest.raises(ProjectError) as caught:
        load(file)
    (found,) = caught.value.problems
    assert found.code == "C073" and place in str(found) and word in found.text, found
    assert "project.yaml:" in found.place


def test_the_address_of_a_command_stands_over_that_of_the_file():
    settings = ClusterSettings(address="10.0.0.5:6379", gpus=1)
    assert cluster_at(settings, "") is settings
    assert cluster_at(settings, "ray") == ClusterSettings(address="ray", gpus=1)
    with problem(UsageError, "C073", "--on", "cluster", "HOST:PORT"):
        cluster_at(settings, "cluster")


@pytest.mark.parametrize(("value", "count"), [(2, 2), ("4", 4), (1, 1), ("ray", 1)])
def test_a_number_is_so_many_at_a_time_on_this_machine(value, count):
    settings = cluster_section(value)
    assert settings.at_once == count and settings.names_cluster == (value == "ray")
