"""Learned Y′ of pictures: converters that are trained from pictures alone, each with a decoder of its own."""

from regenkit_image.autoencoders.autoencoder import Autoencoder
from regenkit_image.autoencoders.vae import Vae
from regenkit_image.autoencoders.vqvae import VqVae

__all__ = ["Autoencoder", "Vae", "VqVae"]
