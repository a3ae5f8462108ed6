"""llama.cpp's server over one GGUF file, for serve.py: `llama_server.py FILE THREADS SLOTS
TOKENS_A_SLOT`."""

import sys

import xllamacpp

file, threads, slots, room = sys.argv[1], *map(int, sys.argv[2:])
wish = xllamacpp.CommonParams()
wish.model.path, wish.model_alias = file, {"base"}
wish.hostnames, wish.port = ["127.0.0.1"], 0
wish.n_ctx, wish.n_parallel, wish.kv_unified = room * slots, slots, False
wish.cpuparams.n_threads = wish.cpuparams_batch.n_threads = threads
wish.use_jinja, wish.ui = True, False
server = xllamacpp.Server(wish)
print(server.listening_address, flush=True)
sys.stdin.read()
