"""Dense maps as the answer to a picture."""

from regenkit_dense.modality.dense import Dense, depth, disparity, normals, segmentation
from regenkit_dense.modality.maps import Maps
from regenkit_dense.modality.view import View

__all__ = ["Dense", "Maps", "View", "depth", "disparity", "normals", "segmentation"]
