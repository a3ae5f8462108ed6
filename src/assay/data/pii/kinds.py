"""The kinds of personal data, and what `anonymise` looks for when nothing else is said.

Apart from what recognises them, whose patterns take a tenth of a second to compile: settings name
kinds in every process, and most look for none.
"""

KINDS: dict[str, str] = {
    "EMAIL": "mail address",
    "PHONE": "telephone number",
    "CARD": "payment card: issuer's prefix and length, Luhn",
    "IBAN": "bank account: country's length, mod 97",
    "IP": "IP address v4 or v6",
    "MAC": "MAC address",
    "URL": "web address",
    "SSN": "US social security number: area rules",
    "NATIONAL_ID": "national number with its check digits, or by the word before it",
    "PASSPORT": "passport number, by the word before it",
    "LICENCE": "driving licence number, by the word before it",
    "ACCOUNT": "bank account, routing number, by the word before it",
    "PLATE": "number plate, by the word before it",
    "WALLET": "crypto wallet: base58check, bech32",
    "SECRET": "key, token, password",
    "BIRTH_DATE": "date near a word of birth",
    "DATE": "any written date",
    "ADDRESS": "street and number, box, flat",
    "POSTCODE": "postcode by form, by the word before it, or below a street",
    "PERSON": "name of a person",
    "PLACE": "name of a place",
    "ORGANISATION": "name of a company or body",
}
OPTIONAL = ("DATE",)  # looked for only when asked: most dates say nothing about a person
