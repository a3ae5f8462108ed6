"""One project file in version 1 and in version 2."""

OLD = """\
version: 1
aim: {kind: classify, slices: [part]}  # what is asked
data: {files: {data: rows.csv}, settle: dawid_skene}
curate: [{kind: repair}]
documents: pages
compare:
  - {kind: neighbours, k: 3}
  - {kind: shots, k: 4, choose: similar}
  - {kind: knn, inner: {kind: shots, choose: similar}}
  - {kind: lora, learn: assistant}
  - {kind: wording, inner: {kind: shots}}
serve: {arms: [neighbours-k3, shots-similar]}
weigh: {effort: {knn: 2, neighbours-k3: 1}}
validate: {learning_curve: {arms: [neighbours-k3]}, leak_cost: neighbours}
watch: {arm: neighbours-k3}
"""
NEW = """\
version: 2
task: {kind: classify, slices: [part]}  # what is asked
data: {files: {data: rows.csv}, adjudicate: dawid_skene}
prepare: [{kind: repair}]
documents: pages
compare:
  - {kind: knn, k: 3}
  - {kind: shots, k: 4, select: similar}
  - {kind: knn_mix, inner: {kind: shots, select: similar}}
  - {kind: lora, loss_on: assistant}
  - {kind: prompt_search, inner: {kind: shots}}
serve: {arms: [knn-k3, few-shot-4-similar]}
decide: {effort: {knn_mix: 2, knn-k3: 1}}
evaluate: {learning_curve: {arms: [knn-k3]}, leak_cost: knn}
monitor: {arm: knn-k3}
"""
