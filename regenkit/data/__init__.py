"""Examples → prepared shards → batches.

prepare.py         a dataset's examples and their Y′, computed once, in parallel, into a cache
read_or_skip.py    what runs in worker processes: read a source, convert an example, or say why it is skipped
process_pool.py    several processes, or this one
author.py          what a plugin's dataset answers, checked, and its errors with the place in its code
parts.py           one part of a prepared dataset, made and written
beam.py            parts made on other machines, by Apache Beam
outdated.py        data of code that has changed since
skip_report.py     what cannot be used is counted by reason; too much of it stops the run
shards.py          the TFRecord files and the index that makes them random-access
messages.py        their records, without TensorFlow
split.py           train, validation, test: related examples stay together, or as the folders of the data say
text_encoding.py   in which encoding a user's text is
words.py           whether it reads as text
lengths.py         how long an example is along each axis
fraction.py        `paired_fraction`: the X of a part of the training pairs is hidden
plan.py            which examples make up each batch
batches.py         tf.data batches, a function of (seed, step) alone
parse.py           records → padded fields and masks
stack.py           single examples ↔ one padded batch
"""
