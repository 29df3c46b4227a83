"""Read what was released: the files that an index has of a package, and single members of its wheels."""
