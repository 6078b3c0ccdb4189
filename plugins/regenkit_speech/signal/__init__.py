"""Signal processing as TensorFlow graph operations: batched and differentiable. Axes are [batch, samples] and
[batch, entries, bins]; entry i is about sample i × hop."""
