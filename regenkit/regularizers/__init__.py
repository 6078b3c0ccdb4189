"""What may be added to the loss of a diffusion model, so that its inner features say more."""
