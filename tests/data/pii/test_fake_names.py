import pytest

from assay.data.pii.fake_names import (
    first_name,
    is_pseudonym,
    pick,
    sort_of_company,
    surname,
)


def test_each_number_picks_another_combination_until_all_are_used():
    parts = (["a", "b"], ["x", "y", "z"])
    assert [pick(number, parts) for number in range(6)] == ["ax", "bx", "ay", "by", "az", "bz"]
    assert pick(6, parts) == pick(0, parts)
    # 20 beginnings, 15 middles and 20 ends of surnames.
    assert len({surname(number) for number in range(6000)}) == 6000


@pytest.mark.parametrize("number", [0, 1, 577, 2**200])
def test_a_made_name_is_known_again(number):
    woman, man, family = first_name(number, "f"), first_name(number, "m"), surname(number)
    assert woman.endswith("a") and man.endswith(("o", "en"))
    for name in (f"{woman} {family}", f"{man} {family}-{surname(number + 1)}", family.upper()):
        assert is_pseudonym(name, "PERSON")
    assert is_pseudonym(f"{family} {sort_of_company(number)}", "ORGANISATION")
    assert is_pseudonym(f"12 {family} Road", "ADDRESS")
    assert is_pseudonym(f"https://{family.lower()}.example/x", "URL")


@pytest.mark.parametrize("name", ["Anna Berg", "Zoë", "Kelvin", "Oslo", f"{surname(3)} Berg", ""])
def test_a_real_name_is_none_of_ours(name):
    assert not is_pseudonym(name, "PERSON")
    assert not is_pseudonym("12 Baker Street", "ADDRESS")
    assert not is_pseudonym(surname(3), "EMAIL")
