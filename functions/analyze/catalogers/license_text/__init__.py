"""The texts of licences that lie beside packages."""

from analyze.catalogers.license_text.beside import Texts, concluded
from analyze.catalogers.license_text.cataloger import LicenseTextCataloger

__all__ = ["LicenseTextCataloger", "Texts", "concluded"]
