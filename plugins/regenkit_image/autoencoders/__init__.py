"""Learned Y′ of pictures: converters that are trained from pictures alone, each with a decoder of its own."""

from regenkit_image.autoencoders.autoencoder import Autoencoder
from regenkit_image.autoencoders.diffusion_autoencoder import DiffusionAutoencoder
from regenkit_image.autoencoders.fsq import Fsq
from regenkit_image.autoencoders.rvq import Rvq
from regenkit_image.autoencoders.vae import Vae
from regenkit_image.autoencoders.vlae import Vlae
from regenkit_image.autoencoders.vqgan import VqGan
from regenkit_image.autoencoders.vqvae import VqVae
from regenkit_image.autoencoders.vqvae2 import VqVae2

__all__ = ["Autoencoder", "DiffusionAutoencoder", "Fsq", "Rvq", "Vae", "Vlae", "VqGan", "VqVae", "VqVae2"]
