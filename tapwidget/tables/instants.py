"""Times as the text that VOTable has for them.

Source: DALI 1.1, section 3.3.3 (xtype timestamp): YYYY-MM-DDThh:mm:ss and as many decimals as wanted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def iso_texts(moments: NDArray[Any]) -> NDArray[np.object_]:
    """Numpy times as str: to the millisecond, to the microsecond where one needs that.

    Each by itself, so that a time reads the same in whatever pieces an answer comes.
    """
    exact = moments.astype("datetime64[us]")
    coarse = exact.astype("datetime64[ms]")
    texts = coarse.astype(str).astype(object)
    fine = np.flatnonzero(coarse != exact)
    texts[fine] = exact[fine].astype(str)
    return texts
