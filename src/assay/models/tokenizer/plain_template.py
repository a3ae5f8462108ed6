"""How a model that comes without a chat template is asked: plain text under two headings, as a page
would have it.

Why   A base model has learnt no turns. Text after headings, each on a line of its own, is what it
      has read most of: so LLaMA-Factory asks such models (template `default`: Human, Assistant),
      and lm-eval gives them text.
How   The template is put into the folder's admitted copy as its chat_template.jinja: training,
      asking, every export and what serves it then read the one file. A folder with a template of
      its own is asked by that.
Ends  A turn of the assistant ends with the model's end token. One that was not trained may write
      the user's next turn instead, so its heading is a stop text.
"""

PLAIN = """{%- if bos_token %}{{ bos_token }}{% endif -%}
{%- for message in messages -%}
{%- if message['role'] == 'user' -%}
{{ 'User:\\n' }}{{ message['content'] }}{{ '\\n\\n' }}
{%- elif message['role'] == 'assistant' -%}
{{ 'Assistant:\\n' }}{{ message['content'] }}{{ eos_token }}{{ '\\n\\n' }}
{%- else -%}
{{ message['content'] }}{{ '\\n\\n' }}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ 'Assistant:\\n' }}{%- endif -%}
"""
STOPS = ("\nUser:",)
SAID = "has no chat template, so it is asked in plain text under the headings User and Assistant"
