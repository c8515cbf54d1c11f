"""Every picture that the workflow draws: a module for each picture."""

import os

# Jupyter and Colab name a backend of their own here, which matplotlib would have to import.
os.environ["MPLBACKEND"] = "Agg"
