"""Every picture that the workflow and the commands draw."""

import os

# Jupyter and Colab name a backend of their own here, which matplotlib would have to import.
os.environ["MPLBACKEND"] = "Agg"
