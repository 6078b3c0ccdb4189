"""Examples → prepared shards → batches.

prepare.py   a dataset's examples and their Y′, computed once, in parallel, into a cache
shards.py    the TFRecord files and the index that makes them random-access
split.py     train, validation, test: nothing that belongs together is torn apart
batches.py   tf.data batches, a function of (seed, step) alone
"""
