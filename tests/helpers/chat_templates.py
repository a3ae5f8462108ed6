"""Chat templates as published models have them."""

HARMLESS = {
    "roles must alternate": (
        "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('roles must alternate') }}{% endif %}{{ m['content'] | trim }}{%"
        " endfor %}"
    ),
    "a counter": (
        "{% set ns = namespace(i=0) %}{% for m in messages"
        " %}{% if ns.i % 2 == 0 %}{{ m.content }}{% endif %}{% set ns.i = ns.i + 1 %}{% endfor %}"
    ),
    "text that grows by a message": (
        "{% set ns = namespace(t='') %}"
        "{% for m in messages %}{% set ns.t = ns.t + '\\n' + m.content %}{% endfor %}{{ ns.t }}"
    ),
    "a generation block": "{% for m in messages %}{% generation %}{{"
    " m.content }}{% endgeneration %}{% endfor %}",
    "a macro and the last messages": (
        "{% macro f(x) %}{{ x | tojson }}{% endmacro %}{% for m in messages[::-1] %}{{ f(m) }}{%"
        " endfor %}"
    ),
    "the date": "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% endif %}",
}
