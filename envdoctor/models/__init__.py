"""Reference models, one file each: they import torch and nothing of envdoctor, and can be copied as they are."""
