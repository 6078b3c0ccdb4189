"""Videos → Y′. The learned ones are imported by their own files, because they bring TensorFlow."""
