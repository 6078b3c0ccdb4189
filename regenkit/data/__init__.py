"""Examples → prepared shards → batches.

prepare.py   a dataset's examples and their Y′, computed once, in parallel, into a cache
workers.py   what worker processes do: read a source, convert an example
parts.py     one part of a prepared dataset, made and written
beam.py      parts made on other machines, by Apache Beam
skipped.py   what cannot be used is counted by reason; too much of it stops the run
shards.py    the TFRecord files and the index that makes them random-access
messages.py  their records, without TensorFlow
split.py     train, validation, test: related examples stay together, or as the folders of the data say
text_encoding.py, words.py   in which encoding a user's text is, and whether it reads as text
lengths.py   how long an example is along each axis; stack.py   single examples ↔ one padded batch
plan.py      which examples make up each batch
batches.py   tf.data batches, a function of (seed, step) alone; parse.py   records → padded fields and masks
"""
