"""Check digits against numbers that the issuing bodies, or the standards, publish as examples."""

from assay.data.pii import check_digits

GOOD = {
    # ISO/IEC 7812's example; test cards
    check_digits.luhn: ["79927398713", "4111111111111111", "378282246310005"],
    # The test numbers of the payment processors.
    check_digits.card: [
        "4111111111111111",
        "4222222222222",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "6011111111111117",
        "3530111333300000",
        "30569309025904",
        "6759649826438453",
    ],
    # The IBAN registry's own examples.
    check_digits.iban: [
        "GB82WEST12345698765432",
        "DE89370400440532013000",
        "FR1420041010050500013M02606",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
        "CH9300762011623852957",
    ],
    check_digits.nhs: ["9434765919", "4010232137"],
    check_digits.steuer_id: ["86095742719", "47036892816", "65929970489"],
    check_digits.dni: ["12345678Z", "X1234567L", "Z1234567R"],
    check_digits.codice_fiscale: ["MRTMTT25D09F205Z", "RSSMRA85T10A562S"],
    check_digits.nir: ["255081416802538"],
    check_digits.pesel: ["44051401359"],
    check_digits.bsn: ["111222333"],
    check_digits.personnummer: ["8112189876"],
    check_digits.hetu: ["131052-308T"],
    check_digits.rijksregister: ["85073003328", "17073003384"],
    check_digits.ahv: ["7569217076985"],
    check_digits.cpf: ["11144477735"],
    check_digits.nif: ["123456789"],
    check_digits.verhoeff: ["2363"],
}
CASES = [(check, number) for check, numbers in GOOD.items() for number in numbers]


def test_published_numbers_pass(subtests):
    for check, number in CASES:
        with subtests.test(f"{check.__name__} {number}"):
            assert check(number)


def test_one_wrong_digit_is_noticed(subtests):
    for check, number in CASES:
        with subtests.test(f"{check.__name__} {number}"):
            # Every one of these schemes finds a single wrong digit; the last digit is raised by
            # one.
            at = max(i for i, c in enumerate(number) if c.isdigit())
            wrong = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
            assert not check(wrong)


def test_the_issuer_is_told_by_prefix_and_length():
    brands = [
        check_digits.issuer(n)
        for n in ("4111111111111111", "5555555555554444", "378282246310005", "30569309025904")
    ]
    assert brands == ["visa", "mastercard", "amex", "diners"]
    assert check_digits.issuer("9111111111111111") == "" == check_digits.issuer("41111111111111")


def test_areas_of_social_security_numbers():
    # ssa.gov: no area 000, 666 or 9xx, no group 00, no serial 0000; 9xx with groups 70 to 88 are
    # taxpayer numbers.
    assert check_digits.ssn("123456789")
    assert check_digits.ssn("900701234")
    assert not any(
        map(check_digits.ssn, ("000456789", "666456789", "123006789", "123450000", "900111234"))
    )
