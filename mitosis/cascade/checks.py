"""Checks of the user's input that run before torch is loaded."""

from mitosis.errors import InputError
from mitosis.image.mpp import MPP, plausible


def check_mpp(mpp: float) -> None:
    """Raise ``InputError`` unless mitotic figures can be recognised at ``mpp`` µm per pixel."""
    if not plausible(mpp):
        raise InputError(
            f"mpp={mpp}: µm per pixel lie between {MPP[0]:g} and {MPP[1]:g}; a usual 40x scan has mpp=0.25"
        )
