"""What SBOM formats say of an image and its packages, each in its own words: read once here."""
