"""Keys, tokens and passwords that lie in text. Their forms are public: each issuer gives its tokens
a prefix.

Idea   detect-secrets (Yelp) and the issuers' own notes on secret scanning
"""

import re
from collections.abc import Iterator

from assay.data.pii.spans import Span

FORMS: dict[str, str] = {
    "AWS access key": r"(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}",
    "GitHub token": r"gh[pousr]_[A-Za-z0-9]{36,251}",
    "GitHub fine-grained token": r"github_pat_[A-Za-z0-9_]{22,255}",
    "GitLab token": r"gl(?:pat|dt|ft|rt|ptt|cbt|soat)-[A-Za-z0-9_-]{20,64}",
    "Hugging Face token": r"hf_[A-Za-z0-9]{30,64}",
    "OpenAI key": r"sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,200}",
    "Anthropic key": r"sk-ant-[A-Za-z0-9_-]{20,200}",
    "Slack token": r"xox[abeoprs]-[A-Za-z0-9-]{10,250}",
    "Slack webhook": r"https://hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/]{20,120}",
    "Stripe key": r"(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,120}",
    "Google API key": r"AIza[0-9A-Za-z_-]{35}",
    "Google OAuth secret": r"GOCSPX-[A-Za-z0-9_-]{28}",
    "Google OAuth token": r"ya29\.[A-Za-z0-9_-]{20,300}",
    "SendGrid key": r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}",
    "Twilio key": r"(?:SK|AC)[0-9a-f]{32}",
    "Mailgun key": r"key-[0-9a-z]{32}",
    "Mailchimp key": r"[0-9a-f]{32}-us\d{1,2}",
    "npm token": r"npm_[A-Za-z0-9]{36}",
    "PyPI token": r"pypi-[A-Za-z0-9_-]{40,300}",
    "Telegram bot token": r"\d{8,10}:AA[A-Za-z0-9_-]{33}",
    "Discord token": r"[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}",
    "DigitalOcean token": r"do[opr]_v1_[a-f0-9]{64}",
    "JSON web token": r"eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,1000}",
    "Azure storage key": r"AccountKey=[A-Za-z0-9+/]{40,100}={0,2}",
    "Databricks token": r"dapi[0-9a-f]{32}",
}
_TOKEN = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(FORMS.values())})(?![A-Za-z0-9])")
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_IN_URL = re.compile(r"://[^\s/:@]{1,64}:(?P<value>[^\s/:@]{3,128})@")
_NAMED = re.compile(
    r"(?<![^\W_])(?:password|passwd|passphrase"
    r"|passwort|kennwort|contraseña|mot de passe|api[ _-]?key|secret[ _-]?key|access[ _-]?token"
    r"|auth[ _-]?token)(?:\s?[:=]\s?|\s(?:is|ist|es|est)\s)[\"']?(?P<value>[^\s\"'<>,;]{6,200})",
    re.IGNORECASE,
)


def secrets(text: str) -> Iterator[Span]:
    for found in _TOKEN.finditer(text):
        yield Span(*found.span(), "SECRET", 3)
    for found in _BEGIN.finditer(text):
        # A block without its end is a block that was cut: what follows is the key.
        end = _END.search(text, found.end(), found.end() + 20_000)
        yield Span(
            found.start(), end.end() if end else min(len(text), found.end() + 4000), "SECRET", 3
        )
    for pattern in (_IN_URL, _NAMED):
        for found in pattern.finditer(text):
            value = found["value"].rstrip(".!?)")
            # "the password is required": a word of letters only is prose.
            if pattern is _IN_URL or re.search(r"[\d_$%&!#*+=^~-]", value):
                yield Span(found.start("value"), found.start("value") + len(value), "SECRET", 2)
