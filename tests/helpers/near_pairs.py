"""All near pairs of some texts."""

from assay.data.dedup.search import NearDuplicateSearch, merge_pairs


def found_by(keys, threshold=0.8):
    search = NearDuplicateSearch(keys, threshold)
    return merge_pairs(list(search.near(search.buckets)))


def near_pairs(keys):
    pairs = found_by(keys)
    return set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
