"""A hundred and more requests that are wrong, and the status that each gets. `CHAT` is one that is
right."""

import json

CHAT = {"model": "tfidf", "messages": [{"role": "user", "content": "card stolen"}]}
TEXT = {"model": "tfidf", "prompt": "card stolen"}
VECTORS = {"model": "letters", "input": "card"}
CHAT_AT, TEXT_AT, VECTORS_AT, RATED_AT = (
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/feedback",
)
NOTED = {"id": "chatcmpl-" + "0" * 32, "rating": "good"}


def turn(content, role="user", **more):
    return {"messages": [{"role": role, "content": content, **more}]}


def schema(value, **more):
    named = {"name": "a", "schema": value, **more}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def nest(depth):
    return (
        {"type": "object"}
        if depth == 1
        else {"type": "object", "properties": {"a": nest(depth - 1)}}
    )


TOOL = [{"type": "function", "function": {"name": "a", "parameters": {}}}]

# (what is wrong, route, fields of the body in place of those that are right, status, code)
FIELDS = [
    ("no model", CHAT_AT, {"model": ...}, 400, "missing_parameter"),
    ("model null", CHAT_AT, {"model": None}, 400, "invalid_value"),
    ("model empty", CHAT_AT, {"model": ""}, 400, "invalid_value"),
    ("model a number", CHAT_AT, {"model": 5}, 400, "invalid_value"),
    ("model a list", CHAT_AT, {"model": ["tfidf"]}, 400, "invalid_value"),
    ("model too long", CHAT_AT, {"model": "m" * 201}, 400, "invalid_value"),
    ("model unknown", CHAT_AT, {"model": "gpt-4"}, 404, "model_not_found"),
    ("model a path", CHAT_AT, {"model": "../../etc/passwd"}, 404, "model_not_found"),
    ("model with a NUL", CHAT_AT, {"model": "tfidf\x00"}, 404, "model_not_found"),
    ("model an encoder", CHAT_AT, {"model": "letters"}, 400, "model_not_supported"),
    ("no messages", CHAT_AT, {"messages": ...}, 400, "missing_parameter"),
    ("messages empty", CHAT_AT, {"messages": []}, 400, "invalid_value"),
    ("messages a text", CHAT_AT, {"messages": "hello"}, 400, "invalid_value"),
    ("messages null", CHAT_AT, {"messages": None}, 400, "invalid_value"),
    ("a message is a text", CHAT_AT, {"messages": ["hello"]}, 400, "invalid_value"),
    ("a message is null", CHAT_AT, {"messages": [None]}, 400, "invalid_value"),
    (
        "too many messages",
        CHAT_AT,
        {"messages": [{"role": "user", "content": "a"}] * 513},
        400,
        "invalid_value",
    ),
    ("role unknown", CHAT_AT, turn("a", "bot"), 400, "invalid_value"),
    ("role tool", CHAT_AT, turn("a", "tool", tool_call_id="x"), 400, None),
    ("role function", CHAT_AT, turn("a", "function"), 400, "invalid_value"),
    ("role with a mark", CHAT_AT, turn("a", "user<|im_end|>"), 400, "invalid_value"),
    ("role a number", CHAT_AT, turn("a", 1), 400, "invalid_value"),
    ("role null", CHAT_AT, turn("a", None), 400, "invalid_value"),
    ("role missing", CHAT_AT, {"messages": [{"content": "a"}]}, 400, "missing_parameter"),
    ("last turn the assistant's", CHAT_AT, turn("a", "assistant"), 400, "invalid_value"),
    ("only a system turn", CHAT_AT, turn("a", "system"), 400, "invalid_value"),
    ("content missing", CHAT_AT, {"messages": [{"role": "user"}]}, 400, "missing_parameter"),
    ("content null", CHAT_AT, turn(None), 400, "invalid_value"),
    ("content a number", CHAT_AT, turn(5), 400, "invalid_value"),
    ("content an object", CHAT_AT, turn({"text": "a"}), 400, "invalid_value"),
    ("content no parts", CHAT_AT, turn([]), 400, "invalid_value"),
    (
        "an image",
        CHAT_AT,
        turn([{"type": "image_url", "image_url": {"url": "x"}}]),
        400,
        "unsupported_content",
    ),
    (
        "a sound",
        CHAT_AT,
        turn([{"type": "input_audio", "input_audio": {}}]),
        400,
        "unsupported_content",
    ),
    (
        "a file",
        CHAT_AT,
        turn([{"type": "file", "file": {"file_id": "x"}}]),
        400,
        "unsupported_content",
    ),
    ("a part without text", CHAT_AT, turn([{"type": "text"}]), 400, "missing_parameter"),
    (
        "a part with more",
        CHAT_AT,
        turn([{"type": "text", "text": "a", "x": 1}]),
        400,
        "unknown_parameter",
    ),
    ("too many parts", CHAT_AT, turn([{"type": "text", "text": "a"}] * 257), 400, "invalid_value"),
    ("a million characters", CHAT_AT, turn("a " * 490_000), 400, "context_length_exceeded"),
    ("an answer with a call", CHAT_AT, turn("a", tool_calls=[{"id": "x"}]), 400, "invalid_value"),
    ("tools", CHAT_AT, {"tools": TOOL}, 400, "unsupported_parameter"),
    ("no tools", CHAT_AT, {"tools": []}, 400, "unsupported_parameter"),
    ("tool choice", CHAT_AT, {"tool_choice": "auto"}, 400, "unsupported_parameter"),
    ("functions", CHAT_AT, {"functions": [{"name": "a"}]}, 400, "unsupported_parameter"),
    ("function call", CHAT_AT, {"function_call": "auto"}, 400, "unsupported_parameter"),
    ("sound wanted", CHAT_AT, {"modalities": ["text", "audio"]}, 400, "unsupported_parameter"),
    ("two answers", CHAT_AT, {"n": 2}, 400, "unsupported_parameter"),
    ("no answers", CHAT_AT, {"n": 0}, 400, "unsupported_parameter"),
    ("penalty", CHAT_AT, {"frequency_penalty": 0.5}, 400, "unsupported_parameter"),
    ("penalty of presence", CHAT_AT, {"presence_penalty": -1}, 400, "unsupported_parameter"),
    ("bias", CHAT_AT, {"logit_bias": {"50256": -100}}, 400, "unsupported_parameter"),
    (
        "prediction",
        CHAT_AT,
        {"prediction": {"type": "content", "content": "a"}},
        400,
        "unsupported_parameter",
    ),
    ("effort", CHAT_AT, {"reasoning_effort": "high"}, 400, "unsupported_parameter"),
    ("search", CHAT_AT, {"web_search_options": {}}, 400, "unsupported_parameter"),
    ("unknown field", CHAT_AT, {"top_k": 5}, 400, "unknown_parameter"),
    ("a template", CHAT_AT, {"chat_template": "{{ 1 }}"}, 400, "unknown_parameter"),
    (
        "arguments of a template",
        CHAT_AT,
        {"chat_template_kwargs": {"tokenize": True}},
        400,
        "unknown_parameter",
    ),
    ("embeddings of a prompt", CHAT_AT, {"prompt_embeds": "AAAA"}, 400, "unknown_parameter"),
    ("an adapter's path", CHAT_AT, {"lora_path": "/etc/passwd"}, 400, "unknown_parameter"),
    ("a grammar", CHAT_AT, {"guided_regex": "(a+)+"}, 400, "unknown_parameter"),
    ("n_discard", CHAT_AT, {"n_discard": -1}, 400, "unknown_parameter"),
    ("a name of Python's", CHAT_AT, {"__class__": "x"}, 400, "unknown_parameter"),
    ("hot", CHAT_AT, {"temperature": 2.1}, 400, "invalid_value"),
    ("cold", CHAT_AT, {"temperature": -0.1}, 400, "invalid_value"),
    ("temperature a text", CHAT_AT, {"temperature": "0.5"}, 400, "invalid_value"),
    ("temperature a switch", CHAT_AT, {"temperature": True}, 400, "invalid_value"),
    ("share 0", CHAT_AT, {"top_p": 0}, 400, "invalid_value"),
    ("share above 1", CHAT_AT, {"top_p": 1.01}, 400, "invalid_value"),
    ("no tokens", CHAT_AT, {"max_tokens": 0}, 400, "invalid_value"),
    ("minus one token", CHAT_AT, {"max_tokens": -1}, 400, "invalid_value"),
    ("half a token", CHAT_AT, {"max_tokens": 1.5}, 400, "invalid_value"),
    ("more tokens than context", CHAT_AT, {"max_tokens": 5000}, 400, "context_length_exceeded"),
    ("2 ** 63 tokens", CHAT_AT, {"max_tokens": 2**63}, 400, "invalid_value"),
    ("10 ** 300 tokens", CHAT_AT, {"max_tokens": 10**300}, 400, "invalid_value"),
    ("two limits", CHAT_AT, {"max_tokens": 3, "max_completion_tokens": 4}, 400, "invalid_value"),
    ("seed too large", CHAT_AT, {"seed": 2**63}, 400, "invalid_value"),
    ("seed a text", CHAT_AT, {"seed": "7"}, 400, "invalid_value"),
    ("five stops", CHAT_AT, {"stop": ["a", "b", "c", "d", "e"]}, 400, "invalid_value"),
    ("an empty stop", CHAT_AT, {"stop": [""]}, 400, "invalid_value"),
    ("a stop is a number", CHAT_AT, {"stop": [5]}, 400, "invalid_value"),
    ("a long stop", CHAT_AT, {"stop": "a" * 201}, 400, "invalid_value"),
    ("21 likeliest", CHAT_AT, {"logprobs": True, "top_logprobs": 21}, 400, "invalid_value"),
    ("likeliest of nothing", CHAT_AT, {"top_logprobs": 2}, 400, "invalid_value"),
    ("logprobs a number", CHAT_AT, {"logprobs": 1}, 400, "invalid_value"),
    ("stream a text", CHAT_AT, {"stream": "yes"}, 400, "invalid_value"),
    (
        "options without a stream",
        CHAT_AT,
        {"stream_options": {"include_usage": True}},
        400,
        "invalid_value",
    ),
    (
        "unknown option",
        CHAT_AT,
        {"stream": True, "stream_options": {"x": 1}},
        400,
        "unknown_parameter",
    ),
    ("format unknown", CHAT_AT, {"response_format": {"type": "xml"}}, 400, "invalid_value"),
    ("format a text", CHAT_AT, {"response_format": "json"}, 400, "invalid_value"),
    (
        "schema missing",
        CHAT_AT,
        {"response_format": {"type": "json_schema"}},
        400,
        "missing_parameter",
    ),
    ("schema a list", CHAT_AT, schema([]), 400, "invalid_value"),
    ("schema too deep", CHAT_AT, schema(nest(5)), 400, "invalid_value"),
    ("schema too large", CHAT_AT, schema({"enum": ["a" * 17_000]}), 400, "invalid_value"),
    ("schema with a strange name", CHAT_AT, schema({}, name="../a"), 400, "invalid_value"),
    ("metadata a text", CHAT_AT, {"metadata": "a"}, 400, "invalid_value"),
    (
        "metadata too many",
        CHAT_AT,
        {"metadata": {str(i): "a" for i in range(17)}},
        400,
        "invalid_value",
    ),
    ("no prompt", TEXT_AT, {"prompt": ...}, 400, "missing_parameter"),
    ("an empty prompt", TEXT_AT, {"prompt": ""}, 400, "invalid_value"),
    ("no prompts", TEXT_AT, {"prompt": []}, 400, "invalid_value"),
    ("one of the prompts empty", TEXT_AT, {"prompt": ["a", ""]}, 400, "invalid_value"),
    ("65 prompts", TEXT_AT, {"prompt": ["a"] * 65}, 400, "invalid_value"),
    ("texts and ids", TEXT_AT, {"prompt": ["a", 5]}, 400, "invalid_value"),
    ("an id below 0", TEXT_AT, {"prompt": [-1]}, 400, "invalid_value"),
    ("an id of 2 ** 31", TEXT_AT, {"prompt": [2**31]}, 400, "invalid_value"),
    ("ids in ids in ids", TEXT_AT, {"prompt": [[[1]]]}, 400, "invalid_value"),
    ("no tokens without echo", TEXT_AT, {"max_tokens": 0}, 400, "invalid_value"),
    ("best of two", TEXT_AT, {"best_of": 2}, 400, "unsupported_parameter"),
    ("a suffix", TEXT_AT, {"suffix": "x"}, 400, "unsupported_parameter"),
    ("messages to completions", TEXT_AT, {"messages": []}, 400, "unknown_parameter"),
    ("logprobs a switch", TEXT_AT, {"logprobs": True}, 400, "invalid_value"),
    ("no input", VECTORS_AT, {"input": ...}, 400, "missing_parameter"),
    ("empty input", VECTORS_AT, {"input": ""}, 400, "invalid_value"),
    ("ids as input", VECTORS_AT, {"input": [1, 2]}, 400, "invalid_value"),
    ("257 texts", VECTORS_AT, {"input": ["a"] * 257}, 400, "invalid_value"),
    ("another width", VECTORS_AT, {"dimensions": 65}, 400, "invalid_value"),
    ("another encoding", VECTORS_AT, {"encoding_format": "hex"}, 400, "invalid_value"),
    ("no encoder", VECTORS_AT, {"model": "tfidf"}, 400, "model_not_supported"),
    ("an answer nobody gave", RATED_AT, {}, 404, "answer_not_found"),
    ("an id that is a path", RATED_AT, {"id": "../../x"}, 400, "invalid_value"),
    ("a rating unknown", RATED_AT, {"rating": "meh"}, 400, "invalid_value"),
    ("nothing said", RATED_AT, {"rating": ...}, 400, "invalid_value"),
    ("a correction too long", RATED_AT, {"correction": "a" * 32_001}, 400, "invalid_value"),
]

GOOD = json.dumps(CHAT).encode()
JSON = {"content-type": "application/json"}

# (what is wrong, body, headers, status, code)
BODIES = [
    ("no body", b"", JSON, 400, "invalid_body"),
    ("not JSON", b"model=tfidf", JSON, 400, "invalid_json"),
    ("half of it", GOOD[:-5], JSON, 400, "invalid_json"),
    ("two of them", GOOD * 2, JSON, 400, "invalid_json"),
    ("a list", b"[]", JSON, 400, "invalid_body"),
    ("a number", b"5", JSON, 400, "invalid_body"),
    ("null", b"null", JSON, 400, "invalid_body"),
    ("a text", b'"a"', JSON, 400, "invalid_body"),
    ("not UTF-8", GOOD.replace(b"stolen", b"stol\xe9n"), JSON, 400, "invalid_json"),
    ("an overlong zero", GOOD.replace(b"stolen", b"\xc0\x80"), JSON, 400, "invalid_json"),
    ("UTF-16", json.dumps(CHAT).encode("utf-16"), JSON, 400, "invalid_json"),
    ("half a character", GOOD.replace(b"stolen", b"\\ud800"), JSON, 400, "invalid_json"),
    ("NaN", GOOD[:-1] + b', "temperature": NaN}', JSON, 400, "invalid_json"),
    ("infinity", GOOD[:-1] + b', "temperature": Infinity}', JSON, 400, "invalid_json"),
    ("1e999", GOOD[:-1] + b', "temperature": 1e999}', JSON, 400, "invalid_json"),
    ("10,000 digits", GOOD[:-1] + b', "seed": ' + b"9" * 10_000 + b"}", JSON, 400, "invalid_json"),
    ("a name twice", GOOD[:-1] + b', "model": "long"}', JSON, 400, "invalid_json"),
    ("1,000 brackets", b"[" * 1000 + b"]" * 1000, JSON, 400, "invalid_json"),
    ("100,000 brackets", b"[" * 100_000 + b"]" * 100_000, JSON, 400, "invalid_json"),
    ("100,000 objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, JSON, 400, "invalid_json"),
    ("too large", b" " * ((1 << 20) + 1), JSON, 413, "body_too_large"),
    (
        "a form",
        b"model=tfidf",
        {"content-type": "application/x-www-form-urlencoded"},
        415,
        "unsupported_media",
    ),
    ("plain text", GOOD, {"content-type": "text/plain"}, 415, "unsupported_media"),
    ("no type", GOOD, {}, 415, "unsupported_media"),
    ("packed", GOOD, {**JSON, "content-encoding": "gzip"}, 415, "unsupported_media"),
]

# (what is wrong, method, path, headers, status)
PLACES = [
    ("foreign host", "GET", "/v1/models", {"host": "evil.example"}, 403),
    ("rebound host with our port", "GET", "/v1/models", {"host": "evil.example:8000"}, 403),
    ("host that begins like ours", "GET", "/v1/models", {"host": "localhost.evil.example"}, 403),
    ("host with a user", "GET", "/v1/models", {"host": "localhost@evil.example"}, 403),
    ("empty host", "GET", "/v1/models", {"host": ""}, 403),
    ("broken host", "GET", "/v1/models", {"host": "[::1"}, 403),
    ("foreign origin", "GET", "/v1/models", {"origin": "http://evil.example"}, 403),
    ("origin null", "GET", "/v1/models", {"origin": "null"}, 403),
    ("origin of another port", "GET", "/v1/models", {"origin": "http://localhost:1"}, 403),
    ("origin of a file", "GET", "/v1/models", {"origin": "file://"}, 403),
    ("a page of another site", "GET", "/v1/models", {"sec-fetch-site": "cross-site"}, 403),
    ("foreign host asks for health", "GET", "/health", {"host": "evil.example"}, 403),
    ("headers too large", "GET", "/v1/models", {"x": "a" * 17_000}, 431),
    ("unknown path", "GET", "/", {}, 404),
    ("the pages of FastAPI", "GET", "/docs", {}, 404),
    ("traversal", "GET", "/v1/models/../../etc/passwd", {}, 404),
    ("traversal in percent", "GET", "/v1/models/%2e%2e%2f%2e%2e%2fetc%2fpasswd", {}, 404),
    ("traversal twice in percent", "GET", "/v1/models/%252e%252e%252f", {}, 404),
    ("a NUL in the path", "GET", "/v1/models/a%00b", {}, 404),
    ("not UTF-8 in the path", "GET", "/v1/models/%ff%fe", {}, 404),
    ("backslashes", "GET", "/v1/models/..%5c..%5cetc", {}, 404),
    ("a name of 1,000 letters", "GET", "/v1/models/" + "a" * 1000, {}, 400),
    ("a slash too many", "GET", "/v1/models/", {}, 404),
    ("other capitals", "GET", "/V1/Models", {}, 404),
    ("GET of a question", "GET", CHAT_AT, {}, 405),
    ("PUT", "PUT", CHAT_AT, {}, 405),
    ("DELETE of a model", "DELETE", "/v1/models/tfidf", {}, 405),
    ("TRACE", "TRACE", "/v1/models", {}, 405),
    ("OPTIONS of another site", "OPTIONS", CHAT_AT, {"origin": "http://evil.example"}, 403),
    ("an unknown method", "FROB", "/v1/models", {}, 405),
]

# (what is wrong, the header Authorization): with a key, all of these are 401
KEYLESS = [
    ("no header", None),
    ("empty", ""),
    ("only the word", "Bearer"),
    ("another key", "Bearer sk-another-key-of-some-length"),
    ("the beginning of it", "Bearer sk-a-key-of"),
    ("more than it", "Bearer sk-a-key-of-some-lengthh"),
    ("other capitals", "Bearer SK-A-KEY-OF-SOME-LENGTH"),
    ("another scheme", "Basic c2stYS1rZXktb2Ytc29tZS1sZW5ndGg="),
    ("no scheme", "sk-a-key-of-some-length"),
    ("not UTF-8", b"Bearer \xff\xfe"),
    ("a long one", "Bearer " + "a" * 10_000),
]
